"""What the use cases need of the outside."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from chassis.journal import JournalWriter
from chassis.listing import ListQuery
from chassis.operations import OperationStore
from chassis.repeats import Repeats
from chassis.work import Fence
from services.delivery.application.spool_ports import (
    Deliveries,
    Litter,
    Retries,
    Sendings,
    SpoolFiles,
    Staging,
    Unsent,
    Upkeep,
)
from services.delivery.application.stream_ports import Unspooled
from services.delivery.domain.destinations import Destination, Method
from services.delivery.domain.fetching import FetchedFile, Remembered
from services.delivery.domain.spool import SpoolFile
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


class FetchedFiles(Protocol):
    """Files that consumers have committed."""

    def held_back(self, site: str, mode: str) -> bool:
        """Whether nothing may be fetched now in this mode: the site is not normal, and nobody fetches by hand."""

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
#: A place for what holds a thread for long, while it is entered. Raises `LimitReached` or `Unavailable` without one.
Places = Callable[[], AbstractContextManager[None]]
Stopwatch = Callable[[], float]  #: seconds that pass, from any beginning
Locales = Callable[[str], str]  #: the language of a principal
