"""FTP and FTPS servers: one control connection carries a batch, and nothing counts before the server has said so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import Ftp
from services.delivery.domain.failures import (
    CannotRename,
    CarryFailed,
    ConnectionLost,
    FileFailed,
    FolderMissing,
    NoPermission,
    TimedOut,
)
from services.delivery.domain.file_failures import AlreadyThere, NotVerified, RefusedByServer, TemporaryMissing
from services.delivery.gateways.ftp.answers import DENIED, FULL, MISSING, TAKEN, Answer, FtpRefusal
from services.delivery.gateways.ftp.client import FtpClient
from services.delivery.gateways.ftp.data import DataConnection, transfer
from services.delivery.gateways.ftp.folder import NOT_TOLD, FtpFolder
from services.delivery.gateways.network import Gate, Patience

log = structlog.get_logger(__name__)

#: FTP acknowledges nothing before the end. What lies further back than this has left the buffers of both machines;
#: a relay may hold more, so what is resumed is measured first.
UNDER_WAY = 32 << 20
MOST_HASHED = 256 << 20  #: bytes; a slow server hashes a longer file for longer than an answer may take
SHA256 = re.compile(r"\b[0-9a-fA-F]{64}\b")


class FtpCarrier:
    """One folder of one server."""

    def __init__(self, folder: FtpFolder) -> None:
        self._folder = folder
        client = folder.client()
        measures = client.has("SIZE") or client.has("MLST")
        self.resumes = measures and client.has("REST STREAM")

    def prepare(self, *, make: bool) -> bool:
        """Goes to the folder, made part by part where it is missing."""
        return self._folder.enter(make=make)

    def check(self, *, make: bool) -> None:
        """Looks whether the folder is one; a missing one is fine where it may be made."""
        ftp = self._folder.ftp
        try:
            self._folder.entered()
        except FolderMissing as missing:
            if not make:
                raise
            answer = self._folder.client().ask("SIZE", ftp.folder)
            if answer.code == 213:
                raise FolderMissing(self._folder.path, "it is a file") from missing

    def remove(self, names: Sequence[str]) -> None:
        """Deletes files. Servers say 550 to what is missing and to what may not be deleted: then they are asked."""
        for name in names:
            answer = self._folder.entered().ask("DELE", name)
            if answer.good or answer.says(MISSING) or self._folder.size(name) is None:
                continue
            if answer.code == 550:
                raise NoPermission(self._folder.named(name), answer.text)
            raise self._folder.failure(name, answer)

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        """Writes files, one after the other."""
        return [self._written(upload) for upload in uploads]

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """The lengths of those that are there."""
        found = ((name, self._folder.size(name)) for name in names)
        return {name: size for name, size in found if size is not None}

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        """Gives files their names, one after the other."""
        return [self._renamed(name, target, replace=replace) for name, target in pairs]

    def _written(self, upload: Upload) -> Arrived | FileFailed:
        try:
            self._write(upload)
            return self._arrived(upload)
        except FileFailed as failure:
            return failure

    def _write(self, upload: Upload) -> None:
        client = self._folder.entered()
        opened = False  #: so far what bears the name is not ours, unless we resume it
        try:
            if upload.start:
                self._must_hold(upload)
            with self._folder.errors(upload.name), transfer(client, "STOR", upload.name, start=upload.start) as data:
                opened = True
                self._send(data, upload)
        except (ConnectionLost, TimedOut):
            self._tell_written(client, upload)
            raise
        except BaseException as error:
            if upload.start or (opened and not _not_taken(error)):
                self._take_away(upload.name)
            raise

    def _send(self, data: DataConnection, upload: Upload) -> None:
        told = sent = upload.start
        for chunk in upload.chunks:
            data.send(chunk)
            sent += len(chunk)
            if sent - UNDER_WAY > told:
                told = sent - UNDER_WAY
                upload.written(told)

    def _must_hold(self, upload: Upload) -> None:
        """What is resumed must be there. A shorter file is given up: the next try begins at its beginning."""
        size = self._folder.size(upload.name)
        if size is None or size < upload.start:
            raise NotVerified(upload.name, upload.start, max(size or 0, 0))

    def _tell_written(self, client: FtpClient, upload: Upload) -> None:
        """Where only the data connection broke, the server can still say how much it has."""
        if not client.alive or not self.resumes:
            return
        try:
            size = self._folder.size(upload.name)
        except CarryFailed as failure:
            log.info("how much has arrived is not known", file=upload.name, reason=failure.reason)
            return
        if size is not None and upload.start < size <= upload.size_bytes:
            upload.written(size)

    def _take_away(self, name: str) -> None:
        """Frees the room of a file that failed. Where that fails too, the next try removes it, by its name."""
        try:
            self.remove([name])
        except CarryFailed as failure:
            log.warning("a file stays at the far end until the next try", file=name, reason=failure.reason)

    def _arrived(self, upload: Upload) -> Arrived:
        size = self._folder.size(upload.name)
        told = None if size in {None, NOT_TOLD} else size
        return Arrived(size_bytes=told, sha256=self._sha256(upload) if told == upload.size_bytes else None)

    def _sha256(self, upload: Upload) -> str | None:
        """What the server calculates over the file, where it knows how."""
        client = self._folder.client()
        if upload.size_bytes > MOST_HASHED:
            return None
        if client.has("XSHA256"):
            answer = client.ask("XSHA256", upload.name)
        elif any(line.startswith("HASH ") and "SHA-256" in line for line in client.features):
            client.ask("OPTS", "HASH SHA-256")
            answer = client.ask("HASH", upload.name)
            if "SHA-256" not in answer.text.upper():
                return None
        else:
            return None
        found = SHA256.findall(" ".join(answer.lines).replace(upload.name, "")) if answer.good else []
        return found[0].lower() if len(found) == 1 else None

    def _renamed(self, name: str, target: str, *, replace: bool) -> FileFailed | None:
        try:
            self._see(name)
            if not replace:
                if self._folder.bears(target):
                    return AlreadyThere(target)
                self._see(name)
            answer = self._folder.client().ask("RNTO", target)
            if answer.good:
                return None
            return self._overwrite(name, target, answer, replace=replace)
        except FileFailed as failure:
            return failure

    def _see(self, name: str) -> None:
        """RNFR: from here on the temporary is known to be there."""
        answer = self._folder.entered().ask("RNFR", name)
        if answer.code // 100 == 3:
            return
        path = self._folder.named(name)
        if answer.unknown or (answer.says(DENIED) and not answer.says(MISSING)):
            raise CannotRename(path, answer.text)
        if answer.code in {450, 550, 553}:
            if self._folder.size(name) is None:
                raise TemporaryMissing(name)
            raise RefusedByServer(path, answer.text)  # it is there, and busy; it has never been renamed
        raise self._folder.failure(name, answer)

    def _overwrite(self, name: str, target: str, refused: Answer, *, replace: bool) -> FileFailed | None:
        """After a refused RNTO: many servers refuse to overwrite. The temporary has been seen, so the target may go."""
        path = self._folder.named(target)
        if refused.unknown:
            raise CannotRename(path, refused.text)
        if refused.says(FULL):
            raise self._folder.failure(target, refused)
        if (refused.says(DENIED) and not refused.says(TAKEN)) or self._folder.size(target) is None:
            return RefusedByServer(path, refused.text)  # the folder has just taken the file: it is about this name
        if not replace:
            return AlreadyThere(target)
        deleted = self._folder.client().ask("DELE", target)
        if not deleted.good:
            return RefusedByServer(path, refused.text)
        self._see(name)
        answer = self._folder.client().ask("RNTO", target)
        return None if answer.good else RefusedByServer(path, answer.text)


def _not_taken(error: BaseException) -> bool:
    """Whether the server has refused the name. Some open the file only after they have asked for its bytes."""
    return isinstance(error.__cause__, FtpRefusal) and error.__cause__.answer.not_taken


@contextmanager
def open_ftp(ftp: Ftp, gate: Gate, patience: Patience) -> Iterator[Carrier]:
    """A batch to an FTP server. Raises failures of ours only."""
    folder = FtpFolder(ftp, lambda: FtpClient(ftp, gate, patience))
    try:
        yield FtpCarrier(folder)
    finally:
        folder.end()
