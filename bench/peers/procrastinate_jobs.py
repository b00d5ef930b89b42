"""procrastinate: no-op jobs that come due at one instant, done by worker processes of its own."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

import procrastinate
import psycopg

from bench.processes import Processes, Taken
from bench.servers import dsn_of

NAME = "procrastinate no-op jobs"
URL = "BENCH_DATABASE_URL"
TASK = "nothing"
CONCURRENCY = 20  #: of each worker process
WORKERS = 2  #: one per core; one process, or three, do fewer
POLL = 0.1  #: seconds between two looks for jobs that come due; its default of five would be counted against it
AHEAD = timedelta(seconds=5)  #: of the instant; the workers have started by then

LEFT = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"


async def nothing() -> None:
    """The job."""


def app_on(dsn: str, connections: int) -> procrastinate.App:
    """An application with one task."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn, max_size=connections))
    app.task(name=TASK)(nothing)  # not as a decorator: untyped until `make bench-setup` has run
    return app


def measure(url: str, jobs: int, processes: Processes) -> Taken:
    """What it takes from the instant at which all jobs are due to the end of the last. Storing them is not counted."""
    dsn = dsn_of(url)
    asyncio.run(make_tables(dsn))
    for number in range(WORKERS):
        processes.start(f"procrastinate-{number}", ["-m", __name__], {URL: dsn})
    with psycopg.connect(dsn, autocommit=True) as connection:

        def done() -> bool:
            return connection.execute(LEFT).fetchone() == (False,)

        listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        processes.wait_for("the workers", lambda: connection.execute(listening).fetchone() == (WORKERS,))
        due = datetime.now(UTC) + AHEAD
        asyncio.run(store(dsn, jobs, due))
        connection.execute("ANALYZE procrastinate_jobs")
        left = due.timestamp() - time.time()
        if left < 0:
            raise SystemExit(f"storing {jobs} jobs took longer than {AHEAD}")
        time.sleep(left)
        processes.start_clock()
        processes.wait_for("procrastinate's jobs", done, patience=120, pause=0.02)
        return processes.stop_clock()


async def make_tables(dsn: str) -> None:
    app = app_on(dsn, 4)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def store(dsn: str, jobs: int, due: datetime) -> None:
    app = app_on(dsn, 4)
    async with app.open_async():
        await app.configure_task(TASK, schedule_at=due).batch_defer_async(*({} for _ in range(jobs)))


async def work() -> None:
    """A worker process."""
    app = app_on(os.environ[URL], CONCURRENCY + 4)
    async with app.open_async():
        await app.run_worker_async(concurrency=CONCURRENCY, fetch_job_polling_interval=POLL)


if __name__ == "__main__":
    asyncio.run(work())
