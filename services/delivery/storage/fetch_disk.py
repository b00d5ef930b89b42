"""Where a fetched file lies until its consumer has it: on the spool's disk, under no name, gone with its process."""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from services.delivery.domain.errors import SpoolFull

PIECE = 1 << 20  #: bytes; the most that one message to a consumer holds


class LyingFile:
    """A file that was brought here."""

    def __init__(self, stream: BinaryIO, size_bytes: int, sha256: str) -> None:
        self._stream = stream
        self.size_bytes = size_bytes
        self.sha256 = sha256

    def read(self) -> Iterator[bytes]:
        """Its bytes, from the beginning."""
        self._stream.seek(0)
        while piece := self._stream.read(PIECE):
            yield piece

    def close(self) -> None:
        """Gives its room back."""
        self._stream.close()


class FetchDisk:
    """Room for files on their way to consumers.

    They bear no name (`O_TMPFILE`, or unlinked at once where the disk has no such thing), so nobody else can open
    them, and whatever ends this process ends them: there is nothing to sweep.
    """

    def __init__(self, root: Path, *, free_floor: int = 0) -> None:
        self._root = root
        self._free_floor = free_floor  #: bytes of the disk that stay free

    def receive(self, size_bytes: int | None, chunks: Iterable[bytes]) -> LyingFile:
        """Takes a file in. When it raises, nothing is left. Raises `SpoolFull` where there is not room enough."""
        with self._room_errors():
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_room(size_bytes or 0)
            stream: BinaryIO = tempfile.TemporaryFile(dir=self._root, buffering=0)  # noqa: SIM115 - LyingFile has it
        try:
            return self._filled(stream, chunks)
        except BaseException:
            stream.close()
            raise

    def _filled(self, stream: BinaryIO, chunks: Iterable[bytes]) -> LyingFile:
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            with self._room_errors():
                self._check_room(len(chunk))
                _write(stream, chunk)
            digest.update(chunk)
            size += len(chunk)
        return LyingFile(stream, size, digest.hexdigest())

    @contextmanager
    def _room_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise SpoolFull(self._free(), self._free_floor) from error
            raise

    def _check_room(self, wanted: int) -> None:
        if self._free_floor and self._free() - wanted < self._free_floor:
            raise SpoolFull(self._free(), self._free_floor)

    def _free(self) -> int:
        return shutil.disk_usage(self._root).free


def _write(stream: BinaryIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(stream.fileno(), rest) :]
