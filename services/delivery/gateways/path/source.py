"""Files fetched from folders of the server. Every step is taken from an open folder, and no link is followed."""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.drafts import root_of
from services.delivery.domain.failures import DiskFull, FolderMissing, FolderNotAllowed, NoPermission
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.domain.transfer_options import MOST_NAMES, numbered
from services.delivery.gateways.path.stepping import FOLDER, step
from services.delivery.gateways.path.syncing import sync_folder

# Should a pipe or a device have taken the file's name, opening it neither waits nor does anything to it.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
PIECE = 1 << 20


class PathSource:
    """The files of one open folder."""

    settles = True  #: whoever writes there may not be done

    def __init__(self, folder: str, descriptor: int) -> None:
        self._path = folder
        self._folder = descriptor

    def offered(self) -> Sequence[Offered]:
        """Its regular files; links, folders and pipes left out."""
        found: list[Offered] = []
        with folder_errors(self._path), os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # it has gone since the folder was read
                if stat.S_ISREG(status.st_mode):
                    found.append(_offered(entry.name, status))
        return found

    def read(self, offered: Offered) -> Iterator[bytes]:
        """The bytes of a file."""
        with self._file_errors(offered.name):
            descriptor = os.open(offered.name, FILE, dir_fd=self._folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RefusedByServer(f"{self._path}/{offered.name}", os.strerror(errno.EINVAL))
            while piece := self._piece(descriptor, offered.name):
                yield piece
        finally:
            os.close(descriptor)

    def archive(self, container: str, folder: str) -> None:
        """Moves a file into a folder below, under the next free name. Gone already is fine."""
        if not self._is_there(container):
            return
        below = _stepped(os.dup(self._folder), PurePosixPath(folder).parts, f"{self._path}/{folder}", make=True)
        try:
            with self._file_errors(container):
                self._move(container, below)
                sync_folder(below)
                sync_folder(self._folder)
        finally:
            os.close(below)

    def delete(self, container: str) -> None:
        """Deletes a file. Gone already is fine."""
        with self._file_errors(container):
            try:
                os.unlink(container, dir_fd=self._folder)
            except FileNotFoundError:
                return
            sync_folder(self._folder)

    def _move(self, name: str, below: int) -> None:
        """A rename replaces what bears the name, so the name is taken first: what it replaces is ours, and empty.

        No hard link: systems refuse links to files of other users, which these are.
        """
        taken = _take_name(name, below)
        try:
            os.rename(name, taken, src_dir_fd=self._folder, dst_dir_fd=below)
        except FileNotFoundError:
            os.unlink(taken, dir_fd=below)  # somebody was quicker
        except BaseException:
            os.unlink(taken, dir_fd=below)
            raise

    def _is_there(self, name: str) -> bool:
        with self._file_errors(name):
            try:
                os.stat(name, dir_fd=self._folder, follow_symlinks=False)
            except FileNotFoundError:
                return False
            return True

    def _piece(self, descriptor: int, name: str) -> bytes:
        with self._file_errors(name):
            return os.read(descriptor, PIECE)

    @contextmanager
    def _file_errors(self, name: str) -> Iterator[None]:
        """What the system says of one file: the next may pass."""
        path = f"{self._path}/{name}"
        try:
            yield
        except OSError as error:
            answer = error.strerror or type(error).__name__
            match error.errno:
                case errno.ENOSPC | errno.EDQUOT:
                    raise DiskFull(path, answer) from error
                case errno.EROFS:
                    raise NoPermission(path, answer) from error
                case _:
                    raise RefusedByServer(path, answer) from error


@contextmanager
def folder_errors(path: str) -> Iterator[None]:
    """What the system says of the folder: nothing is fetched from there now."""
    try:
        yield
    except OSError as error:
        answer = error.strerror or type(error).__name__
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                raise DiskFull(path, answer) from error
            case errno.ELOOP | errno.ENOTDIR:
                raise FolderNotAllowed(path) from error
            case errno.EACCES | errno.EPERM | errno.EROFS:
                raise NoPermission(path, answer) from error
            case _:
                raise FolderMissing(path, answer) from error


@contextmanager
def open_path_source(path: ServerPath, roots: Sequence[PurePosixPath]) -> Iterator[Source]:
    """A folder of the server, reached step by step from its root; it is not made."""
    folder = PurePosixPath(path.folder)
    root = root_of(folder, roots)
    if root is None:
        raise FolderNotAllowed(path.folder)
    with folder_errors(str(root)):
        descriptor = os.open(root, FOLDER)
    descriptor = _stepped(descriptor, folder.relative_to(root).parts, path.folder, make=False)
    try:
        yield PathSource(path.folder, descriptor)
    finally:
        os.close(descriptor)


def _stepped(current: int, parts: Sequence[str], path: str, *, make: bool) -> int:
    """The folder so many steps below an open one, which is closed."""
    for part in parts:
        try:
            with folder_errors(path):
                below, _ = step(current, part, make=make)
        finally:
            os.close(current)
        current = below
    return current


def _take_name(name: str, folder: int) -> str:
    """The name, or the next of it that is free; nobody else gets it."""
    for number in range(1, MOST_NAMES):
        free = name if number == 1 else numbered(name, number)
        try:
            os.close(os.open(free, NEW_FILE, 0o600, dir_fd=folder))
        except FileExistsError:
            continue
        return free
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)


def _offered(name: str, status: os.stat_result) -> Offered:
    """Its key changes with whatever is done to it: no two files and no two contents share one."""
    return Offered(
        name=name,
        key=f"{name}/{status.st_size}/{status.st_mtime_ns}/{status.st_ctime_ns}/{status.st_ino}",
        container=name,
        size_bytes=status.st_size,
        modify_time=_instant(status.st_mtime),
    )


def _instant(seconds: float) -> datetime | None:
    """A file's time may be any number."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
