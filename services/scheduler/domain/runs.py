"""Runs and their attempts: what they are, the states they pass through, the moves that are allowed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.errors import FieldProblem
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.tasks import Notification, RetryPolicy, task_name


class RunState(StrEnum):
    """How a run stands."""

    PENDING = "pending"  #: waits for its pool, for a worker, or for its next attempt
    HELD = "held"  #: its site may not go on by itself just now
    RUNNING = "running"  #: being started, or its files being sealed
    WAITING = "waiting"  #: a handler or delivery is at work; no thread of ours is
    SUCCEEDED = "succeeded"  #: done; it made no files
    DELIVERED = "delivered"  #: done; its files have arrived
    SPOOLED = "spooled"  #: done; its files wait in the spool, and delivery goes on sending them
    FAILED = "failed"  #: the work failed
    CANCELLED = "cancelled"  #: somebody ended it
    NOT_EXECUTED = "not_executed"  #: its destination could not be reached, so the work was not begun
    SKIPPED = "skipped"  #: its instant passed without it; the reason says why


ENDED = frozenset(
    {
        RunState.SUCCEEDED,
        RunState.DELIVERED,
        RunState.SPOOLED,
        RunState.FAILED,
        RunState.CANCELLED,
        RunState.NOT_EXECUTED,
        RunState.SKIPPED,
    }
)
WELL = frozenset({RunState.SUCCEEDED, RunState.DELIVERED})
#: Ends after which a person may have it tried again; a sealed run never executes again.
RETRIABLE = frozenset({RunState.FAILED, RunState.CANCELLED, RunState.NOT_EXECUTED, RunState.SKIPPED})

MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.PENDING: frozenset({RunState.RUNNING, RunState.HELD, RunState.FAILED, RunState.CANCELLED}),
    RunState.HELD: frozenset({RunState.PENDING, RunState.WAITING, RunState.CANCELLED, RunState.SKIPPED}),
    RunState.RUNNING: frozenset(
        {
            RunState.WAITING,
            RunState.PENDING,
            RunState.HELD,
            RunState.FAILED,
            RunState.CANCELLED,
            RunState.NOT_EXECUTED,
        }
    ),
    RunState.WAITING: frozenset(
        {
            RunState.RUNNING,
            RunState.PENDING,
            RunState.HELD,
            RunState.SUCCEEDED,
            RunState.DELIVERED,
            RunState.SPOOLED,
            RunState.FAILED,
            RunState.CANCELLED,
        }
    ),
    **{state: frozenset({RunState.PENDING}) if state in RETRIABLE else frozenset() for state in ENDED},
}


class AttemptState(StrEnum):
    """How an attempt stands at its handler."""

    STARTING = "starting"  #: committed here; whether the handler has it is not known yet
    QUEUED = "queued"  #: the handler has it and will do it
    RUNNING = "running"  #: the handler is at it
    SUCCEEDED = "succeeded"  #: done
    FAILED = "failed"  #: the business said no, or the handler refused it
    CANCELLED = "cancelled"  #: somebody asked for its end
    PARKED = "parked"  #: the handler's machinery gave up


AT_HANDLER = frozenset({AttemptState.QUEUED, AttemptState.RUNNING})
ATTEMPT_ENDED = frozenset({AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CANCELLED, AttemptState.PARKED})


class Purpose(StrEnum):
    """What an attempt is for."""

    WORK = "work"  #: the job itself
    DELIVERY = "delivery"  #: the sending of its files


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something did not succeed; for people, never a stack."""

    code: str  #: name of a gRPC code, e.g. `INVALID_ARGUMENT`
    reason: str  #: stable, upper-snake
    message: str
    problems: Sequence[FieldProblem] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducedFile:
    """A file that lies in the spool."""

    name: str  #: `files/{uuid}`
    file_name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the handler has come."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a run started with; later changes of its task do not touch it."""

    options: Mapping[str, JSON]
    destination: str
    file_name: str  #: dates filled in; may still hold `{mag x}`
    owner: str
    locale: str
    time_zone: str
    notification: Notification
    retry_policy: RetryPolicy
    attempt_timeout: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to a handler, named by a UUID that was committed before it."""

    id: UUID
    run: int
    number: int  #: 1-based, among the run's attempts of this purpose
    purpose: Purpose
    handler: str  #: key of whoever serves the site: see `handler_at`
    state: AttemptState
    create_time: datetime
    expire_time: datetime | None = None  #: when it must have ended; later where it was held meanwhile
    cancel_time: datetime | None = None  #: when its end was asked for, by somebody or because it took too long
    end_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a task."""

    number: int
    task: int
    task_title: str
    task_type: str
    handler: str
    site: str
    mode: OperatingMode
    pool: str  #: empty means none
    state: RunState
    nominal_time: datetime  #: the instant it stands for; of several, the last
    first_time: datetime  #: of the instants it stands for, the first
    occurrences: int = 1  #: how many it stands for
    reason: SkipReason | None = None  #: why it is held or skipped
    hold_expire_time: datetime | None = None  #: held for a site that is offline: until then
    cancelled_by: str = ""  #: who asked for its end
    manual: bool
    started_by: str
    create_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    operation: UUID | None = None  #: its working step; none while its pool or a handler is waited for
    terms: Terms | None = None  #: set when it starts
    report: str = ""
    failure: Failure | None = None
    files: Sequence[ProducedFile] = ()
    progress: Progress | None = None
    traceparent: str = ""

    @property
    def name(self) -> str:
        return run_name(self.number)

    @property
    def task_name(self) -> str:
        return task_name(self.task)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def run_name(number: int) -> str:
    return f"runs/{number}"


def states_before(to: RunState) -> frozenset[RunState]:
    """The states from which a run may move there."""
    return frozenset(state for state, ends in MOVES.items() if to in ends)
