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
from services.scheduler.application.site_ports import HoldRepository, SiteRepository
from services.scheduler.application.task_ports import FolderRepository, ScheduleRepository, TaskRepository
from services.scheduler.domain.changes import (
    AttemptChange,
    Crowd,
    HeldRun,
    MadeRun,
    NewAttempt,
    NewMessage,
    NewRun,
    PoolHead,
    RunChange,
    SkippedRun,
)
from services.scheduler.domain.messages import Message
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.results import News
from services.scheduler.domain.runs import Attempt, Failure, Purpose, Run, RunState, Terms
from services.scheduler.domain.sites import OperatingMode, SiteMode
from services.scheduler.domain.task_types import Catalogue
from services.scheduler.domain.watching import Glance, LogLine, Track


class RunRepository(Protocol):
    """Runs, inside one transaction."""

    def fire(self, firings: Sequence[NewRun]) -> Sequence[MadeRun]: ...
    def start_by_hand(self, new: NewRun, mode: OperatingMode) -> MadeRun: ...
    def hold_for_site(self, held: Sequence[HeldRun]) -> None: ...
    def skip(self, skipped: Sequence[SkippedRun]) -> None: ...
    def note_cancelled(self, numbers: Sequence[int], by: str) -> None: ...
    def went_well_before(self, tasks: Iterable[int], runs: Iterable[int]) -> dict[int, bool]: ...
    def of_operation(self, operation: UUID) -> Sequence[int]: ...
    def get(self, number: int) -> Run: ...
    def lock_many(self, numbers: Iterable[int]) -> dict[int, Run]: ...
    def pools_of(self, numbers: Iterable[int]) -> set[str]: ...
    def begin(self, terms: Mapping[int, Terms]) -> None: ...
    def change(self, changes: Sequence[RunChange]) -> None: ...
    def heads(self, pools: Iterable[str]) -> dict[str, PoolHead]: ...
    def unfinished_of(self, tasks: Iterable[int]) -> dict[int, list[int]]: ...
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


class RerunRepository(Protocol):
    """Runs that people ask for beside those that instants bring, inside one transaction."""

    def again(self, number: int, *, by: str, mode: OperatingMode, anew: bool) -> None: ...
    def brought(self, task: int, first: datetime, last: datetime) -> Mapping[datetime, int]: ...
    def outside(self, task: int, pool: str) -> int | None: ...
    def backfill(self, new: Sequence[NewRun], *, mode: OperatingMode, pool: str) -> Sequence[MadeRun]: ...


class DeadlineRepository(Protocol):
    """Attempts by when they must end, inside one transaction."""

    def pass_over_holds(self) -> None: ...
    def expired(self, limit: int) -> Sequence[int]: ...
    def out_of_time(self, grace: timedelta, limit: int) -> Sequence[int]: ...
    def cancelled_in_vain(self, grace: timedelta, unknown: Sequence[str], limit: int) -> Sequence[int]: ...
    def note_asked(self, attempts: Iterable[UUID]) -> None: ...
    def lose(self, unknown: Sequence[str], limit: int) -> Sequence[tuple[int, str]]: ...


class WatchingRepository(Protocol):
    """Runs as watchers see them, inside one transaction."""

    def glance(self, number: int) -> Glance | None: ...
    def lines(self, after: Mapping[Track, int], limit: int) -> Sequence[LogLine]: ...


class PoolRepository(Protocol):
    """Pools, inside one transaction."""

    def ensure(self, name: str) -> None: ...
    def ensure_many(self, names: Iterable[str]) -> None: ...
    def lock(self, names: Iterable[str]) -> None: ...


class InboxRepository(Protocol):
    """Messages, inside one transaction."""

    def add(self, new: Sequence[NewMessage]) -> None: ...
    def get(self, principal: str, number: int) -> Message: ...
    def page(self, principal: str, query: ListQuery) -> tuple[Sequence[Message], str]: ...
    def unread(self, principal: str) -> dict[str, int]: ...
    def mark_read(self, principal: str, numbers: Sequence[int]) -> int: ...
    def delete(self, principal: str, numbers: Sequence[int]) -> None: ...


class Work(TransactionOfWork, Protocol):
    """One transaction over everything the scheduler keeps."""

    @property
    def sites(self) -> SiteRepository: ...
    @property
    def holds(self) -> HoldRepository: ...
    @property
    def tasks(self) -> TaskRepository: ...
    @property
    def schedule(self) -> ScheduleRepository: ...
    @property
    def runs(self) -> RunRepository: ...
    @property
    def attempts(self) -> AttemptRepository: ...
    @property
    def reruns(self) -> RerunRepository: ...
    @property
    def deadlines(self) -> DeadlineRepository: ...
    @property
    def watching(self) -> WatchingRepository: ...
    @property
    def pools(self) -> PoolRepository: ...
    @property
    def folders(self) -> FolderRepository: ...
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
    """The services that do the work, by key: see `handler_at`. What does not answer raises `Unavailable`."""

    def catalogue(self, locale: str, site: str = "") -> Catalogue:
        """What the central ones offer, and what beside it those of a site do; some seconds old at most."""

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        """Hands work over; safe to repeat."""

    def poll(
        self, handler: str, attempts: Sequence[UUID], wait: timedelta, interrupted: Callable[[], bool]
    ) -> Sequence[News]:
        """How attempts stand: at once where one has news, else when the wait is over; nothing if interrupted."""

    def set_modes(self, handler: str, modes: Sequence[SiteMode]) -> None:
        """Tells a handler in which modes sites are; safe to repeat."""

    def knows(self, handler: str) -> bool:
        """Whether there is an address to ask this handler at."""

    def cancel(self, handler: str, attempts: Sequence[UUID]) -> None:
        """Asks for the end of attempts; safe to repeat. One that the handler does not know yet never begins there."""


class Journals(Protocol):
    """What handlers write for people."""

    def lines(self, track: Track, after: int, most: int) -> Sequence[LogLine]:
        """The next lines, oldest first; none where the handler has no journal or is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """A destination that cannot be reached now."""

    reason: str
    message: str  #: with the server's own answer
    remedy: str


class Delivery(Protocol):
    """Who carries files. What does not answer raises `Unavailable`."""

    def check(self, delivery: str, destination: str, mode: OperatingMode) -> Unreachable | None:
        """None where files could be sent now. `delivery` is the key of the one that serves the site."""

    def send(self, delivery: str, run: Run, terms: Terms, attempt: UUID) -> None:
        """Seals the run's files and has them sent; safe to repeat. Raises `RemoteRefused` where nothing was sealed."""


class People(Protocol):
    """Those who are told."""

    def locale_of(self, principal: str) -> str:
        """The language somebody reads; the default for one who has gone."""

    def address_of(self, principal: str) -> str:
        """The e-mail address of somebody; empty where none is known."""

    def keepers(self) -> Sequence[str]:
        """Those who look after the system: they are told where nobody else is left to be."""

    def everyone(self) -> Sequence[str]:
        """Every person; who is a service and nothing else reads no messages."""

    def known(self, principal: str) -> bool:
        """Whether there is such a principal."""


class Mail(Protocol):
    """Who sends e-mail. What does not answer raises `Unavailable`."""

    def send(self, recipient: str, subject: str, body: str, site: str, mode: OperatingMode, request_id: UUID) -> None:
        """Hands one mail over; safe to repeat under the same id."""


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

    def skipped(self, reason: SkipReason, instants: int) -> None:
        """So many instants do not run."""
