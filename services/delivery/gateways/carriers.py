"""Connects to a destination by its method."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.delivery.application.ports import Carrier
from services.delivery.domain.destinations import Destination, ServerPath, Sftp
from services.delivery.gateways.network import Gate
from services.delivery.gateways.server_path import open_server_path
from services.delivery.gateways.sftp import open_sftp
from services.delivery.gateways.ssh import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCarrier:
    """Each method has its gateway."""

    roots: Sequence[PurePosixPath]
    gate: Gate
    patience: Patience

    def __call__(self, destination: Destination) -> AbstractContextManager[Carrier]:
        """A connection for one batch."""
        match destination.method:
            case ServerPath() as path:
                return open_server_path(path, self.roots)
            case Sftp() as sftp:
                return open_sftp(sftp, self.gate, self.patience)
