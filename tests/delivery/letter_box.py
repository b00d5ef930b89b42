"""What holds messages, in memory: it knows a repeated parcel again, and misbehaves where a test says so."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from services.delivery.application.far_ends import Parcel, Post
from services.delivery.domain.destinations import Destination
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.spool import SpoolFile


@dataclass
class LetterBox:
    """Opens itself."""

    letters: list[tuple[str, bytes]] = field(default_factory=list)  #: name and content, as they came
    repeated: list[bool] = field(default_factory=list)
    refusals: dict[str, CarryFailed] = field(default_factory=dict)  #: file name → why it is refused
    opened: int = 0
    given_up: list[tuple[str, str]] = field(default_factory=list)  #: file name and reason
    _known: set[UUID] = field(default_factory=set)

    @contextmanager
    def __call__(self, destination: Destination) -> Iterator[Post]:
        self.opened += 1
        yield self

    def deliver(self, parcel: Parcel) -> None:
        content = b"".join(parcel.chunks())
        if parcel.file.file_name in self.refusals:
            raise self.refusals[parcel.file.file_name]
        self.repeated.append(parcel.repeated)
        if parcel.file.id not in self._known:
            self._known.add(parcel.file.id)
            self.letters.append((parcel.file.file_name, content))

    def give_up(self, file: SpoolFile, reason: str) -> Sequence[str]:
        self.given_up.append((file.file_name, reason))
        return ()

    def verify(self, probe: str) -> Sequence[str]:
        return ()

    def check(self) -> None:
        """It is always there."""
