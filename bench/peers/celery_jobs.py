"""Celery on Redis: no-op jobs from a full queue, done by its prefork worker of two, acknowledged late."""

import os

import celery
import redis

from bench.processes import Processes, Taken

NAME = "Celery no-op jobs, prefork 2"
BROKER, RESULTS = "BENCH_BROKER_URL", "BENCH_RESULTS_URL"
QUEUE = "jobs"

app = celery.Celery("bench", broker=os.environ.get(BROKER), backend=os.environ.get(RESULTS))
app.conf.task_acks_late = True


def do_nothing() -> None:
    """The job."""


nothing = app.task(name="nothing")(do_nothing)  # not as a decorator: Celery is untyped


def measure(broker_url: str, jobs: int, processes: Processes) -> Taken:
    """What it takes from the moment the worker may have the jobs to the last result. Queueing them is not counted."""
    first = broker_url.rsplit("/", 1)[0]  #: the server; databases of it are numbered
    urls = {BROKER: f"{first}/1", RESULTS: f"{first}/2"}
    app.conf.broker_url, app.conf.result_backend = urls[BROKER], urls[RESULTS]
    arguments = ["-m", "celery", "-A", __name__, "worker", "--pool=prefork", "--concurrency=2", "--queues=idle"]
    processes.start("celery", [*arguments, "--loglevel=WARNING"], urls)
    processes.wait_for("the worker", lambda: bool(app.control.ping(timeout=0.5)))
    with app.producer_pool.acquire() as producer:
        for _ in range(jobs):
            nothing.apply_async(queue=QUEUE, producer=producer)
    with redis.Redis.from_url(urls[RESULTS]) as results:
        processes.start_clock()
        app.control.add_consumer(QUEUE)
        processes.wait_for("Celery's jobs", lambda: results.dbsize() >= jobs, patience=120, pause=0.02)
        return processes.stop_clock()
