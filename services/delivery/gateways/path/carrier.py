"""Folders of the server, below the allowed roots. Every step is taken from an open folder, and no link is followed."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.drafts import root_of
from services.delivery.domain.failures import (
    DiskFull,
    FarEndFailed,
    FileFailed,
    FolderMissing,
    FolderNotAllowed,
    NoPermission,
)
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, TemporaryMissing
from services.delivery.gateways.path.exclusive_rename import rename_exclusively
from services.delivery.gateways.path.stepping import FOLDER, step
from services.delivery.gateways.path.syncing import sync_folder

# Should a pipe or a device bear the file's name, opening it neither waits nor does anything to it.
OLD_FILE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
NEW_FILE = OLD_FILE | os.O_CREAT | os.O_TRUNC
OPEN_AT_ONCE = 32  #: files that are synced together
TELL_EVERY = 16 << 20  #: bytes of a file between two syncs, each of which makes what is there worth going on with


class ServerPathCarrier:
    """One folder of the server."""

    resumes = True

    def __init__(self, path: ServerPath, roots: Sequence[PurePosixPath]) -> None:
        self._path = path
        self._roots = roots
        self._folder: int | None = None

    def prepare(self, *, make: bool) -> bool:
        """Opens the folder, made where it is missing below its root and may be made."""
        descriptor, made = self._walk(make=make, whole=True)
        self._folder = descriptor
        return made

    def check(self, *, make: bool) -> None:
        """Looks as far as the folder exists, where what is missing below it may be made."""
        descriptor, _ = self._walk(make=False, whole=not make)
        try:
            # By the rights that this process acts with; what is asked about is the open folder, not its name.
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=descriptor, effective_ids=True):
                raise NoPermission(self._path.folder, os.strerror(errno.EACCES))
        finally:
            os.close(descriptor)

    def remove(self, names: Sequence[str]) -> None:
        """Deletes files; missing is fine."""
        folder = self._open_folder()
        for name in names:
            with self._errors(name):
                try:
                    os.unlink(name, dir_fd=folder)
                except FileNotFoundError:
                    continue

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        """Writes some files, then syncs each of them: the disk has most of them by then."""
        answers: list[Arrived | FileFailed] = []
        for start in range(0, len(uploads), OPEN_AT_ONCE):
            answers += self._write_some(uploads[start : start + OPEN_AT_ONCE])
        return answers

    def _write_some(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        answers: dict[str, Arrived | FileFailed] = {}
        opened: dict[str, int] = {}
        try:
            with self._errors(self._path.folder), ExitStack() as closing:
                for upload in uploads:
                    try:
                        opened[upload.name] = self._opened(upload, closing)
                        self._write(upload, opened[upload.name])
                    except FileFailed as failure:
                        answers[upload.name] = failure
                for name, descriptor in opened.items():
                    if name not in answers:
                        answers[name] = self._synced(name, descriptor)
        except FarEndFailed:  # no room, most often: all of it is given back
            self.remove(list(opened))
            raise
        self.remove([name for name in opened if isinstance(answers[name], FileFailed)])
        return [answers[upload.name] for upload in uploads]

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """The lengths of files that are there; -1 for what is no file."""
        folder = self._open_folder()
        sizes: dict[str, int] = {}
        for name in names:
            with self._errors(name):
                try:
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                except FileNotFoundError:
                    continue
            sizes[name] = status.st_size if stat.S_ISREG(status.st_mode) else -1
        return sizes

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        """Gives files their names, and syncs the folder."""
        folder = self._open_folder()
        answers = [self._rename(name, target, folder, replace=replace) for name, target in pairs]
        with self._errors(self._path.folder):
            sync_folder(folder)
        return answers

    def _rename(self, name: str, target: str, folder: int, *, replace: bool) -> FileFailed | None:
        try:
            with self._errors(target):
                if replace:
                    os.replace(name, target, src_dir_fd=folder, dst_dir_fd=folder)
                else:
                    rename_exclusively(name, target, folder)
        except FolderMissing as failure:
            if self._is_gone(folder, failure):
                raise  # a folder that is gone itself tells nothing of its files
            return TemporaryMissing(name)
        except NoPermission as failure:  # the folder has just taken the file: it is this name that may not be had
            return RefusedByServer(failure.facts["path"], failure.facts["answer"])
        except FileFailed as failure:
            return failure
        return None

    def _is_gone(self, folder: int, failure: FolderMissing) -> bool:
        if not isinstance(failure.__cause__, FileNotFoundError):
            return True  # another machine has taken it away
        with self._errors(self._path.folder):
            return os.fstat(folder).st_nlink == 0

    def _opened(self, upload: Upload, closing: ExitStack) -> int:
        with self._errors(upload.name):
            flags = OLD_FILE if upload.start else NEW_FILE
            descriptor = os.open(upload.name, flags, 0o666, dir_fd=self._open_folder())
            closing.callback(os.close, descriptor)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
            if upload.start:
                os.ftruncate(descriptor, upload.start)
                os.lseek(descriptor, upload.start, os.SEEK_SET)
            return descriptor

    def _write(self, upload: Upload, descriptor: int) -> None:
        with self._errors(upload.name):
            known = size = upload.start
            for chunk in upload.chunks:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                size += len(chunk)
                if size - known >= TELL_EVERY:
                    os.fdatasync(descriptor)
                    upload.written(size)
                    known = size

    def _synced(self, name: str, descriptor: int) -> Arrived | FileFailed:
        try:
            with self._errors(name):
                os.fsync(descriptor)
                return Arrived(size_bytes=os.fstat(descriptor).st_size)
        except FileFailed as failure:
            return failure

    def close(self) -> None:
        """Lets the folder go."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _open_folder(self) -> int:
        if self._folder is None:
            self.prepare(make=True)
        assert self._folder is not None  # noqa: S101 - prepare has opened it; tells mypy so
        return self._folder

    def _walk(self, *, make: bool, whole: bool) -> tuple[int, bool]:
        """The folder, step by step from its root, and whether some of it was made; unless `whole`, as far as it is."""
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
                        below, fresh = step(current, part, make=make)
                    except FileNotFoundError:
                        if whole:
                            raise
                        return current, made
            except BaseException:
                os.close(current)
                raise
            os.close(current)
            current, made = below, made or fresh
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
                case errno.EEXIST:
                    raise AlreadyThere(name) from error
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


@contextmanager
def open_server_path(path: ServerPath, roots: Sequence[PurePosixPath]) -> Iterator[Carrier]:
    """A batch into a folder of the server."""
    carrier = ServerPathCarrier(path, roots)
    try:
        yield carrier
    finally:
        carrier.close()
