"""Packets leave together, in their order, and nobody waits for one that is held."""

import socket
import threading
from collections.abc import Iterator

import pytest

from services.delivery.gateways.sftp import transport
from services.delivery.gateways.sftp.transport import GatheringPacketizer


@pytest.fixture
def ends() -> Iterator[tuple[GatheringPacketizer, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield GatheringPacketizer(ours), theirs


def came(theirs: socket.socket) -> bytes:
    """What has arrived until now."""
    try:
        return theirs.recv(100)
    except BlockingIOError:
        return b""


def test_packets_wait_for_each_other_and_leave_at_the_end(ends: tuple[GatheringPacketizer, socket.socket]) -> None:
    packets, theirs = ends
    with packets.together():
        packets.write_all(b"one")
        packets.write_all(b"two")
        assert came(theirs) == b""
    assert came(theirs) == b"onetwo"
    packets.write_all(b"three")
    assert came(theirs) == b"three"


def test_enough_packets_leave_at_once(
    ends: tuple[GatheringPacketizer, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "GATHERED", 6)
    packets, theirs = ends
    with packets.together():
        packets.write_all(b"one")
        assert came(theirs) == b""
        packets.write_all(b"two")
        assert came(theirs) == b"onetwo"


def test_whoever_waits_for_the_server_has_them_sent_before(ends: tuple[GatheringPacketizer, socket.socket]) -> None:
    packets, theirs = ends
    with packets.together():
        packets.write_all(b"one")
        packets.flush()
        assert came(theirs) == b"one"


def test_another_thread_s_packet_waits_for_nothing_and_overtakes_none(
    ends: tuple[GatheringPacketizer, socket.socket],
) -> None:
    packets, theirs = ends
    with packets.together():
        packets.write_all(b"one")
        other = threading.Thread(target=packets.write_all, args=[b"two"])
        other.start()
        other.join()
        assert came(theirs) == b"onetwo"
