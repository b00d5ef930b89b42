"""What is written of tasks, runs and attempts; storage applies many of them as one set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import (
    ENDED,
    AttemptState,
    Failure,
    ProducedFile,
    Progress,
    Purpose,
    RunState,
)
from services.scheduler.domain.tasks import TaskDraft, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """How a run stands from now on. What is None is kept as it is, except the operation and the progress."""

    number: int
    state: RunState
    operation: UUID | None = None
    reason: SkipReason | None = None  #: why it is held or skipped from now on
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
class NewTask:
    """A task to keep, of a checked draft."""

    draft: TaskDraft
    handler: str
    owner: str
    state: TaskState
    system: bool = False  #: temporary, made by the scheduler itself


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to make of a task, and the operation that will start it."""

    task: int
    nominal_time: datetime
    first_time: datetime | None = None  #: of the instants it stands for, the first; None: the nominal one
    occurrences: int = 1
    operation: UUID | None  #: None: it waits for its pool, or for its site
    traceparent: str
    started_by: str = ""  #: set where a person starts it: then it is no occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRun:
    """Instants of a task whose site is offline: they join the run that is held for it, or begin one."""

    task: int
    nominal_time: datetime
    first_time: datetime
    occurrences: int
    traceparent: str
    held: int | None  #: the run that is held already


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRun:
    """Consecutive instants that do not run, for one reason."""

    task: int
    reason: SkipReason
    first_time: datetime
    last_time: datetime
    occurrences: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """A run that was made."""

    number: int
    task: int
    nominal_time: datetime
    operation: UUID | None


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
    run: int | None  #: None: it tells of none
    error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who stands at a handler, in short: enough to notice that somebody has come."""

    attempts: int
    newest: datetime | None  #: when the newest of them was committed
