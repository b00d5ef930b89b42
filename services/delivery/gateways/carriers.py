"""Connects to a destination by its method: to write, to post, to fetch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.delivery.application.far_ends import Carrier, Post, Source
from services.delivery.domain.destinations import Destination, Email, Ftp, Imap, Sandbox, ServerPath, Sftp, Unread
from services.delivery.domain.failures import FolderNotAllowed, StoredByNewerRelease
from services.delivery.gateways.bandwidth import IN_A_MESSAGE, throttled, throttled_post, throttled_source
from services.delivery.gateways.ftp.carrier import open_ftp
from services.delivery.gateways.ftp.source import open_ftp_source
from services.delivery.gateways.imap.post import open_imap
from services.delivery.gateways.imap.source import open_imap_source
from services.delivery.gateways.mail import OpenMail
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.path.carrier import open_server_path
from services.delivery.gateways.path.source import open_path_source
from services.delivery.gateways.sftp.carrier import open_sftp
from services.delivery.gateways.sftp.source import open_sftp_source


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCarrier:
    """Each kind of folder has its gateway."""

    roots: Sequence[PurePosixPath]
    sandbox: PurePosixPath  #: the root of sandboxes; no destination of people may lie in it
    gate: Gate
    patience: Patience

    def __call__(self, destination: Destination) -> AbstractContextManager[Carrier]:
        """A connection for one batch, no faster than the destination allows."""
        return throttled(self._open(destination), destination.transfer.bandwidth_limit)

    def _open(self, destination: Destination) -> AbstractContextManager[Carrier]:
        match destination.method:
            case ServerPath() as path:
                self._refuse_sandbox(path)
                return open_server_path(path, self.roots)
            case Sandbox(folder=folder):
                return open_server_path(ServerPath(folder=folder), [self.sandbox])
            case Sftp() as sftp:
                return open_sftp(sftp, self.gate, self.patience)
            case Ftp() as ftp:
                return open_ftp(ftp, self.gate, self.patience)
            case Imap() | Email():
                raise TypeError("an IMAP account or an address is no folder; see OpenPost")
            case Unread():
                raise StoredByNewerRelease(destination.name)

    def _refuse_sandbox(self, path: ServerPath) -> None:
        if PurePosixPath(path.folder).is_relative_to(self.sandbox):  # the administrator's roots may hold it
            raise FolderNotAllowed(path.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPost:
    """What holds messages. No bandwidth is kept to towards mail, which has the message whole."""

    mail: OpenMail
    gate: Gate
    patience: Patience

    def __call__(self, destination: Destination) -> AbstractContextManager[Post]:
        """A connection for one batch."""
        match destination.method:
            case Imap() as imap:
                limit = destination.transfer.bandwidth_limit
                return throttled_post(open_imap(imap, self.gate, self.patience), limit)
            case Email() as email:
                return self.mail(email)
            case _:
                raise TypeError("a folder holds files, no messages; see OpenCarrier")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSource:
    """What files are fetched from."""

    roots: Sequence[PurePosixPath]
    sandbox: PurePosixPath  #: the root of sandboxes
    gate: Gate
    patience: Patience

    def __call__(self, destination: Destination) -> AbstractContextManager[Source]:
        """A connection for one fetch, no faster than the destination allows."""
        limit = destination.transfer.bandwidth_limit
        if isinstance(destination.method, Imap):
            limit = int(limit / IN_A_MESSAGE)
        return throttled_source(self._open(destination), limit)

    def _open(self, destination: Destination) -> AbstractContextManager[Source]:
        match destination.method:
            case ServerPath() as path:
                return open_path_source(path, self.roots)
            case Sandbox(folder=folder):
                return open_path_source(ServerPath(folder=folder), [self.sandbox])
            case Sftp() as sftp:
                return open_sftp_source(sftp, self.gate, self.patience)
            case Ftp() as ftp:
                return open_ftp_source(ftp, self.gate, self.patience)
            case Imap() as imap:
                return open_imap_source(imap, self.gate, self.patience)
            case Email():
                raise TypeError("nothing is fetched from an address")
            case Unread():
                raise StoredByNewerRelease(destination.name)
