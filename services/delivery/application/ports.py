"""What the use cases need of the outside."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from chassis.journal import JournalWriter
from chassis.listing import ListQuery
from chassis.operations import OperatingMode, OperationStore
from chassis.repeats import Repeats
from chassis.work import Fence
from services.delivery.application.stream_ports import Unspooled
from services.delivery.domain.deliveries import Delivery
from services.delivery.domain.destinations import Destination, Method
from services.delivery.domain.failing import FailedTry
from services.delivery.domain.fetching import FetchedFile, Remembered
from services.delivery.domain.sealing import Manifest, SealPlan
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.staging import FileToStage
from services.delivery.domain.transfer_options import TransferOptions


class Destinations(Protocol):
    """Places that receive files."""

    def get(self, identifier: str, *, lock: bool = False) -> Destination:
        """Raises `UnknownResource`. Locked, nobody changes it or seals files for it until the transaction ends."""

    def hold(self, identifier: str) -> Destination:
        """As `get`; it cannot be deleted until the transaction ends."""

    def list(self, query: ListQuery) -> tuple[Sequence[Destination], str]:
        """One page, and the token of the next."""

    def add(self, identifier: str, display_name: str, method: Method, transfer: TransferOptions) -> Destination:
        """Raises `ResourceExists` where the id is taken."""

    def change(self, identifier: str, display_name: str, method: Method, transfer: TransferOptions) -> Destination:
        """Stores new values under the next version."""

    def delete(self, identifier: str) -> None:
        """Forgets it."""


class Staging(Protocol):
    """Files on their way into the spool."""

    def is_sealed(self, run: int) -> bool:
        """Whether the run's files are sealed. No sealing of it begins until the transaction ends."""

    def find(self, attempt: UUID, ordinal: int) -> SpoolFile | None:
        """What was staged under this key, of whatever epoch; locked."""

    def add(self, identifier: UUID, file: FileToStage, size_bytes: int, sha256: str) -> SpoolFile | None:
        """Stores a file whose bytes are on disk; None where a twin was quicker."""

    def replace(self, old: SpoolFile, identifier: UUID, file: FileToStage, size_bytes: int, sha256: str) -> SpoolFile:
        """Puts a later epoch's file in the place of an earlier one's."""


class Sendings(Protocol):
    """What was sealed, run by run."""

    def lock(self, run: int) -> None:
        """Lets nothing be staged or sealed for the run until the transaction ends."""

    def find(self, attempt: UUID, run: int) -> tuple[Manifest, int] | None:
        """What was sealed under this attempt or for this run, and how many files were to be sent then."""

    def files_of(self, run: int, named: Iterable[UUID]) -> Mapping[UUID, SpoolFile]:
        """The run's files and those of these names, locked."""

    def apply(self, manifest: Manifest, plan: SealPlan) -> int:
        """Seals, drops, lets the task's parked files rejoin; answers how many files of the task are to be sent now."""

    def rejoin_older(self, task: int, destination: str, *, training: bool) -> None:
        """Lets parked files go before a newer one of their name: later they would overwrite it."""


class SpoolFiles(Protocol):
    """Files of the spool on their way out."""

    def waiting(self, task: int, destination: str, *, training: bool) -> Sequence[SpoolFile]:
        """The task's files that have still to reach the destination, or its sandbox, oldest run first."""

    def held_back(self, files: Iterable[UUID]) -> set[UUID]:
        """Those of these files that may not leave now: their site is not normal, and nobody sends them by hand."""

    def current(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """These files as they stand now, in their order of sending; locked."""

    def begin(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """Counts a try of each and lets it begin, in their order; without those that were given up meanwhile."""

    def record_written(self, file: UUID, written: int, place: str) -> None:
        """Says how many bytes of the present try lie there, whatever happens next; 0: none that may be built on."""

    def record_resumed(self, file: UUID, offset: int) -> None:
        """Says that the present try goes on where an earlier one has stopped."""

    def record_renaming(self, names: Mapping[UUID, str | None], place: str) -> Sequence[SpoolFile]:
        """Says, before it is asked for, that files may from now on bear their real names there, or these instead."""

    def forget_renaming(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """Lets files be sent again."""

    def deliver(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """They have arrived."""

    def fail(self, tries: Sequence[FailedTry]) -> None:
        """Stores what failed tries did."""

    def sealed_for(self, destination: str) -> int:
        """How many files have still to reach the destination, parked ones included."""

    def last_delivery(self, destination: str) -> datetime | None:
        """When a file last arrived there, not in its sandbox."""

    def list(self, query: ListQuery) -> tuple[Sequence[SpoolFile], str]:
        """One page, and the token of the next."""


class Unsent(Protocol):
    """Files that have not arrived, as people decide about them."""

    def hold(self, files: Sequence[UUID]) -> Mapping[UUID, SpoolFile]:
        """Those of these files that there are; nobody moves them until the transaction ends."""

    def waiting_for(self, destination: str) -> Sequence[UUID]:
        """The files that wait to be sent to a destination, parked ones included."""

    def again(self, files: Sequence[UUID], *, named: bool) -> tuple[int, Mapping[int, str]]:
        """Lets files go as if they had never failed; how many may go now, and the site of each task that has some."""

    def being_sent(self, key: str) -> bool:
        """Whether somebody is sending to the destination (or sandbox) of this key just now."""

    def discard(self, file: UUID) -> SpoolFile:
        """Gives it up."""


class Litter(Protocol):
    """What files that were given up have left at far ends."""

    def at(self, destination: str, *, training: bool) -> Sequence[SpoolFile]:
        """Discarded files that may have temporaries at the destination, or in its sandbox."""

    def cleared(self, files: Iterable[UUID]) -> None:
        """They have none any more."""


class Deliveries(Protocol):
    """Tries at sending files."""

    def get(self, number: int) -> Delivery:
        """Raises `UnknownResource`."""

    def list(self, query: ListQuery) -> tuple[Sequence[Delivery], str]:
        """One page, and the token of the next."""


class FetchedFiles(Protocol):
    """Files that consumers have committed."""

    def known(self, destination: str, keys: Iterable[str]) -> Sequence[Remembered]:
        """Committed files that bore one of these keys at their source."""

    def committed(self, destination: str, contents: Iterable[str]) -> set[str]:
        """Those of these contents, as SHA-256, that were committed under whatever name."""

    def renew(self, files: Iterable[UUID]) -> None:
        """They are still at their source, as they were."""

    def remember(self, files: Sequence[FetchedFile]) -> None:
        """They are committed. A repeat renews what is known of them."""


class Leases(Protocol):
    """Who may write to a destination just now."""

    def take(self, destination: str, operation: UUID, epoch: int) -> bool:
        """Whether this operation may write there from now on."""

    def release(self, destination: str, operation: UUID, epoch: int) -> None:
        """Lets another have it."""


class Left(Protocol):
    """Files of a task that a destination has still to receive."""

    @property
    def destination(self) -> str: ...

    @property
    def training(self) -> bool:
        """Whether it is the destination's sandbox that has still to receive them."""

    @property
    def next_attempt_time(self) -> datetime: ...


class Retries(Protocol):
    """What is still to be sent, and by which operation."""

    def is_scheduled(self, task: int, mode: OperatingMode, but: UUID) -> bool:
        """Whether an operation of the mode, not `but`, waits to send leftovers. Nobody adds one until the commit."""

    def left(self, task: int) -> Sequence[Left]:
        """What the task has still to send and may, by destination."""

    def held_site(self, task: int) -> str | None:
        """A site whose mode holds back what the task has still to send."""

    def forgotten(self) -> Sequence[tuple[int, str]]:
        """Tasks, each with its site, that have files to send and no operation that would."""


class Figures(Protocol):
    """The spool in numbers."""

    @property
    def files(self) -> Mapping[str, int]:
        """By state."""

    @property
    def oldest_seconds(self) -> float:
        """Since the oldest unsent file was sealed; 0 where there is none."""


class Upkeep(Protocol):
    """The spool as a whole."""

    def kept(self, identifiers: Iterable[UUID]) -> set[UUID]:
        """Those of these files whose bytes are still needed."""

    def discard_stale(self, age: timedelta) -> Sequence[tuple[int, UUID]]:
        """Drops provisional files that no manifest has named for so long; answers task and file."""

    def figures(self) -> Figures:
        """The spool in numbers."""


class Work(Protocol):
    """One transaction over destinations, the spool and their operations."""

    @property
    def destinations(self) -> Destinations: ...
    @property
    def staging(self) -> Staging: ...
    @property
    def sendings(self) -> Sendings: ...
    @property
    def spool(self) -> SpoolFiles: ...
    @property
    def unsent(self) -> Unsent: ...
    @property
    def litter(self) -> Litter: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def unspooled(self) -> Unspooled: ...
    @property
    def fetched(self) -> FetchedFiles: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def retries(self) -> Retries: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def repeats(self) -> Repeats: ...
    @property
    def operations(self) -> OperationStore: ...
    @property
    def journal(self) -> JournalWriter: ...
    def now(self) -> datetime:
        """The database's clock, UTC."""


class OpenWork(Protocol):
    """Opens a transaction, fenced where it belongs to an operation."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[Work]: ...


class Written(Protocol):
    """A file that is on disk, synced."""

    @property
    def size_bytes(self) -> int: ...

    @property
    def sha256(self) -> str: ...


class Spool(Protocol):
    """The bytes of produced files, on disk."""

    def write(self, task: int, file: UUID, chunks: Iterable[bytes]) -> Written:
        """Receives a file; it is synced when this returns, and nothing is left when it raises."""

    def read(self, task: int, file: UUID) -> Iterator[bytes]:
        """The bytes of a file. Raises `FileNotFoundError`."""

    def remove(self, task: int, file: UUID) -> None:
        """Takes a file out, and its folder where that was the last one. Gone already is fine."""


class Milestone(Enum):
    """What has just become true of a file while it is sent; after each of them a process may die."""

    TRY_RECORDED = "try recorded"
    WRITTEN = "written"
    RENAMING_RECORDED = "renaming recorded"
    RENAMED = "renamed"
    DELIVERY_RECORDED = "delivery recorded"
    TAKEN_OUT = "taken out of the spool"


class Milestones(Protocol):
    """Is told of each milestone."""

    def passed(self, milestone: Milestone, file: SpoolFile) -> None: ...


class Meter(Protocol):
    """Counts files that have arrived, and those that could not be sent."""

    def sent(self, protocol: str) -> None: ...

    def failed(self, protocol: str, reason: str, files: int = 1) -> None: ...


Pause = Callable[[timedelta], None]  #: waits
Locales = Callable[[str], str]  #: the language of a principal
