"""Network addresses as people write them, `host:port`, and the two ways in which one can be refused."""

import ipaddress
from dataclasses import dataclass

from chassis.errors import BackroomError


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens or is reached."""

    host: str  #: name, IPv4 or IPv6 without brackets
    port: int  #: 0 lets the system choose when listening

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads `host:port`, with `[…]` around an IPv6 host. ValueError says what is wrong."""
        host, colon, port = text.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not colon or not bare or (":" in bare and host == bare):
            raise ValueError(f"{text!r} is not an address; write host:port, e.g. 127.0.0.1:50051 or [::1]:50051")
        if not (port.isascii() and port.isdigit() and int(port) <= 65535):
            raise ValueError(f"{text!r} has no port between 0 and 65535")
        return cls(bare, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True where nobody outside this machine can listen in."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name: it may resolve to anything
            return False

    @property
    def is_name(self) -> bool:
        """True for a name that has to be resolved, and may stand for several machines."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return True
        return False


class PortTaken(BackroomError):
    """Somebody else listens there."""

    def __init__(self, address: Address, variable: str) -> None:
        super().__init__(f"{address} is taken or cannot be listened on; end what listens there or change {variable}")
        self.address = address


class PlaintextRefused(BackroomError):
    """Tokens would cross a network unencrypted."""

    def __init__(self, address: Address, variables: str) -> None:
        super().__init__(f"{address} is not on loopback and there is no TLS; set {variables}")
        self.address = address
