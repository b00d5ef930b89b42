"""What the use cases need of the rows of the spool: staged, sealed, sent, given up, and what is left of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.listing import ListQuery
from chassis.operations import OperatingMode
from services.delivery.domain.deliveries import Delivery
from services.delivery.domain.failing import FailedTry
from services.delivery.domain.sealing import Manifest, SealPlan
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.staging import FileToStage


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

    def mailed(self, file: UUID) -> bool:
        """Whether a try of it has ended with a word of mail's, wherever its destination leads now."""

    def discard(self, file: UUID) -> SpoolFile:
        """Gives it up."""


class Litter(Protocol):
    """What files that were given up have left at far ends."""

    def at(self, destination: str, *, training: bool) -> Sequence[SpoolFile]:
        """Discarded files that may have temporaries at the destination, or in its sandbox.

        Not those whose renaming nobody saw the end of: for a day, their next try still asks for it.
        """

    def cleared(self, files: Iterable[UUID]) -> None:
        """They have none any more."""


class Deliveries(Protocol):
    """Tries at sending files."""

    def get(self, number: int) -> Delivery:
        """Raises `UnknownResource`."""

    def list(self, query: ListQuery) -> tuple[Sequence[Delivery], str]:
        """One page, and the token of the next."""


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

    def is_scheduled(self, task: int, mode: OperatingMode, by: datetime | None = None) -> bool:
        """Whether an operation of the mode waits to send leftovers, at `by` at the latest; nobody adds one until the
        commit.
        """

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
        """Since the oldest unsent file that no site's mode holds back was sealed; 0 where there is none."""


class Upkeep(Protocol):
    """The spool as a whole."""

    def kept(self, identifiers: Iterable[UUID]) -> set[UUID]:
        """Those of these files whose bytes are still needed."""

    def discard_stale(self, age: timedelta) -> Sequence[tuple[int, UUID]]:
        """Drops provisional files that no manifest has named for so long; answers task and file."""

    def figures(self) -> Figures:
        """The spool in numbers."""
