"""A real worker process for tests: `python worker_process.py URL`. Its kinds write effects that the test counts."""

import os
import sys
import threading
from uuid import uuid4

import sqlalchemy as sa
import structlog

from chassis.database import Database
from chassis.operations import Execution, Kind
from chassis.operations.execution import FenceLost
from chassis.operations.keeper import Keeper
from chassis.operations.worker import Worker
from chassis.work import UnitOfWork
from tests.chassis.operations.conftest import times
from tests.conftest import SilentBell


def main(url: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    identifier = uuid4()
    database = Database(url, application_name=f"test-worker-{identifier.hex}", pool_size=5)
    bell = SilentBell()

    def effect(execution: Execution) -> None:
        """Says on stdout where it stands, waits for a line on stdin, writes one effect, waits again, commits."""
        with UnitOfWork(database, bell, execution.fence) as work:
            work.connection.execute(sa.text("INSERT INTO effect (epoch) VALUES (:epoch)"), {"epoch": execution.epoch})
            say("inside")
            sys.stdin.readline()
        say("committed")

    def die(execution: Execution) -> None:
        os._exit(9)

    kinds = [Kind(name="test.effect", run=effect), Kind(name="test.die", run=die)]
    worker = Worker(database, bell, id=identifier, kinds=kinds, lanes=[], threads=1)
    keeper = Keeper(worker, database, bell, times(), lambda why: os._exit(70))
    keeper.start()
    say("ready")
    while True:
        try:
            worker.drain("default")
        except FenceLost:
            say("lost")
        threading.Event().wait(0.05)


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
