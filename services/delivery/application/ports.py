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
from services.delivery.domain.destinations import Destination, Method
from services.delivery.domain.failing import FailedTry
from services.delivery.domain.sealing import Manifest, SealPlan
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.staging import FileToStage


class Destinations(Protocol):
    """Places that receive files."""

    def get(self, identifier: str, *, lock: bool = False) -> Destination:
        """Raises `UnknownResource`. Locked, nobody changes it or seals files for it until the transaction ends."""

    def hold(self, identifier: str) -> Destination:
        """As `get`; it cannot be deleted until the transaction ends."""

    def list(self, query: ListQuery) -> tuple[Sequence[Destination], str]:
        """One page, and the token of the next."""

    def add(self, identifier: str, display_name: str, method: Method) -> Destination:
        """Raises `ResourceExists` where the id is taken."""

    def change(self, identifier: str, display_name: str, method: Method) -> Destination:
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

    def begin(self, file: UUID) -> SpoolFile:
        """Counts a try and lets it begin."""

    def record_renaming(self, file: UUID, place: str) -> SpoolFile:
        """Says, before it is asked for, that the file may from now on bear its real name there."""

    def forget_renaming(self, file: UUID) -> SpoolFile:
        """Lets the file be sent again."""

    def deliver(self, file: UUID) -> SpoolFile:
        """It has arrived."""

    def fail(self, tries: Sequence[FailedTry]) -> None:
        """Stores what failed tries did."""

    def sealed_for(self, destination: str) -> int:
        """How many files have still to reach the destination, parked ones included."""

    def last_delivery(self, destination: str) -> datetime | None:
        """When a file last arrived there, not in its sandbox."""

    def list(self, query: ListQuery) -> tuple[Sequence[SpoolFile], str]:
        """One page, and the token of the next."""


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

    def purge(self, age: timedelta) -> int:
        """Forgets files that have left the spool so long ago; answers how many."""

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


class TemporaryMissing(Exception):
    """The far end says that there is nothing of the name that was to be renamed."""


class Carrier(Protocol):
    """A connection to one destination, for one batch. Everything it raises of its own is a `CarryFailed`."""

    def prepare(self) -> bool:
        """Makes the destination's folder where it is missing; answers whether it was."""

    def remove(self, name: str) -> None:
        """Deletes a file of the folder. Missing is fine."""

    def write(self, name: str, chunks: Iterable[bytes], size: int) -> int:
        """Writes a new file, whole and synced as far as the far end can; answers how long it is there."""

    def rename(self, name: str, target: str) -> None:
        """Gives a file its real name, in the place of what bears it. Raises `TemporaryMissing`."""

    def size(self, name: str) -> int | None:
        """How long a file of the folder is; None where there is none."""

    def check(self) -> None:
        """Raises where the folder, as far as can be told without writing, would take no file."""


class Carriers(Protocol):
    """Connects to destinations."""

    def __call__(self, destination: Destination) -> AbstractContextManager[Carrier]: ...


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
