"""Keeps a connection below so many bytes per second, all its files together."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from services.delivery.application.far_ends import Arrived, Carrier, Offered, Parcel, Post, Source, Upload
from services.delivery.application.fetch_round import drawn
from services.delivery.domain.failures import FileFailed

BURST = 0.25  #: seconds' worth of bytes that may pass at once after a pause
IN_A_MESSAGE = 1.37  #: bytes that a byte of a file becomes: base64, in lines
LONGEST_PIECE = 0.1  #: seconds that a piece of a file may take: whoever waits for the next is heard in between


@dataclass(slots=True)
class Bucket:
    """Tokens, a byte each, that flow in at the limit."""

    limit: int  #: bytes per second
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _empty: float = 0.0  #: when what was taken so far has flowed in
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, size: int) -> None:
        """Returns once so many bytes may pass."""
        with self._lock:
            now = self.clock()
            self._empty = max(self._empty, now - BURST) + size / self.limit
            wait = self._empty - now
        if wait > 0:
            self.sleep(wait)

    def paced(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same bytes, in pieces, none sooner than it may pass."""
        longest = max(1, int(self.limit * LONGEST_PIECE))
        for chunk in chunks:
            for start in range(0, len(chunk), longest):
                piece = chunk[start : start + longest]
                self.take(len(piece))
                yield piece


class ThrottledCarrier:
    """A carrier whose writing is paced; all else is as it was."""

    def __init__(self, carrier: Carrier, bucket: Bucket) -> None:
        self._carrier = carrier
        self._bucket = bucket
        self.resumes = carrier.resumes

    def prepare(self, *, make: bool) -> bool:
        """As the carrier."""
        return self._carrier.prepare(make=make)

    def remove(self, names: Sequence[str]) -> None:
        """As the carrier."""
        self._carrier.remove(names)

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        """As the carrier, no faster than the limit."""
        return self._carrier.write([replace(each, chunks=self._bucket.paced(each.chunks)) for each in uploads])

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """As the carrier."""
        return self._carrier.sizes(names)

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        """As the carrier."""
        return self._carrier.rename(pairs, replace=replace)

    def check(self, *, make: bool) -> None:
        """As the carrier."""
        self._carrier.check(make=make)


@contextmanager
def throttled(opened: AbstractContextManager[Carrier], limit: int) -> Iterator[Carrier]:
    """The connection, kept below so many bytes per second; as it is where the limit is 0."""
    with opened as carrier:
        yield ThrottledCarrier(carrier, Bucket(limit)) if limit else carrier


class ThrottledPost:
    """A post whose messages are paced; all else is as it was."""

    def __init__(self, post: Post, bucket: Bucket) -> None:
        self._post = post
        self._bucket = bucket

    def deliver(self, parcel: Parcel) -> None:
        """As the post, no faster than the limit."""
        self._post.deliver(replace(parcel, chunks=lambda: self._bucket.paced(parcel.chunks())))

    def verify(self, probe: str) -> Sequence[str]:
        """As the post."""
        return self._post.verify(probe)

    def check(self) -> None:
        """As the post."""
        self._post.check()


@contextmanager
def throttled_post(opened: AbstractContextManager[Post], limit: int) -> Iterator[Post]:
    """The connection, kept below so many bytes per second; as it is where the limit is 0."""
    with opened as post:
        yield ThrottledPost(post, Bucket(int(limit / IN_A_MESSAGE))) if limit else post


class ThrottledSource:
    """A source whose reading is paced; all else is as it was."""

    def __init__(self, source: Source, bucket: Bucket) -> None:
        self._source = source
        self._bucket = bucket
        self.settles = source.settles

    def offered(self) -> Sequence[Offered]:
        """As the source."""
        return self._source.offered()

    def read(self, offered: Offered) -> Iterator[bytes]:
        """As the source, no faster than the limit."""
        with drawn(self._source.read(offered)) as chunks:
            yield from self._bucket.paced(chunks)

    def archive(self, container: str, folder: str) -> None:
        """As the source."""
        self._source.archive(container, folder)

    def delete(self, container: str) -> None:
        """As the source."""
        self._source.delete(container)


@contextmanager
def throttled_source(opened: AbstractContextManager[Source], limit: int) -> Iterator[Source]:
    """The connection, kept below so many bytes per second; as it is where the limit is 0."""
    with opened as source:
        yield ThrottledSource(source, Bucket(limit)) if limit else source
