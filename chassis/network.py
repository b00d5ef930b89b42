"""The way to a host that people named: looked up once, its addresses checked, and one of those addresses called."""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]  #: as the system's resolver answers
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Host = ipaddress.IPv4Address | ipaddress.IPv6Address
#: IPv6 whose last four bytes are the IPv4 address it leads to: behind a translator (RFC 6052, RFC 8215, RFC 7915), or
#: written so in old days (RFC 4291 2.5.5.1).
TRANSLATED = tuple(
    ipaddress.IPv6Network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")
)
ISATAP = (0x00005EFE, 0x02005EFE)  #: what precedes the IPv4 address in an IPv6 one (RFC 5214)
SILENT_ADDRESSES = 3  #: of a name, that are waited for; a name may have hundreds
#: Link-local addresses, and those elsewhere at which clouds keep the secrets of their machines: Alibaba, Azure, Oracle;
#: in IPv6 AWS, Google, Oracle, Scaleway.
DENIED = (
    "169.254.0.0/16 fe80::/10 100.100.100.200/32 168.63.129.16/32 192.0.0.192/32 "
    "fd00:ec2::254/128 fd20:ce::254/128 fd00:c1::a9fe:a9fe/128 fd00:42::42/128"
)


class NotCalled(Exception):
    """No connection was made. Says why, for whoever named the host."""


class HostUnknown(NotCalled):
    """No address belongs to the name."""

    def __init__(self, host: str) -> None:
        super().__init__(f"no address was found for {host}")


class AddressDenied(NotCalled):
    """The name leads to an address that must not be called."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is {address}, which must not be called")
        self.address = address


class PortDenied(NotCalled):
    """The port must not be called."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is at a port that must not be called")


class ConnectTimedOut(NotCalled):
    """No address answered in time."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} did not answer in time")


class ConnectRefused(NotCalled):
    """Nobody listens there, or the network says no."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} refused the connection: {answer}")
        self.answer = answer


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGate:
    """Which addresses may be called."""

    denied: Sequence[Network]  #: never
    allowed: Sequence[Network] = ()  #: only these, where any are given; `denied` holds within them too
    ports: Sequence[range] = ()  #: only these, where any are given
    connect_timeout: float  #: seconds

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that answers. Raises NotCalled only.

        A name with an address that must not be called is refused whole: it would depend on chance else.
        """
        if self.ports and not any(port in ports for ports in self.ports):
            raise PortDenied(host, port)
        last: OSError | None = None
        end = monotonic() + SILENT_ADDRESSES * self.connect_timeout
        for family, address in self._addresses(host, port):
            if last is not None and monotonic() >= end:
                break
            try:
                return self._call(family, address)
            except OSError as error:
                last = error
        if isinstance(last, TimeoutError) or (last is not None and last.errno == errno.ETIMEDOUT):
            raise ConnectTimedOut(host, port) from last
        raise ConnectRefused(host, port, "" if last is None else last.strerror or type(last).__name__) from last

    def _call(self, family: int, address: Address) -> socket.socket:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.connect_timeout)
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connection.close()
            raise
        return connection

    def permits(self, address: Host) -> bool:
        """Whether an address may be called, by whatever it leads to."""
        for form in (address, *leads_to(address)):
            if form.is_unspecified or form.is_multicast or any(form in network for network in self.denied):
                return False
        return not self.allowed or any(called_at(address) in network for network in self.allowed)

    def _addresses(self, host: str, port: int) -> list[tuple[int, Address]]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise HostUnknown(host) from error
        for *_, sockaddr in found:
            address = ipaddress.ip_address(str(sockaddr[0]).partition("%")[0])
            if not self.permits(address):
                raise AddressDenied(host, str(plain(address)))
        return [(family, sockaddr) for family, _, _, _, sockaddr in found]


def plain(address: Host) -> Host:
    """The IPv4 address that an IPv6 one leads to, where it does: mapped, translated or tunnelled."""
    return next(iter(leads_to(address)), address)


def called_at(address: Host) -> Host:
    """The address that is surely called. What a tunnel may end at is not: who owns an IPv6 network writes it freely."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    translated = address.ipv4_mapped is not None or any(address in network for network in TRANSLATED)
    return plain(address) if translated else address


def leads_to(address: Host) -> Sequence[ipaddress.IPv4Address]:
    """The IPv4 addresses that stand in an IPv6 one, and at one of which it may end."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_unspecified or address.is_loopback:
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in TRANSLATED) or (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        found.append(last)
    return [each for each in found if each is not None]


def parse_networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.0/8 fe80::/10` as networks, separated by blanks. Raises ValueError naming the one that is none."""
    return tuple(ipaddress.ip_network(network) for network in text.split())


def parse_ports(text: str) -> tuple[range, ...]:
    """`21 22 50000-51000` as ranges, separated by blanks. Raises ValueError naming what is none."""
    found = []
    for part in text.split():
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
            raise ValueError(f"{part!r} is no port such as 22, and no range such as 50000-51000")
        if not 1 <= int(first) <= int(last) <= 65535:
            raise ValueError(f"{part!r} does not lie in order between 1 and 65535")
        found.append(range(int(first), int(last) + 1))
    return tuple(found)
