"""Which addresses are called, and how the rest is refused."""

import ipaddress
import socket
import time
from collections.abc import Callable, Sequence

import pytest

from chassis.network import (
    DENIED,
    AddressDenied,
    ConnectRefused,
    ConnectTimedOut,
    HostUnknown,
    NetworkGate,
    PortDenied,
    leads_to,
    parse_networks,
    parse_ports,
    plain,
)

GATE = NetworkGate(denied=parse_networks(DENIED), connect_timeout=5)
Found = list[tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]]


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Has every name lead to these addresses."""

    def getaddrinfo(host: str, port: int, type: int) -> Found:
        return [
            (socket.AF_INET6, type, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, type, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


#: Where clouds keep the secrets of their machines: most of them, Azure, Oracle, Alibaba; then AWS, Google, Oracle,
#: Scaleway.
SECRETS = ["169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200"]
SECRETS_6 = ["fd00:ec2::254", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"]


@pytest.mark.parametrize("address", [*SECRETS_6, "0.0.0.0", "224.0.0.1", "fe80::1", "::", "ff02::1"])
def test_addresses_that_nobody_serves_files_at_are_denied(address: str) -> None:
    assert not GATE.permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", SECRETS)
def test_an_address_is_denied_in_whatever_it_is_wrapped(address: str) -> None:
    number = int(ipaddress.IPv4Address(address))
    high, low, inverted = number >> 16, number & 0xFFFF, number ^ 0xFFFFFFFF
    wrapped = [
        address,
        f"::ffff:{address}",
        f"::ffff:0:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        f"64:ff9b:1::{address}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:db8::200:5efe:{address}",
        f"fd00::5efe:{high:x}:{low:x}",
        f"2001:0:{high:x}:{low:x}::1",
        f"2001:0:4136:e378:8000:63bf:{inverted >> 16:x}:{inverted & 0xFFFF:x}",
    ]
    assert [each for each in wrapped if GATE.permits(ipaddress.ip_address(each))] == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "64:ff9b::192.0.2.1"]
)
def test_others_are_called(address: str) -> None:
    assert GATE.permits(ipaddress.ip_address(address))


def test_only_what_is_allowed_is_called_and_what_is_denied_stays_so() -> None:
    gate = NetworkGate(
        denied=parse_networks("10.0.0.5/32"), allowed=parse_networks("10.0.0.0/24 fd00::/8"), connect_timeout=5
    )
    calls = {
        "10.0.0.4": True,
        "::ffff:10.0.0.4": True,
        "10.0.0.5": False,
        "::ffff:10.0.0.5": False,
        "10.0.1.1": False,
        "fd00::1": True,
        "2001:db8::1": False,
        "64:ff9b::10.0.0.4": True,
        "64:ff9b::10.0.1.1": False,
        "2001:db8::200:5efe:10.0.0.4": False,  # anybody may give such an address to a machine of theirs
        "2002:a00:4::1": False,
        "2001:0:a00:4::1": False,
    }
    assert {address: gate.permits(ipaddress.ip_address(address)) for address in calls} == calls


def test_only_ports_that_are_allowed_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was looked up"))
    gate = NetworkGate(denied=(), ports=parse_ports("25 465-587"), connect_timeout=5)
    for port in (22, 26, 588):
        with pytest.raises(PortDenied):
            gate.connect("host.example", port)


def test_a_name_with_one_denied_address_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    for addresses in (("127.0.0.1", "169.254.169.254"), ("::ffff:169.254.169.254", "127.0.0.1")):
        resolving(monkeypatch, *addresses)
        with pytest.raises(AddressDenied) as caught:
            GATE.connect("rebinding.example", 22)
        assert caught.value.address == "169.254.169.254"


def test_a_name_without_an_address_is_unknown() -> None:
    for host in ("host.invalid", "a" * 300, "..", ""):
        with pytest.raises(HostUnknown if host else (HostUnknown, ConnectRefused)):
            GATE.connect(host, 1)


def test_the_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0)) as listener:
        resolving(monkeypatch, "127.0.0.3", "127.0.0.2")
        with GATE.connect("two.example", listener.getsockname()[1]) as connection:
            assert connection.getpeername() == listener.getsockname()


def test_a_name_with_many_addresses_that_are_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.2", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        full = [socket.socket() for _ in range(3)]
        for each in full:  # nobody accepts: further ones are not answered
            each.setblocking(False)
            each.connect_ex(("127.0.0.2", port))
        resolving(monkeypatch, *["127.0.0.2"] * 50)
        began = time.monotonic()
        gate = NetworkGate(denied=(), connect_timeout=0.2)
        with pytest.raises(ConnectTimedOut):
            gate.connect("many.example", port)
        assert time.monotonic() - began < 2
        for each in full:
            each.close()


def test_what_leads_nowhere_else_is_plain_already() -> None:
    for address in ("192.0.2.1", "::1", "::", "2001:db8::1"):
        assert plain(ipaddress.ip_address(address)) == ipaddress.ip_address(address)
        assert not leads_to(ipaddress.ip_address(address))


def test_ports_are_read_as_numbers_and_ranges() -> None:
    assert parse_ports("") == ()
    assert parse_ports("22 50000-50001") == (range(22, 23), range(50000, 50002))


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_ports, "0"),
        (parse_ports, "65536"),
        (parse_ports, "9-1"),
        (parse_ports, "ssh"),
        (parse_ports, "1-"),
        (parse_ports, "-1"),
        (parse_networks, "10.0.0.1/8"),
        (parse_networks, "metadata"),
    ],
)
def test_what_is_none_is_refused_by_its_name(read: Callable[[str], Sequence[object]], text: str) -> None:
    with pytest.raises(ValueError, match=text.split("/")[0]):
        read(f"{text}")
