"""The unit of work: one transaction, the repositories that share it, and the bells its commit rings."""

from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Protocol, Self

import sqlalchemy as sa

from chassis.database import Database
from chassis.journal import JournalWriter
from chassis.operations.store import OperationStore
from chassis.repeats import Repeats


class Bell(Protocol):
    """Tells workers that a lane has work. Losing a ring loses no work: the rows are the truth."""

    def lane_of(self, kind: str) -> str:
        """Where operations of this kind queue. Raises `LookupError` for a kind the service does not have."""

    def ring(self, lane: str, operations: int = 1) -> None:
        """Says that so many operations were added to the lane. Never raises."""


class Fence(Protocol):
    """Proves that the operation a transaction works for is still ours."""

    def confirm(self, connection: sa.Connection) -> None:
        """Raises `FenceLost` where another worker has taken over; then the transaction must not commit."""


class UnitOfWork:
    """One transaction. A clean exit confirms the fence, commits, then rings; an exception rolls everything back.

    So does `keep_nothing`: previews, and what is practised in training, do what is done in earnest and leave nothing.

    Services derive from it and hang their repositories on it as cached properties.
    """

    connection: sa.Connection

    def __init__(self, database: Database, bell: Bell, fence: Fence | None = None) -> None:
        self._database = database
        self._bell = bell
        self._fence = fence
        self._transaction = ExitStack()
        self._kept = True

    def __enter__(self) -> Self:
        self.connection = self._transaction.enter_context(self._database.begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and not self._kept:
            self.connection.rollback()
            self._transaction.__exit__(None, None, None)
            return
        if kind is None and self._fence is not None:
            try:
                self._fence.confirm(self.connection)
            except BaseException as lost:
                self._transaction.__exit__(type(lost), lost, lost.__traceback__)
                raise
        self._transaction.__exit__(kind, error, traceback)
        if kind is None and "operations" in self.__dict__:
            for lane, count in self.operations.to_ring.items():
                self._bell.ring(lane, count)

    def keep_nothing(self) -> None:
        """Has everything rolled back at the end, as if nothing of it had been done."""
        self._kept = False

    @cached_property
    def operations(self) -> OperationStore:
        """Durable work that begins when this transaction has committed."""
        return OperationStore(self.connection, self._bell.lane_of)

    @cached_property
    def journal(self) -> JournalWriter:
        """What people read later."""
        return JournalWriter(self.connection)

    @cached_property
    def repeats(self) -> Repeats:
        """First answers of writes."""
        return Repeats(self.connection)

    def now(self) -> datetime:
        """The database's clock at the start of this transaction, UTC."""
        instant = self.connection.execute(sa.select(sa.func.now())).scalar_one()
        assert isinstance(instant, datetime)  # noqa: S101 - now() is a timestamp; tells mypy so
        return instant
