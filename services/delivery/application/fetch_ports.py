"""What a fetch needs of the outside, beside its source."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID


class Consumer(Protocol):
    """Who fetches. All three calls raise once it is over: it has gone, or this process stops."""

    @property
    def user(self) -> str: ...
    @property
    def peer(self) -> str: ...
    @property
    def correlation(self) -> str: ...
    @property
    def locale(self) -> str: ...

    def check(self) -> None: ...

    def rest(self, length: timedelta) -> None:
        """Waits so long."""

    def settled(self, file: UUID) -> bool:
        """Waits for what became of the file: whether it is committed."""


class FetchMeter(Protocol):
    """Counts files by what became of them: committed, kept, double, failed, not-cleared."""

    def fetched(self, protocol: str, result: str) -> None: ...


class Guard(Protocol):
    """Lets one fetch at a time have a destination."""

    def __call__(self, destination: str) -> AbstractContextManager[Callable[[], None]]:
        """Holds it; gives a check that raises `Unavailable` once it was lost. Raises that where another has it."""


class Lying(Protocol):
    """A file that was brought here."""

    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    def read(self) -> Iterator[bytes]:
        """Its bytes, in pieces of at most 1 MiB."""

    def close(self) -> None: ...


class Disk(Protocol):
    """Room for files on their way."""

    def receive(self, size_bytes: int | None, chunks: Iterable[bytes]) -> Lying:
        """Takes a file in; nothing is left where it raises."""
