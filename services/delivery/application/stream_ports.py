"""What the sending past the spool needs of the outside."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from services.delivery.domain.spool import Failure, SpoolFile
from services.delivery.domain.unspooled import FileToSend


class Content(Protocol):
    """The bytes of a file as they come in. Iterating raises where they stop before their end."""

    def __iter__(self) -> Iterator[bytes]: ...

    @property
    def size_bytes(self) -> int:
        """How many have come."""

    @property
    def sha256(self) -> str:
        """Of those."""


class Streams(Protocol):
    """Who is sending a file past the spool just now."""

    def __call__(self, attempt: UUID, ordinal: int) -> AbstractContextManager[None]:
        """Holds a file, until the process lets go or dies. Raises `Unavailable`."""


class Unspooled(Protocol):
    """Files sent past the spool. Each move raises `EpochPassed` where another try has taken the place of this one."""

    def add(self, identifier: UUID, wanted: FileToSend) -> SpoolFile | None:
        """Begins the first try at a file; None where a twin was quicker."""

    def begin(self, file: SpoolFile, wanted: FileToSend) -> SpoolFile:
        """Begins another try in the place of an earlier one."""

    def record_renaming(self, file: SpoolFile, size_bytes: int, sha256: str, place: str, name: str | None) -> SpoolFile:
        """Says, before it is asked for, that the file may from now on bear its real name there, or this one instead."""

    def deliver(self, file: SpoolFile, size_bytes: int, sha256: str, name: str | None) -> SpoolFile:
        """It has arrived under its name, or this one instead."""

    def discard(self, file: SpoolFile, failure: Failure | None, *, swept: int) -> SpoolFile:
        """It failed as a whole; without a failure it was broken off. Temporaries up to the try `swept` are gone."""

    def discard_abandoned(self) -> int:
        """Discards those whose process has gone; answers how many."""
