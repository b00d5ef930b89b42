"""The way to a server: its name is looked up once, the address is checked, and that address is called."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.network import (
    AddressDenied,
    ConnectRefused,
    ConnectTimedOut,
    HostUnknown,
    Network,
    NetworkGate,
    PortDenied,
)
from services.delivery.domain.failures import ConnectionRefused, HostNotAllowed, PortNotAllowed, TimedOut, UnknownHost

LONGEST_LISTING = 600.0  #: seconds, however steadily a server goes on telling of files


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each phase may take, in seconds."""

    greeting: float  #: a server's first words, and its keys or certificate
    login: float
    answer: float  #: each answer of an open session


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where delivery may call."""

    denied: Sequence[Network]  #: never; link-local addresses hold the secrets of cloud machines, to begin with
    allowed: Sequence[Network] = ()  #: only these, where any are given
    ports: Sequence[range] = ()  #: only these, where any are given
    connect_timeout: float  #: seconds

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that answers. Raises failures of ours only."""
        return self._connect(host, port, self.ports)

    def connect_further(self, host: str, port: int) -> socket.socket:
        """A further connection to a server that was let in, at the port that it names for its data. Raises the same."""
        return self._connect(host, port, ())

    def _connect(self, host: str, port: int, ports: Sequence[range]) -> socket.socket:
        gate = NetworkGate(denied=self.denied, allowed=self.allowed, ports=ports, connect_timeout=self.connect_timeout)
        try:
            return gate.connect(host, port)
        except PortDenied as error:
            raise PortNotAllowed(host, port) from error
        except HostUnknown as error:
            raise UnknownHost(host) from error
        except AddressDenied as error:
            raise HostNotAllowed(host, error.address) from error
        except ConnectTimedOut as error:
            raise TimedOut(host, port, "connect") from error
        except ConnectRefused as error:
            raise ConnectionRefused(host, port, error.answer) from error
