"""Servers that tell the hash of what arrived."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import asyncssh
import pytest
from asyncssh import sftp as asyncssh_sftp
from asyncssh.packet import SSHPacket, String

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import FileFailed
from tests.delivery.far_end import FarEnd
from tests.delivery.gateways.sftp.sending import WHOLE, carrier_of, send, upload


@dataclass
class Told:
    """A hash, as the draft has it sent."""

    algorithm: str
    digest: bytes

    def encode(self, version: int) -> bytes:
        return String("check-file") + String(self.algorithm) + self.digest


@dataclass
class Asked:
    """What the server was asked for."""

    forms: list[str]


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Asked]:
    """Has the servers of this test tell hashes, asked for in one form; what they tell is written there."""

    def offered(form: str, algorithms: str, told: str = "sha256") -> Asked:
        asked = Asked([])
        handlers = asyncssh_sftp.SFTPServerHandler
        by_name = form.endswith("name")

        async def hashed(handler: asyncssh_sftp.SFTPServerHandler, packet: SSHPacket) -> Told:
            subject = packet.get_string()
            algorithm = packet.get_string().decode()
            asked.forms.append(algorithm)
            if by_name:
                opened = handler._server.open(subject, asyncssh.FXF_READ, asyncssh.SFTPAttrs())
            else:
                opened = handler._file_handles[subject]
            content = handler._server.read(opened, 0, 1 << 30)
            assert isinstance(content, bytes)
            if by_name:
                handler._server.close(opened)
            return Told(told, hashlib.new(told, content).digest())

        monkeypatch.setitem(handlers._packet_handlers, form.encode(), hashed)
        monkeypatch.setitem(handlers._return_types, form.encode(), 201)
        named = (b"check-file", algorithms.encode())
        monkeypatch.setattr(handlers, "_extensions", [*handlers._extensions, named])
        return asked

    return offered


@pytest.mark.parametrize("form", ["check-file-name", "check-file-handle", "check-file"])
def test_a_server_that_hashes_is_asked_what_arrived(
    far_end: FarEnd, offer: Callable[[str, str], Asked], form: str
) -> None:
    asked = offer(form, "md5,sha1,sha256")
    contents = {"a": b"", "b": b"x", "c": WHOLE}
    with carrier_of(far_end) as carrier:
        outcomes = carrier.write([upload(name, content) for name, content in contents.items()])
    assert outcomes == [
        Arrived(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest()) for content in contents.values()
    ]
    assert asked.forms == ["sha256"] * 3


def test_a_server_that_changes_what_it_stores_is_found_out(far_end: FarEnd, offer: Callable[[str, str], Asked]) -> None:
    offer("check-file-name", "")

    def spoil(request: str, name: str) -> None:
        if request == "close":
            (far_end.root / name).write_bytes(b"y")

    far_end.behaviour.meets = spoil
    outcome = send(far_end, "a", b"x")
    assert not isinstance(outcome, FileFailed)
    assert outcome.size_bytes == 1
    assert outcome.sha256 == hashlib.sha256(b"y").hexdigest()


def test_a_server_without_sha256_is_not_asked(far_end: FarEnd, offer: Callable[[str, str], Asked]) -> None:
    asked = offer("check-file", "md5,sha1")
    assert send(far_end, "a", WHOLE) == Arrived(size_bytes=len(WHOLE))
    assert asked.forms == []


def test_a_server_that_answers_with_another_hash_or_not_at_all_is_not_believed(
    far_end: FarEnd, offer: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    offer("check-file-name", "", told="sha1")
    assert send(far_end, "a", b"x") == Arrived(size_bytes=1)
    monkeypatch.delitem(asyncssh_sftp.SFTPServerHandler._packet_handlers, b"check-file-name")
    assert send(far_end, "a", b"x") == Arrived(size_bytes=1)
