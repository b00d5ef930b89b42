"""Mail servers that are silent, slow, talkative, or none at all: none is waited for longer than it was given."""

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from services.mail.domain.address import parse_address
from services.mail.domain.delivery import Answer, Lost, OutOfReach
from services.mail.domain.servers import Security
from services.mail.gateways.smtp import SmtpSession, SmtpTransport
from tests.mail.office import SENDER, relay

ANNE = parse_address("anne@client.example")
CONTENT = b"Subject: x\r\n\r\nend\r\n"
UNTIL_CONTENT = (b"220 hi\r\n", b"250 hi\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n")
LONGEST = 10.0  #: seconds that any of them goes on

Ending = Callable[[socket.socket, threading.Event], None]


def fall_silent(connection: socket.socket, done: threading.Event) -> None:
    done.wait(LONGEST)


def trickle(connection: socket.socket, done: threading.Event) -> None:
    """Says a line that never ends, a letter at a time."""
    for _ in range(int(LONGEST / 0.05)):
        if done.wait(0.05):
            return
        connection.sendall(b"2")


def take_slowly(connection: socket.socket, done: threading.Event) -> None:
    """Reads whatever comes, a little at a time."""
    for _ in range(int(LONGEST / 0.05)):
        if done.wait(0.05) or not connection.recv(16 * 1024):
            return


@contextmanager
def server(*said: bytes, ending: Ending = fall_silent, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Its port. It says one thing at first, one after each that it hears, and then does as its ending says."""
    done = threading.Event()

    def serve() -> None:
        accepted, _ = listener.accept()
        with suppress(OSError), accepted if tls is None else tls.wrap_socket(accepted, server_side=True) as connection:
            for each in said[:-1]:
                connection.sendall(each)
                connection.recv(65536)
            connection.sendall(said[-1])
            ending(connection, done)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            began = monotonic()
            yield listener.getsockname()[1]
            assert monotonic() - began < LONGEST / 2
        finally:
            done.set()
            thread.join()


def session(port: int, **more: object) -> SmtpSession:
    return SmtpTransport(relay(port, **more), SENDER).session(None)


@pytest.mark.parametrize("said", [[b""], [b"220 hi\r\n"], [b"220 hi\r\n", b"250 hi\r\n"]])
@pytest.mark.parametrize("ending", [fall_silent, trickle])
def test_a_server_that_says_nothing_or_never_ends_is_left_after_a_time(said: list[bytes], ending: Ending) -> None:
    with (
        server(*said, ending=ending) as port,
        session(port, command_timeout=0.3) as impatient,
        pytest.raises(OutOfReach, match="did not answer in time"),
    ):
        impatient.offer([ANNE])


@pytest.mark.parametrize("ending", [fall_silent, trickle])
def test_without_an_end_of_the_answer_to_the_content_the_mail_is_uncertain(ending: Ending) -> None:
    with server(*UNTIL_CONTENT, b"2", ending=ending) as port, session(port, content_timeout=0.3) as impatient:
        impatient.offer([ANNE])
        assert impatient.deliver(CONTENT) == Lost(f"127.0.0.1:{port} did not answer in time")


def test_a_server_that_takes_the_content_ever_so_slowly_is_left_after_a_time(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    context, authority = certificate
    with (
        server(*UNTIL_CONTENT, ending=take_slowly, tls=context) as port,
        session(port, security=Security.TLS, ca=authority, content_timeout=0.5) as impatient,
    ):
        impatient.offer([ANNE])
        assert impatient.deliver(CONTENT * 500_000) == Lost(f"127.0.0.1:{port} did not answer in time")


def test_after_the_content_no_more_is_waited_for_than_after_any_command() -> None:
    with (
        server(*UNTIL_CONTENT, b"250 OK\r\n", ending=trickle) as port,
        session(port, command_timeout=0.3, content_timeout=60.0) as opened,
    ):
        opened.offer([ANNE])
        assert opened.deliver(CONTENT) == Answer(250, "OK")


def test_an_answer_that_no_database_holds_is_made_one_that_it_does() -> None:
    said = (b"220 hi\r\n", b"250 hi\r\n", b"250 OK\r\n", b"550 no\0body\r\n")
    with server(*said) as port, session(port, command_timeout=0.2) as opened:
        assert opened.offer([ANNE]) == {ANNE: Answer(550, "no\ufffdbody")}


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-secret-banner\r\n", b"* OK secret-banner\r\n", b"220-secret-banner\r\n" * 2000]
)
def test_what_speaks_no_smtp_is_left_and_not_quoted(said: bytes) -> None:
    with (
        server(said) as port,
        session(port) as opened,
        pytest.raises(OutOfReach, match="does not answer as an SMTP server") as left,
    ):
        opened.offer([ANNE])
    assert "secret-banner" not in str(left.value)


def test_a_challenge_that_is_none_is_no_smtp() -> None:
    with (
        server(b"220 hi\r\n", b"250-hi\r\n250 AUTH LOGIN\r\n", b"334 abc\r\n") as port,
        session(port, user="edi", password="secret") as opened,
        pytest.raises(OutOfReach, match="does not answer as an SMTP server"),
    ):
        opened.offer([ANNE])


@pytest.mark.parametrize("password", ["geheim-1", "sécret-1"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_server_that_says_the_password_back_is_not_quoted_with_it(mechanism: str, password: str) -> None:
    plain, login = (base64.b64encode(each.encode()) for each in (f"\0edi\0{password}", password))
    echo = b"535 what are " + b" and ".join((plain, login, password.encode())) + b"?\r\n"
    with (
        server(b"220 hi\r\n", f"250-hi\r\n250 AUTH PLAIN {mechanism}\r\n".encode(), echo, echo) as port,
        session(port, user="edi", password=password) as opened,
        pytest.raises(OutOfReach, match=r"refused the login \(535 what are \*\*\* and \*\*\* and \*\*\*\?\)"),
    ):
        opened.offer([ANNE])


def test_a_yes_to_data_before_the_content_is_no_yes_to_the_mail() -> None:
    said = (b"220 hi\r\n", b"250 hi\r\n", *[b"250 OK\r\n"] * 4)
    with server(*said) as port, session(port, command_timeout=0.2) as opened:
        opened.offer([ANNE])
        answer = opened.deliver(CONTENT)
        assert isinstance(answer, Answer)
        assert answer.temporary
