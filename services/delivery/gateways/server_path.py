"""Folders of the server, below the allowed roots. Every step is taken from an open folder, and no link is followed."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from services.delivery.application.ports import Carrier, TemporaryMissing
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.drafts import root_of
from services.delivery.domain.failures import (
    CarryFailed,
    DiskFull,
    FolderMissing,
    FolderNotAllowed,
    NoPermission,
    RefusedByServer,
)

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class ServerPathCarrier:
    """One folder of the server."""

    def __init__(self, path: ServerPath, roots: Sequence[PurePosixPath]) -> None:
        self._path = path
        self._roots = roots
        self._folder: int | None = None

    def prepare(self) -> bool:
        """Opens the folder, made where it is missing below its root."""
        descriptor, made = self._walk(make=True)
        self._folder = descriptor
        return made

    def check(self) -> None:
        """Looks as far as the folder exists: what is missing below it will be made."""
        descriptor, _ = self._walk(make=False)
        try:
            # By the rights that this process acts with; what is asked about is the open folder, not its name.
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor, effective_ids=True):
                raise NoPermission(self._path.folder, os.strerror(errno.EACCES))
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Deletes a file; missing is fine."""
        with self._errors(name):
            try:
                os.unlink(name, dir_fd=self._open_folder())
            except FileNotFoundError:
                return

    def write(self, name: str, chunks: Iterable[bytes], size: int) -> int:
        """Writes and syncs a file; answers how long it is. A file that could not be written is taken away."""
        folder = self._open_folder()
        try:
            with self._errors(name):
                descriptor = os.open(name, NEW_FILE, 0o666, dir_fd=folder)
                with os.fdopen(descriptor, "wb") as stream:
                    for chunk in chunks:
                        stream.write(chunk)
                    stream.flush()
                    os.fsync(stream.fileno())
                    return os.fstat(stream.fileno()).st_size
        except CarryFailed:
            self.remove(name)
            raise

    def rename(self, name: str, target: str) -> None:
        """Puts the file in the place of what bears its name, and syncs the folder."""
        folder = self._open_folder()
        with self._errors(target):
            try:
                os.replace(name, target, src_dir_fd=folder, dst_dir_fd=folder)
            except FileNotFoundError as error:
                raise TemporaryMissing(name) from error
            except PermissionError as error:  # the folder has just taken the file: it is this name that may not be had
                answer = error.strerror or type(error).__name__
                raise RefusedByServer(f"{self._path.folder}/{target}", answer) from error
            os.fsync(folder)

    def size(self, name: str) -> int | None:
        """How long a file is; None where there is none."""
        with self._errors(name):
            try:
                status = os.stat(name, dir_fd=self._open_folder(), follow_symlinks=False)
            except FileNotFoundError:
                return None
            return status.st_size if stat.S_ISREG(status.st_mode) else -1

    def close(self) -> None:
        """Lets the folder go."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _open_folder(self) -> int:
        if self._folder is None:
            self.prepare()
        assert self._folder is not None  # noqa: S101 - prepare has opened it; tells mypy so
        return self._folder

    def _walk(self, *, make: bool) -> tuple[int, bool]:
        """The folder, step by step from its root; where nothing may be made, as far as it exists."""
        folder = PurePosixPath(self._path.folder)
        root = root_of(folder, self._roots)
        if root is None:
            raise FolderNotAllowed(self._path.folder)
        made = False
        with self._errors(str(root)):
            current = os.open(root, FOLDER)
        for part in folder.relative_to(root).parts:
            try:
                with self._errors(self._path.folder):
                    try:
                        below = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=current)
                    except FileNotFoundError:
                        if not make:
                            return current, made
                        _make(part, current)
                        made = True
                        below = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=current)
            except BaseException:
                os.close(current)
                raise
            os.close(current)
            current = below
        return current, made

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        """Turns what the system says into failures of ours."""
        try:
            yield
        except OSError as error:
            answer = error.strerror or type(error).__name__
            path = name if name.startswith("/") else f"{self._path.folder}/{name}"
            match error.errno:
                case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
                    raise DiskFull(path, answer) from error
                case errno.EACCES | errno.EPERM | errno.EROFS:
                    raise NoPermission(path, answer) from error
                case errno.ENOENT | errno.ESTALE:
                    raise FolderMissing(path, answer) from error
                case errno.ELOOP | errno.ENOTDIR:
                    raise FolderNotAllowed(path) from error
                case _:
                    raise RefusedByServer(path, answer) from error


def _make(part: str, parent: int) -> None:
    try:
        os.mkdir(part, 0o777, dir_fd=parent)
    except FileExistsError:
        return  # somebody else has just made it
    os.fsync(parent)


@contextmanager
def open_server_path(path: ServerPath, roots: Sequence[PurePosixPath]) -> Iterator[Carrier]:
    """A batch into a folder of the server."""
    carrier = ServerPathCarrier(path, roots)
    try:
        yield carrier
    finally:
        carrier.close()
