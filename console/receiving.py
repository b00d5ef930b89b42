"""A folder that fetched files are received into: each whole, once, and never over another."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chassis.errors import BackroomError

PIECE = 1 << 20
TEMPORARY = ".backroom-"  #: begins the names of files on their way; no fetch takes them for files


class NotReceived(BackroomError):
    """The file cannot be taken; it stays at its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A file as its service announces it."""

    id: str  #: `fetched/{uuid}`
    name: str
    size_bytes: int
    sha256: str


class Receiver:
    """The folder. A file is committed once it and its name would survive a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self, announced: Announced, chunks: Iterable[bytes]) -> bool:
        """Takes a file; False where it is there already, the same: it was committed before. Raises `NotReceived`.

        Then, too, the chunks are read to their end: the next file comes after them.
        """
        rest = iter(chunks)
        try:
            return self._receive(announced, rest)
        except (OSError, NotReceived) as error:
            for _ in rest:
                continue
            if isinstance(error, OSError):
                raise NotReceived(f"{announced.name} cannot be written: {error.strerror}") from error
            raise

    def _receive(self, announced: Announced, chunks: Iterable[bytes]) -> bool:
        if announced.name != Path(announced.name).name or announced.name in {"", ".", ".."}:
            raise NotReceived(f"{announced.name!r} is no name of a file")
        final = self._folder / announced.name
        temporary = self._folder / f"{TEMPORARY}{announced.id.rpartition('/')[2]}"
        temporary.unlink(missing_ok=True)  # not opened again: a link may have given it its name already
        try:
            self._write(announced, temporary, chunks)
            try:
                os.link(temporary, final)  # unlike a rename, it never replaces what bears the name
            except FileExistsError:
                if not _is_the_same(final, announced):
                    raise NotReceived(f"there is another {announced.name} in {self._folder}; take it away") from None
                return False
            return True
        finally:
            temporary.unlink(missing_ok=True)
            _sync(self._folder)

    def _write(self, announced: Announced, temporary: Path, chunks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with temporary.open("xb") as stream:
            for chunk in chunks:
                stream.write(chunk)
                digest.update(chunk)
                size += len(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        if (size, digest.hexdigest()) != (announced.size_bytes, announced.sha256):
            raise NotReceived(f"{announced.name} did not arrive as it was sent; fetch again")


def _is_the_same(path: Path, announced: Announced) -> bool:
    """What was committed by an earlier call that nobody heard of, or by hand."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != announced.size_bytes:
        return False
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    return digest.hexdigest() == announced.sha256


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
