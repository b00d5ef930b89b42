"""Ports where something else listens: it is told in time, and never quoted."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from services.delivery.domain.destinations import Ftp, Security, Trust
from services.delivery.domain.failures import (
    ConnectionLost,
    ConnectionRefused,
    FarEndFailed,
    NotAnFtpServer,
    TimedOut,
    TlsRefused,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.ftp.carrier import open_ftp
from tests.delivery.conftest import GATE, HURRIED

Listen = Callable[..., int]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Something that says its lines, one for each that it is told; then it stays silent, or ends."""
    ends: list[Callable[[], None]] = []

    def start(*lines: bytes, ends_then: bool = False) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # whoever called has heard enough
                for place, line in enumerate(lines):
                    if place:
                        connection.recv(1024)
                    connection.sendall(line)
                while not ends_then and connection.recv(1024):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        ends.append(listener.close)
        ends.append(lambda: thread.join(5))
        return int(listener.getsockname()[1])

    yield start
    for end in ends:
        end()


def failure(port: int, security: Security = Security.NONE) -> FarEndFailed:
    method = Ftp(
        host="127.0.0.1",
        port=port,
        user_name="x",
        security=security,
        trust=Trust(unverified=True),
        active=False,
        folder="",
        login=Login(password="s3cret"),
    )
    with pytest.raises(FarEndFailed) as caught, open_ftp(method, GATE, HURRIED):
        pytest.fail("the session must not open")
    assert "secret" not in str(caught.value)  # what listens there is none of our callers' business
    assert "s3cret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "greeting",
    [b"SSH-2.0-secret\r\n", b"* OK secret IMAP\r\n", b"200 secret NNTP\r\n", b"secret" * 100_000, b"\x00\xff\n"],
)
def test_another_greeting_is_no_ftp_server(listen: Listen, greeting: bytes) -> None:
    assert isinstance(failure(listen(greeting)), NotAnFtpServer)


def test_a_mail_server_greets_alike_and_is_found_out(listen: Listen) -> None:
    assert isinstance(failure(listen(b"220 secret ESMTP\r\n", b"500 secret unrecognized\r\n")), NotAnFtpServer)


def test_a_mail_server_knows_no_auth_tls(listen: Listen) -> None:
    port = listen(b"220 secret ESMTP\r\n", b"504 secret unrecognized\r\n")
    assert isinstance(failure(port, Security.EXPLICIT), TlsRefused)


@pytest.mark.parametrize("greeting", [b"421 secret too many\r\n", b"530 secret\r\n"])
def test_a_greeting_that_refuses_is_a_refused_connection(listen: Listen, greeting: bytes) -> None:
    refused = failure(listen(greeting))
    assert isinstance(refused, ConnectionRefused)
    assert refused.facts["answer"] == f"({greeting[:3].decode()})"


def test_silence_is_waited_for_only_so_long(listen: Listen) -> None:
    assert isinstance(failure(listen()), TimedOut)


def test_a_greeting_that_comes_sign_by_sign_is_waited_for_only_so_long(dripping: Callable[[bytes], int]) -> None:
    assert isinstance(failure(dripping(b"2")), TimedOut)


def test_a_connection_that_ends_at_once_is_lost(listen: Listen) -> None:
    assert isinstance(failure(listen(ends_then=True)), ConnectionLost)


@pytest.mark.parametrize("line", [b"more\r\n", b"\n"])
def test_an_answer_without_an_end_is_not_read_for_ever(listen: Listen, line: bytes) -> None:
    assert isinstance(failure(listen(b"220-secret\r\n" + line * 100_000)), NotAnFtpServer)
