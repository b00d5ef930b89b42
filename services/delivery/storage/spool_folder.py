"""The bytes of the spool: `TMP/UPDATE-<task>/<uuid>` below the service's own folder, readable by nobody else."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.delivery.domain.errors import SpoolFull

READ_SIZE = 1 << 20
MOST_TURNS = 20  #: at making a folder that others take away
UNFINISHED = ".part"  #: ends the name of a file that is still being received


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on disk, synced."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Found:
    """Something that lies in the spool's folder."""

    path: Path
    file: UUID | None  #: None where it is no finished file

    def remove(self) -> None:
        """Takes it away, and its folder where that was the last one. Gone already is fine."""
        remove(self.path)


class SpoolFolder:
    """The folder of produced files."""

    def __init__(self, root: Path, *, free_floor: int = 0) -> None:
        self._root = root
        self._free_floor = free_floor  #: bytes of the disk that stay free

    def write(self, task: int, file: UUID, chunks: Iterable[bytes]) -> Written:
        """Receives a file. When this returns it survives a power cut; when it raises, nothing is left.

        Raises `SpoolFull` where the disk has not room enough.
        """
        self._check_room()
        folder = self._folder(task)
        finished = folder / str(file)
        unfinished = finished.with_suffix(UNFINISHED)
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(self._create(folder, unfinished), "wb") as stream:
                for chunk in chunks:
                    stream.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                stream.flush()
                os.utime(stream.fileno())  # whole from now on: until its row is there, the sweeper goes by this age
                os.fsync(stream.fileno())
            unfinished.rename(finished)
            sync(folder)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise SpoolFull(self._free(), self._free_floor) from error
            raise
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return Written(size, digest.hexdigest())

    def read(self, task: int, file: UUID) -> Iterator[bytes]:
        """The bytes of a file, piece by piece. Raises `FileNotFoundError`."""
        descriptor = os.open(self.path(task, file), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as stream:
            while piece := stream.read(READ_SIZE):
                yield piece

    def remove(self, task: int, file: UUID) -> None:
        """Takes a file out, and its folder where that was the last one. Gone already is fine."""
        remove(self.path(task, file))

    def path(self, task: int, file: UUID) -> Path:
        """Where a file lies."""
        return self._folder(task) / str(file)

    def older_than(self, age: timedelta, now: datetime) -> Iterator[Found]:
        """What has lain in the spool for so long, files that were never finished among them."""
        limit = (now - age).timestamp()
        folders = [folder for folder in self._root.glob("UPDATE-*") if not folder.is_symlink()]
        for path in sorted(path for folder in folders for path in folder.glob("*")):
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue  # it has left meanwhile
            if stat.S_ISREG(status.st_mode) and status.st_mtime < limit:
                yield Found(path, _identifier(path.name))

    def _folder(self, task: int) -> Path:
        return self._root / f"UPDATE-{task}"

    def _create(self, folder: Path, unfinished: Path) -> int:
        """Makes folder and file. Another process may take the folder away while it is empty: then it is made again."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for turn in range(MOST_TURNS):
            try:
                folder.mkdir(mode=0o700, exist_ok=True)
                sync(self._root)
                return os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            except (FileNotFoundError, FileExistsError):  # the latter: it was there, and had gone when it was looked at
                if turn == MOST_TURNS - 1:
                    raise
        raise AssertionError("the last turn returns or raises")

    def _check_room(self) -> None:
        if self._free_floor and self._free() < self._free_floor:
            raise SpoolFull(self._free(), self._free_floor)

    def _free(self) -> int:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self._root).free


def remove(path: Path) -> None:
    """Takes a file away, and its folder where that was the last one."""
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT}:
            raise


def sync(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _identifier(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
