"""What a step writes of a run and of an attempt; storage applies many of them as one set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduler.domain.runs import (
    ENDED,
    AttemptState,
    Failure,
    ProducedFile,
    Progress,
    Purpose,
    RunState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """How a run stands from now on. What is None is kept as it is, except the operation and the progress."""

    number: int
    state: RunState
    operation: UUID | None = None
    report: str | None = None
    failure: Failure | None = None
    files: Sequence[ProducedFile] | None = None
    progress: Progress | None = None

    @property
    def ends(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptChange:
    """How an attempt stands from now on."""

    id: UUID
    state: AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttempt:
    """An attempt to commit before its handler is called; its number follows the run's last of this purpose."""

    id: UUID
    run: int
    purpose: Purpose
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to make of a task, and the operation that will start it."""

    task: int
    nominal_time: datetime
    operation: UUID
    traceparent: str
    started_by: str = ""  #: set where a person starts it: then it is no occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """A run that was made."""

    number: int
    task: int
    operation: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHead:
    """The run of a pool that is or goes first."""

    pool: str
    run: int
    begun: bool  #: it has started and not ended: the pool is taken
    operation: UUID | None  #: its working step, where it has one


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message for somebody's inbox."""

    principal: str
    category: str
    subject: str
    body: str
    run: int
    error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who stands at a handler, in short: enough to notice that somebody has come."""

    attempts: int
    newest: datetime | None  #: when the newest of them was committed
