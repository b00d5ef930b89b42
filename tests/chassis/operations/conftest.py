"""A small service: kinds made by the test, one worker process or several, played by this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from chassis.database import Database
from chassis.operations import Kind, Lane, NewOperation, Operation
from chassis.operations.keeper import Keeper, Times
from chassis.operations.worker import Worker
from chassis.work import Fence, UnitOfWork
from tests.conftest import SilentBell


def times(lease: float = 1.0) -> Times:
    """An impatient keeper."""
    return Times(lease=timedelta(seconds=lease), heartbeat=timedelta(seconds=0.2), relay=timedelta(seconds=0.1))


@dataclass
class Shop:
    """The database of a service and whoever works on it."""

    database: Database
    bell: SilentBell
    kinds: dict[str, Kind] = field(default_factory=dict)
    lanes: list[Lane] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)

    def kind(self, kind: Kind) -> None:
        self.kinds[kind.name] = kind

    def work(self, fence: Fence | None = None) -> UnitOfWork:
        return UnitOfWork(self.database, self.bell, fence)

    def add(self, kind: str, **more: object) -> UUID:
        with self.work() as work:
            return work.operations.add(NewOperation(kind=kind, **more))  # type: ignore[arg-type]  # the test's shorthand

    def get(self, identifier: UUID) -> Operation:
        with self.work() as work:
            return work.operations.get(identifier)

    def worker(self, database: Database | None = None) -> Worker:
        return Worker(
            database or self.database,
            self.bell,
            id=uuid4(),
            kinds=self.kinds.values(),
            lanes=self.lanes,
            threads=4,
        )

    def keeper(self, worker: Worker, database: Database | None = None, lease: float = 15.0) -> Keeper:
        times = Times(lease=timedelta(seconds=lease), heartbeat=timedelta(0), relay=timedelta(0))
        return Keeper(worker, database or self.database, self.bell, times, self.deaths.append)


@pytest.fixture
def shop(make_database: Callable[[str | None], Database]) -> Shop:
    bell = SilentBell()
    shop = Shop(make_database(None), bell)
    bell.kinds = shop.kinds
    return shop
