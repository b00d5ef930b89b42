"""A small service whose database is looked after: kinds made by the test, one worker played by this process."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.operations import Execution, Kind, NewOperation, OperatingMode, Operation, SpooledFile, TaskContext
from chassis.operations.worker import Worker
from chassis.system.backup import Backup
from chassis.system.maintenance import Maintenance
from chassis.texts import Texts
from chassis.work import Fence, UnitOfWork
from tests.conftest import SilentBell

TEXTS = Texts.of("chassis.system")


@dataclass
class Shelf:
    """Keeps the files in memory, as their destination does on disk: a file that broke off is none."""

    files: dict[int, bytes] = field(default_factory=dict)
    error: Exception | None = None
    taken: int = 0  #: bytes of the file under way
    sent_to: list[str] = field(default_factory=list)  #: destinations

    def stage(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        raise AssertionError("a backup goes past the spool")

    def send(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        self.sent_to.append(execution.task.destination)
        content = b""
        for chunk in chunks:
            content += chunk
            self.taken = len(content)
            if self.error is not None:
                raise self.error
        self.files[ordinal] = content
        return SpooledFile(name=f"files/{uuid4()}", file_name=file_name, size_bytes=len(content), sha256="0" * 64)


@dataclass
class Shop:
    """The database of a service and whoever looks after it."""

    database: Database
    bell: SilentBell
    shelf: Shelf = field(default_factory=Shelf)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def work(self, fence: Fence | None = None) -> UnitOfWork:
        return UnitOfWork(self.database, self.bell, fence)

    def execute(self, *statements: str) -> None:
        with self.database.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    def ask(self, query: str) -> list[object]:
        with self.database.begin() as connection:
            return list(connection.execute(sa.text(query)).scalars())

    def journal(self) -> list[str]:
        return [str(text) for text in self.ask("SELECT text FROM journal_entry ORDER BY number")]

    def add(
        self, kind: str, locale: str = "fr", file_name: str = "", mode: OperatingMode = OperatingMode.NORMAL
    ) -> UUID:
        attempt = uuid4()
        context = TaskContext(
            attempt=attempt,
            run="runs/1",
            task="tasks/1",
            task_title="La nuit",
            owner="ana",
            locale=locale,
            mode=mode,
            file_name=file_name,
            destination="destinations/safe",
            nominal_time=datetime(2017, 1, 31, 2, tzinfo=UTC),
        )
        with self.work() as work:
            return work.operations.add(NewOperation(kind=kind, id=attempt, context=context, caller="ana"))

    def get(self, identifier: UUID) -> Operation:
        with self.work() as work:
            return work.operations.get(identifier)

    def worker(self) -> Worker:
        return Worker(self.database, self.bell, id=uuid4(), kinds=self.kinds.values(), lanes=[], threads=2)

    def do(
        self, kind: str, locale: str = "fr", file_name: str = "", mode: OperatingMode = OperatingMode.NORMAL
    ) -> Operation:
        """One operation, tried once."""
        identifier = self.add(kind, locale, file_name, mode)
        self.worker().drain("default")
        return self.get(identifier)

    def hurry(self) -> None:
        """What waits for a later time is due now."""
        self.execute("UPDATE operation SET ready = true WHERE state = 'queued'")


@pytest.fixture
def shop(make_database: Callable[[str | None], Database]) -> Shop:
    bell = SilentBell()
    shop = Shop(make_database(None), bell)
    bell.kinds = shop.kinds
    maintenance = Maintenance(shop.database, shop.work, TEXTS, "fr", patience=timedelta(seconds=0.3))
    backup = Backup("shop", shop.database, lambda: shop.shelf, TEXTS)
    for kind in (Kind(name="shop.maintenance", run=maintenance), Kind(name="shop.backup", run=backup)):
        shop.kinds[kind.name] = kind
    return shop
