"""SFTP servers: one session carries a batch, and every answer is looked at."""

import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import paramiko
import structlog
from paramiko.sftp import SFTP_PERMISSION_DENIED

from services.delivery.application.ports import Carrier, TemporaryMissing
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    FolderMissing,
    NotAnSftpServer,
    RefusedByServer,
    TimedOut,
)
from services.delivery.gateways.network import Gate
from services.delivery.gateways.sftp_answers import failure_of_answer
from services.delivery.gateways.sftp_client import (
    POSIX_RENAME,
    CheckedSftpClient,
    NoSuchFile,
    ServerStatus,
    open_session,
)
from services.delivery.gateways.ssh import Patience, connect, phase, words_of

log = structlog.get_logger(__name__)


class SftpCarrier:
    """One session with one server."""

    def __init__(self, sftp: Sftp, session: CheckedSftpClient) -> None:
        self._sftp = sftp
        self._session = session

    def prepare(self) -> bool:
        """Makes the folder, part by part, where it is missing."""
        folder = self._sftp.folder.rstrip("/")
        if not folder or self._is_folder(folder):
            return False
        made = "/" if folder.startswith("/") else ""
        for part in folder.strip("/").split("/"):
            made = posixpath.join(made, part)
            if not self._is_folder(made):
                with self._errors(made, missing=lambda answer: FolderMissing(folder, answer)):
                    self._make(made)
        return True

    def check(self) -> None:
        """Looks whether the folder is one; a missing one will be made."""
        self._is_folder(self._sftp.folder.rstrip("/") or ".")

    def remove(self, name: str) -> None:
        """Deletes a file; missing is fine."""
        with self._errors(name):
            try:
                self._session.remove(self._path(name))
            except NoSuchFile:
                return

    def write(self, name: str, chunks: Iterable[bytes], size: int) -> int:
        """Writes a file, every answer checked. One that could not be written is taken away."""
        try:
            with self._errors(name, missing=lambda answer: FolderMissing(self._sftp.folder, answer)):
                return self._session.write_file(self._path(name), chunks)
        except CarryFailed as failure:
            self._take_away(name, failure)
            raise

    def rename(self, name: str, target: str) -> None:
        """Renames over what bears the name, in one step where the server can.

        Where it cannot, the target is removed first, but only once the temporary has been seen: a repeat after a lost
        answer must never remove what it has delivered.
        """
        source, destination = self._path(name), self._path(target)
        with self._errors(target):
            try:
                if POSIX_RENAME in self._session.extensions:
                    self._session.posix_rename(source, destination)
                    return
                self._rename_in_steps(source, destination)
            except NoSuchFile as error:
                raise TemporaryMissing(name) from error
            except ServerStatus as error:
                if error.code == SFTP_PERMISSION_DENIED:  # the folder has just taken the file: it is about this name
                    raise RefusedByServer(destination, error.answer) from error
                raise

    def size(self, name: str) -> int | None:
        """How long a file is; None where there is none."""
        with self._errors(name):
            try:
                found = self._session.stat(self._path(name))
            except NoSuchFile:
                return None
        if found.st_mode is not None and stat.S_ISDIR(found.st_mode):
            return -1
        return found.st_size

    def _rename_in_steps(self, source: str, destination: str) -> None:
        try:
            self._session.rename(source, destination)
        except NoSuchFile:
            raise
        except ServerStatus:
            self._session.stat(source)  # raises NoSuchFile where it has been renamed before
            self._session.remove(destination)
            self._session.rename(source, destination)

    def _make(self, folder: str) -> None:
        try:
            self._session.mkdir(folder)
        except ServerStatus:
            if not self._is_folder(folder):  # somebody else may have made it meanwhile
                raise

    def _is_folder(self, path: str) -> bool:
        with self._errors(path):
            try:
                mode = self._session.stat(path).st_mode
            except NoSuchFile:
                return False
        if mode is not None and not stat.S_ISDIR(mode):
            raise FolderMissing(path, "it is a file")
        return True

    def _take_away(self, name: str, failure: CarryFailed) -> None:
        """Frees the room of a file that failed. Where that fails too, the next try removes it, by its name."""
        if isinstance(failure, TimedOut | ConnectionLost):
            return
        try:
            self.remove(name)
        except CarryFailed as again:
            log.warning("a temporary file stays at the far end until the next try", file=name, reason=again.reason)

    def _path(self, name: str) -> str:
        return posixpath.join(self._sftp.folder, name)

    @contextmanager
    def _errors(self, name: str, *, missing: Callable[[str], CarryFailed] | None = None) -> Iterator[None]:
        """Turns what the session raises into failures of ours."""
        try:
            yield
        except ServerStatus as error:
            if isinstance(error, NoSuchFile) and missing is not None:
                raise missing(error.answer) from error
            raise failure_of_answer(self._path(name), error) from error
        except TimeoutError as error:
            raise TimedOut(self._sftp.host, self._sftp.port, "answer") from error
        except paramiko.SFTPError as error:
            raise NotAnSftpServer(self._sftp.host, self._sftp.port, words_of(error)) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise ConnectionLost(self._sftp.host, self._sftp.port, words_of(error)) from error


@contextmanager
def open_sftp(sftp: Sftp, gate: Gate, patience: Patience) -> Iterator[Carrier]:
    """A batch to an SFTP server. Raises failures of ours only."""
    transport = connect(sftp, gate, patience)
    try:
        with phase(sftp, "session"):
            session = open_session(transport, patience.answer)
        yield SftpCarrier(sftp, session)
    finally:
        transport.close()
