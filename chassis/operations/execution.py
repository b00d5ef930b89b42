"""One try of an operation, as the code that does it sees it."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Database
from chassis.operations import claims
from chassis.operations.claims import Claimed, Settlement
from chassis.operations.model import JSON, OperatingMode, OperationState, Outcome, TaskContext
from chassis.operations.rows import json_text, outcome_to_json


class Stopped(Exception):
    """The work is to end at its next step, for a reason that is not its own."""


class Cancelled(Stopped):
    """Somebody asked for its end."""


class DeadlinePassed(Stopped):
    """It took longer than it may."""


class Interrupted(Stopped):
    """The process is leaving; another goes on from the checkpoint."""


class HeldBack(Stopped):
    """Its site is not in normal mode; it goes on from the checkpoint once it is."""


class FenceLost(Stopped):
    """Another worker has taken over; whatever this one still does must not count."""


class ComeBack(Exception):
    """There is nothing to do yet: the work is to be called again after a while, and this try is not counted.

    Its checkpoint stays as the last `save` left it. The pause is no promise to the second: the relay ends it.
    """

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"come back after {after}")
        self.after = after


class TransactionOfWork(Protocol):
    """What an execution needs of a unit of work."""

    @property
    def connection(self) -> sa.Connection: ...


class ExecutionFence:
    """Confirms, as the last statement of a transaction, that the operation is still held at this epoch."""

    def __init__(self, held: Claimed) -> None:
        self._held = held
        self.settled = False  #: set by the transaction that ends the operation
        self.ended_in: sa.RootTransaction | None = None  #: that transaction: it has nothing left to confirm

    def confirm(self, connection: sa.Connection) -> None:
        """Locks the operation's row until the commit. Raises `FenceLost`."""
        if self.ended_in is not None and self.ended_in is connection.get_transaction():
            return
        held = connection.execute(claims.CONFIRM, {"id": self._held.id, "epoch": self._held.epoch})
        if held.first() is None:
            raise FenceLost(f"operation {self._held.id} is no longer held at epoch {self._held.epoch}")


class Execution:
    """One try: what was asked, where the last try stopped, and the ways to report."""

    def __init__(self, held: Claimed, database: Database) -> None:
        self._held = held
        self._database = database
        self._stop: Callable[[], Stopped] | None = None
        self._stopped = threading.Event()
        self.fence = ExecutionFence(held)
        self.checkpoint: JSON = held.checkpoint  #: what the last `save` of this or an earlier try kept

    @property
    def id(self) -> UUID:
        return self._held.id

    @property
    def kind(self) -> str:
        return self._held.kind

    @property
    def epoch(self) -> int:
        """One more than at the last claim; a later epoch's effects take the place of an earlier one's."""
        return self._held.epoch

    @property
    def attempts(self) -> int:
        """Tries begun, this one included."""
        return self._held.attempts

    @property
    def request(self) -> Mapping[str, JSON]:
        return self._held.request

    @property
    def caller(self) -> str:
        """Principal on whose behalf it is done."""
        return self._held.caller

    @property
    def context(self) -> TaskContext | None:
        """For whom and when, where a task asked for it."""
        return self._held.context

    @property
    def task(self) -> TaskContext:
        """The context of work that only tasks ask for."""
        if self._held.context is None:
            raise LookupError(f"operation {self.id} ({self.kind}) was not asked for by a task")
        return self._held.context

    @property
    def training(self) -> bool:
        """Whether it is only practised ("mode école"): then nothing real may be touched."""
        return self._held.context is not None and self._held.context.mode is OperatingMode.TRAINING

    def check(self) -> None:
        """Raises `Stopped` where the work is to end. Call it between steps."""
        if self._stopped.is_set() and self._stop is not None:
            raise self._stop()

    def stop(self, why: Callable[[], Stopped]) -> None:
        """Lets the next `check` raise. Called by the worker's own threads; the first reason stands."""
        if not self._stopped.is_set():
            self._stop = why
            self._stopped.set()

    def progress(self, done: int, total: int = 0, text: str = "") -> None:
        """Tells how far the work has come, in a transaction of its own beside the row."""
        with self._database.begin() as connection:
            connection.execute(claims.PROGRESS, {"id": self.id, "done": done, "total": total, "text": text})

    def save(self, work: TransactionOfWork, checkpoint: JSON) -> None:
        """Keeps, in the chunk's own transaction, where the next try goes on."""
        self.checkpoint = checkpoint
        work.connection.execute(
            claims.CHECKPOINT, {"id": self.id, "epoch": self.epoch, "checkpoint": json_text(checkpoint)}
        )

    def succeed(self, work: TransactionOfWork, outcome: Outcome | None = None) -> None:
        """Ends the operation in the transaction of its last effect. Raises `FenceLost`."""
        answer = outcome_to_json(outcome or Outcome())
        end = Settlement(id=self.id, epoch=self.epoch, state=OperationState.SUCCEEDED, outcome=answer)
        if not claims.settle(work.connection, [end]):
            raise FenceLost(f"operation {self.id} is no longer held at epoch {self.epoch}")
        self.fence.settled, self.fence.ended_in = True, work.connection.get_transaction()
