"""Connects to a destination by its method."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.delivery.application.ports import Carrier
from services.delivery.domain.destinations import Destination, Sandbox, ServerPath, Sftp
from services.delivery.domain.failures import FolderNotAllowed
from services.delivery.gateways.network import Gate
from services.delivery.gateways.server_path import open_server_path
from services.delivery.gateways.sftp import open_sftp
from services.delivery.gateways.ssh import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCarrier:
    """Each method has its gateway."""

    roots: Sequence[PurePosixPath]
    sandbox: PurePosixPath  #: the root of sandboxes; no destination of people may lie in it
    gate: Gate
    patience: Patience

    def __call__(self, destination: Destination) -> AbstractContextManager[Carrier]:
        """A connection for one batch."""
        match destination.method:
            case ServerPath(folder=folder) as path:
                if PurePosixPath(folder).is_relative_to(self.sandbox):  # the administrator's roots may hold it
                    raise FolderNotAllowed(folder)
                return open_server_path(path, self.roots)
            case Sandbox(folder=folder):
                return open_server_path(ServerPath(folder=folder), [self.sandbox])
            case Sftp() as sftp:
                return open_sftp(sftp, self.gate, self.patience)
