"""What the use cases need of the outside: a transaction over what is kept, handlers, delivery, people, measures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.journal import JournalWriter
from chassis.listing import ListQuery
from chassis.operations import OperationStore
from chassis.operations.execution import TransactionOfWork
from chassis.repeats import Repeats
from chassis.work import Fence
from services.scheduler.domain.changes import (
    AttemptChange,
    Crowd,
    MadeRun,
    NewAttempt,
    NewMessage,
    NewRun,
    PoolHead,
    RunChange,
)
from services.scheduler.domain.messages import Message
from services.scheduler.domain.planning import DueTask
from services.scheduler.domain.results import News
from services.scheduler.domain.runs import Attempt, Failure, Purpose, Run, RunState, Terms
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.task_types import Catalogue
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState

DELIVERY = "delivery"  #: the handler that reports sendings


class TaskRepository(Protocol):
    """Tasks, inside one transaction."""

    def add(self, draft: TaskDraft, *, handler: str, owner: str, state: TaskState) -> int: ...
    def get(self, number: int) -> Task: ...
    def get_many(self, numbers: Iterable[int]) -> dict[int, Task]: ...
    def lock(self, number: int) -> Task: ...
    def change(self, number: int, draft: TaskDraft) -> None: ...
    def set_state(self, numbers: Sequence[int], state: TaskState) -> None: ...
    def delete(self, number: int) -> None: ...
    def page(self, query: ListQuery) -> tuple[Sequence[Task], str]: ...
    def due(self, numbers: Sequence[int]) -> Sequence[DueTask]: ...


class ScheduleRepository(Protocol):
    """Next instants, inside one transaction."""

    def claim_due(self, limit: int) -> Sequence[int]: ...
    def set(self, task: int, next_time: datetime | None) -> None: ...
    def advance(self, next_times: Mapping[int, datetime | None]) -> None: ...
    def until_next(self) -> timedelta | None: ...
    def overdue(self) -> tuple[int, timedelta]: ...


class RunRepository(Protocol):
    """Runs, inside one transaction."""

    def fire(self, firings: Sequence[NewRun], mode: OperatingMode) -> Sequence[MadeRun]: ...
    def start_by_hand(self, new: NewRun, mode: OperatingMode) -> MadeRun: ...
    def get(self, number: int) -> Run: ...
    def lock_many(self, numbers: Iterable[int]) -> dict[int, Run]: ...
    def pools_of(self, numbers: Iterable[int]) -> set[str]: ...
    def begin(self, number: int, terms: Terms) -> None: ...
    def change(self, changes: Sequence[RunChange]) -> None: ...
    def heads(self, pools: Iterable[str]) -> dict[str, PoolHead]: ...
    def unfinished_of(self, task: int) -> int | None: ...
    def abandoned(self, limit: int) -> Sequence[tuple[int, str, dict[str, str]]]: ...
    def page(self, query: ListQuery) -> tuple[Sequence[Run], str]: ...


class AttemptRepository(Protocol):
    """Attempts, inside one transaction."""

    def add(self, new: Sequence[NewAttempt]) -> None: ...
    def change(self, changes: Sequence[AttemptChange]) -> None: ...
    def get_many(self, ids: Iterable[UUID]) -> dict[UUID, Attempt]: ...
    def open_of(self, run: int, purpose: Purpose) -> Attempt | None: ...
    def open_of_runs(self, runs: Iterable[int]) -> dict[int, Attempt]: ...
    def of_runs(self, runs: Iterable[int], purpose: Purpose = Purpose.WORK) -> dict[int, list[Attempt]]: ...
    def at_handler(self, handler: str, limit: int) -> Sequence[UUID]: ...
    def crowds(self) -> dict[str, Crowd]: ...


class PoolRepository(Protocol):
    """Pools, inside one transaction."""

    def ensure(self, name: str) -> None: ...
    def lock(self, names: Iterable[str]) -> None: ...


class InboxRepository(Protocol):
    """Messages, inside one transaction."""

    def add(self, new: Sequence[NewMessage]) -> None: ...
    def get(self, principal: str, number: int) -> Message: ...
    def page(self, principal: str, query: ListQuery) -> tuple[Sequence[Message], str]: ...
    def unread(self, principal: str) -> int: ...
    def mark_read(self, principal: str, numbers: Sequence[int]) -> int: ...


class Work(TransactionOfWork, Protocol):
    """One transaction over everything the scheduler keeps."""

    @property
    def tasks(self) -> TaskRepository: ...
    @property
    def schedule(self) -> ScheduleRepository: ...
    @property
    def runs(self) -> RunRepository: ...
    @property
    def attempts(self) -> AttemptRepository: ...
    @property
    def pools(self) -> PoolRepository: ...
    @property
    def inbox(self) -> InboxRepository: ...
    @property
    def repeats(self) -> Repeats: ...
    @property
    def operations(self) -> OperationStore: ...
    @property
    def journal(self) -> JournalWriter: ...
    def now(self) -> datetime: ...


class OpenWork(Protocol):
    """Opens a transaction; with a fence, one that commits only while its operation is held."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[Work]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a handler is asked to do."""

    attempt: UUID
    run: Run
    terms: Terms
    expire_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The handler has it, now or since before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The handler will not do it as it stands."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledBefore:
    """Somebody had ended the attempt before it came."""


Started = Accepted | Refused | CancelledBefore


class Handlers(Protocol):
    """The services that do the work. What does not answer raises `Unavailable`."""

    def catalogue(self, locale: str) -> Catalogue:
        """What they all offer; some seconds old at most."""

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        """Hands work over; safe to repeat."""

    def poll(
        self, handler: str, attempts: Sequence[UUID], wait: timedelta, interrupted: Callable[[], bool]
    ) -> Sequence[News]:
        """How attempts stand: at once where one has news, else when the wait is over; nothing if interrupted."""

    def names(self) -> Sequence[str]:
        """The handlers that attempts may stand at, delivery among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """A destination that cannot be reached now."""

    reason: str
    message: str  #: with the server's own answer
    remedy: str


class Delivery(Protocol):
    """Who carries files. What does not answer raises `Unavailable`."""

    def check(self, destination: str) -> Unreachable | None:
        """None where files could be sent now."""

    def send(self, run: Run, terms: Terms, attempt: UUID) -> None:
        """Seals the run's files and has them sent; safe to repeat. Raises `RemoteRefused` where nothing was sealed."""


class People(Protocol):
    """Those who are told."""

    def locale_of(self, principal: str) -> str:
        """The language somebody reads; the default for one who has gone."""

    def keepers(self) -> Sequence[str]:
        """Those who look after the system: they are told where nobody else is left to be."""

    def known(self, principal: str) -> bool:
        """Whether there is such a principal."""


class Texts(Protocol):
    """Texts for people."""

    def get(self, key: str, locale: str, /, **values: object) -> str: ...


class Measures(Protocol):
    """What is counted."""

    def started(self, lateness: timedelta) -> None:
        """A run that its trigger brought has begun, so long after its instant."""

    def ended(self, task_type: str, state: RunState) -> None:
        """A run is over."""


class PlannerMeasures(Protocol):
    """What a planner tells of itself."""

    def overdue(self, tasks: int, oldest: timedelta) -> None:
        """What is due and not planned yet."""

    def planned(self) -> None:
        """A planner has looked."""
