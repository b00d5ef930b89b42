"""The way to a server: its name is looked up once, the address is checked, and that address is called."""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from services.delivery.domain.failures import ConnectionRefused, HostNotAllowed, TimedOut, UnknownHost

Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]  #: as the system's resolver answers
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  #: IPv4 behind a translator (RFC 6052)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Where delivery may call."""

    denied: Sequence[Network]  #: link-local addresses hold the secrets of cloud machines, to begin with
    connect_timeout: float  #: seconds

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that answers. Raises failures of ours only."""
        addresses = self._addresses(host, port)
        last: OSError | None = None
        for family, address in addresses:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.connect_timeout)
                connection.connect(address)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                connection.close()
                last = error
            else:
                return connection
        if isinstance(last, TimeoutError) or (last is not None and last.errno == errno.ETIMEDOUT):
            raise TimedOut(host, port, "connect") from last
        answer = "" if last is None else last.strerror or type(last).__name__
        raise ConnectionRefused(host, port, answer) from last

    def _addresses(self, host: str, port: int) -> list[tuple[int, Address]]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise UnknownHost(host) from error
        for *_, address in found:
            self._check(host, str(address[0]))
        return [(family, address) for family, _, _, _, address in found]

    def _check(self, host: str, text: str) -> None:
        address = plain(ipaddress.ip_address(text.partition("%")[0]))
        if address.is_unspecified or address.is_multicast or any(address in network for network in self.denied):
            raise HostNotAllowed(host, str(address))


def plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one leads to, where it does: mapped, translated or tunnelled."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
