"""No-op durable operations per second: row, bell, lease, done; and procrastinate's no-op jobs on the same PostgreSQL.

Both get one worker process. Work is stored first, one commit each, by one thread; then the worker starts on it. Every
operation of ours is claimed under a lease and a fence and its end is written, in batches; every job of theirs is
fetched and finished by itself, as its worker does.
"""

import asyncio
import tempfile
import threading
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import procrastinate
import sqlalchemy as sa

from bench.figures import Figure, speed
from chassis import broker
from chassis.broker import BellHearer, BrokerBell
from chassis.database import Database
from chassis.embedded import EmbeddedPostgres, EmbeddedValkey
from chassis.migrations import migrate
from chassis.operations import Execution, Kind, Lane, NewOperation
from chassis.operations.keeper import Keeper, Times
from chassis.operations.worker import Worker
from chassis.work import Fence, UnitOfWork

ADDED = 2_000  #: one commit each
DRAINED = 20_000
JOBS = 1_000
THREADS = 8


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        postgres, valkey = EmbeddedPostgres(Path(folder) / "postgres"), EmbeddedValkey(Path(folder) / "valkey")
        try:
            postgres.start()
            valkey.start()
            ours = measure_ours(postgres.create_database("ours"), valkey.url)
            theirs = asyncio.run(measure_theirs(postgres.create_database("theirs")))
        finally:
            valkey.remove()
            postgres.remove()
    peer = "procrastinate no-op jobs"
    speed("operations", "drained", ours["drained"], "operations/s", peer, theirs["drained"]).show()
    speed("operations", "drained with an effect", ours["effects"], "operations/s", peer, theirs["drained"]).show()
    speed("operations", "added, one commit each", ours["added"], "operations/s", peer, theirs["added"]).show()
    whole = {name: 1 / (1 / each["added"] + 1 / each["drained"]) for name, each in (("o", ours), ("t", theirs))}
    speed("operations", "added and drained", whole["o"], "operations/s", peer, whole["t"]).show()
    Figure(bench="operations", figure="idle latency, median", value=round(ours["latency"] * 1000, 1), unit="ms").show()


def measure_ours(url: str, broker_url: str) -> dict[str, float]:
    database = Database(url, application_name="backroom-bench", pool_size=THREADS + 4)
    migrate(database, None)
    bell = BrokerBell(broker.connect(broker_url), "bench", THREADS)

    def work(fence: Fence | None = None) -> UnitOfWork:
        return UnitOfWork(database, bell, fence)

    def effect(execution: Execution) -> None:
        """The least that has an effect: a transaction of its own, which ends the operation."""
        with work(execution.fence) as one:
            execution.succeed(one)

    kinds = [
        Kind(name="bench.step", run=lambda execution: None, lane="steps"),
        Kind(name="bench.effect", run=effect, lane="steps"),
    ]
    bell.kinds = {kind.name: kind for kind in kinds}
    worker = Worker(database, bell, id=uuid4(), kinds=kinds, lanes=[Lane(name="steps", batch=50)], threads=THREADS)
    keeper = Keeper(worker, database, bell, Times(), print)

    begun = perf_counter()
    for _ in range(ADDED):
        with work() as one:
            one.operations.add(NewOperation(kind="bench.step"))
    added = ADDED / (perf_counter() - begun)
    with work() as one:
        one.operations.add_many([NewOperation(kind="bench.step") for _ in range(DRAINED - ADDED)])
    keeper.start()
    hearer = BellHearer(bell.broker, bell.queue, worker.drain, THREADS)
    begun = perf_counter()
    hearer.start()
    wait_until_done(database)
    drained = DRAINED / (perf_counter() - begun)
    begun = perf_counter()
    with work() as one:
        one.operations.add_many([NewOperation(kind="bench.effect") for _ in range(DRAINED)])
    wait_until_done(database)
    effects = DRAINED / (perf_counter() - begun)
    latencies = []
    for _ in range(30):
        begun = perf_counter()
        with work() as one:
            one.operations.add(NewOperation(kind="bench.step"))
        wait_until_done(database)
        latencies.append(perf_counter() - begun)
    worker.leave()
    hearer.stop(5)
    keeper.stop()
    database.close()
    return {"added": added, "drained": drained, "effects": effects, "latency": sorted(latencies)[15]}


def wait_until_done(database: Database) -> None:
    pause = threading.Event()
    left = sa.text("SELECT EXISTS (SELECT FROM operation WHERE end_time IS NULL)")
    while True:
        with database.begin() as connection:
            if not connection.execute(left).scalar_one():
                return
        pause.wait(0.005)


async def measure_theirs(url: str) -> dict[str, float]:
    dsn = url.replace("postgresql+psycopg://", "postgresql://")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn, max_size=THREADS + 4))

    async def nothing() -> None:
        """Nothing."""

    task = app.task(name="nothing")(nothing)  # not as a decorator: untyped until `make bench-setup` has run
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        begun = perf_counter()
        for _ in range(JOBS):
            await task.defer_async()
        added = JOBS / (perf_counter() - begun)
        begun = perf_counter()
        await app.run_worker_async(concurrency=THREADS, wait=False, install_signal_handlers=False)
        drained = JOBS / (perf_counter() - begun)
    return {"added": added, "drained": drained}
