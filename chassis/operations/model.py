"""What an operation is: a durable piece of work, a row in its service's own database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.operations.store_files import STORE_TAG, StoreFiles

JSON = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]  # recursive, as JSON is

DEFAULT_SITE = "default"
EVERY_SITE = "*"  #: of work that belongs to no site, such as a service's own: no mode of a site holds it back


class OperationState(StrEnum):
    """How an operation stands."""

    QUEUED = "queued"  #: waits for a worker, or for its next try
    RUNNING = "running"  #: a worker holds it under a lease
    SUCCEEDED = "succeeded"  #: done
    FAILED = "failed"  #: the business said no; trying again would not help
    CANCELLED = "cancelled"  #: somebody asked for its end
    PARKED = "parked"  #: the machinery gave up after the last try; a person decides


ENDED = frozenset({OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED, OperationState.PARKED})


#: Every move an operation can make. docs/architecture.md draws it; a test walks each arrow.
MOVES: Mapping[OperationState, frozenset[OperationState]] = {
    OperationState.QUEUED: frozenset({OperationState.RUNNING, OperationState.CANCELLED}),
    OperationState.RUNNING: ENDED | {OperationState.QUEUED},
    **{state: frozenset() for state in ENDED},
}


class OperatingMode(StrEnum):
    """What a site may do by itself."""

    NORMAL = "normal"  #: everything
    ISOLATED = "isolated"  #: nothing ("mode isolé")
    TRAINING = "training"  #: nothing, and a manual start touches nothing real ("mode école")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMode:
    """What a site may do by itself from now on, as the scheduler says."""

    site: str
    mode: OperatingMode
    version: int  #: one more per change of the site's mode; an older one than what is known changes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledFile:
    """A file that a handler staged and wants sent."""

    name: str  #: `files/{uuid}` in delivery
    file_name: str  #: at the far end
    size_bytes: int
    sha256: str  #: 64 lower-case hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContext:
    """For whom and for when a task's work is done; frozen when its run started."""

    attempt: UUID
    run: str  #: `runs/{number}`
    task: str  #: `tasks/{number}`
    task_title: str
    site: str = DEFAULT_SITE
    mode: OperatingMode = OperatingMode.NORMAL
    owner: str  #: principal with whose rights the work is done
    locale: str = "fr"
    nominal_time: datetime  #: the instant the run stands for, UTC
    time_zone: str = "UTC"  #: IANA, the site's own
    file_name: str = ""  #: dates filled in; may hold `{mag x}`
    destination: str = ""  #: `destinations/{id}` where its type is unspooled: there its files are sent straight

    @property
    def business_date(self) -> date:
        """The day the run stands for, as the site's calendar shows it."""
        return self.nominal_time.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def splits_by_store(self) -> bool:
        """True where one file per store is asked for."""
        return STORE_TAG in self.file_name

    def store_files(self) -> StoreFiles:
        """Names the files of this attempt, one a store; the one file where none is asked for."""
        return StoreFiles(self.file_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOperation:
    """Work to store; it is done even if the process dies right after the commit."""

    kind: str
    request: Mapping[str, JSON] = field(default_factory=dict)
    id: UUID | None = None  #: given where the caller names the operation; a second one of this id is not stored
    site: str = EVERY_SITE  #: lanes take turns over sites
    mode: OperatingMode = OperatingMode.NORMAL  #: NORMAL waits while its site is in another; a context's own counts
    priority: int = 100  #: lower goes first
    not_before: datetime | None = None
    expire_time: datetime | None = None  #: when it must have ended
    context: TaskContext | None = None
    caller: str = ""  #: principal on whose behalf
    traceparent: str | None = None  #: None takes the current trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an operation that succeeded leaves."""

    result: Mapping[str, JSON] = field(default_factory=dict)
    report: str = ""  #: for people, lines separated by LF; cut after a million characters
    files: Sequence[SpooledFile] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationError:
    """Why an operation did not succeed; for people, never a stack."""

    reason: str  #: upper-snake
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation as its row says."""

    id: UUID
    kind: str
    state: OperationState
    caller: str
    request: Mapping[str, JSON]
    context: TaskContext | None
    attempts: int
    deaths: int
    outcome: Outcome | None
    error: OperationError | None
    create_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    progress: "Progress | None" = None

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an operation has come."""

    done: int
    total: int = 0  #: 0 while unknown
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Where operations queue."""

    name: str
    batch: int = 1  #: how many a worker thread claims at once; 1 for long work, some dozens for short steps
