"""The way into an IMAP account: TLS of each kind, and ports where something else listens."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.failures import (
    CarryFailed,
    CertificateNotTrusted,
    ConnectionLost,
    ConnectionRefused,
    HostNotAllowed,
    NotAnImapServer,
    NotLoggedIn,
    TimedOut,
    TlsRefused,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.imap.lines import Literal, string
from services.delivery.gateways.imap.post import open_imap
from services.delivery.gateways.imap.wire import Wire
from services.delivery.gateways.network import Patience
from tests.certificates import Authority, self_signed
from tests.delivery.conftest import GATE, HURRIED, PATIENCE
from tests.delivery.imap_end import ImapEnd
from tests.delivery.imap_script import Reply, Scripts, hang_up, no, ok, raw
from tests.delivery.parcels import parcel_of


@pytest.fixture(params=[Security.EXPLICIT, Security.IMPLICIT])
def secured(request: pytest.FixtureRequest, authority: Authority) -> Iterator[tuple[ImapEnd, Security]]:
    security: Security = request.param
    end = ImapEnd(authority.certificate_for(), implicit=security is Security.IMPLICIT)
    end.start()
    yield end, security
    end.close()


def failure(method: Imap, patience: Patience = PATIENCE) -> CarryFailed:
    """Why the session does not open."""
    with pytest.raises(CarryFailed) as caught, open_imap(method, GATE, patience):
        pytest.fail("the session must not open")
    return caught.value


def test_a_file_arrives_under_tls(secured: tuple[ImapEnd, Security], authority: Authority) -> None:
    end, security = secured
    for trust in (Trust(certificate=authority.pem), Trust(unverified=True)):
        with open_imap(end.method(security=security, trust=trust), GATE, PATIENCE) as post:
            post.deliver(parcel_of("a.csv", [b"x"]))


def test_a_certificate_that_nobody_vouches_for_is_told(secured: tuple[ImapEnd, Security]) -> None:
    end, security = secured
    told = failure(end.method(security=security))
    assert isinstance(told, CertificateNotTrusted)


@pytest.mark.parametrize(("names", "expired"), [(("other.example.org",), False), (("127.0.0.1",), True)])
def test_a_certificate_of_another_name_or_time_is_told(
    authority: Authority, names: tuple[str, ...], expired: bool
) -> None:
    end = ImapEnd(authority.certificate_for(names, expired=expired), implicit=True)
    end.start()
    try:
        method = end.method(security=Security.IMPLICIT, trust=Trust(certificate=authority.pem))
        assert isinstance(failure(method), CertificateNotTrusted)
    finally:
        end.close()


def test_a_certificate_of_ones_own_is_believed_once_it_is_given(tmp_path: Path) -> None:
    chain, key = self_signed(tmp_path)
    end = ImapEnd((chain, key), implicit=True)
    end.start()
    try:
        assert isinstance(failure(end.method(security=Security.IMPLICIT)), CertificateNotTrusted)
        trust = Trust(certificate=chain.read_text())
        with open_imap(end.method(security=Security.IMPLICIT, trust=trust), GATE, PATIENCE) as post:
            post.check()
    finally:
        end.close()


def test_what_is_stripped_of_starttls_never_hears_the_password(scripts: Scripts) -> None:
    script = scripts()
    assert isinstance(failure(script.method(security=Security.EXPLICIT)), TlsRefused)
    assert script.commands == ["CAPABILITY"]


def test_a_login_said_to_be_done_before_tls_is_refused(scripts: Scripts) -> None:
    script = scripts({"CAPABILITY": ok("CAPABILITY IMAP4rev1 STARTTLS")}, greeting=b"* PREAUTH welcome\r\n")
    assert isinstance(failure(script.method(security=Security.EXPLICIT)), TlsRefused)
    assert "STARTTLS" not in script.commands


def test_a_server_that_refuses_starttls_never_hears_the_password(scripts: Scripts) -> None:
    script = scripts({"CAPABILITY": ok("CAPABILITY IMAP4rev1 STARTTLS"), "STARTTLS": no("not today")})
    told = failure(script.method(security=Security.EXPLICIT))
    assert isinstance(told, TlsRefused)
    assert "not today" in str(told)
    assert script.commands == ["CAPABILITY", "STARTTLS"]


def test_words_slipped_in_before_tls_are_not_taken_for_the_servers(scripts: Scripts) -> None:
    slipped = {
        "CAPABILITY": ok("CAPABILITY IMAP4rev1 STARTTLS"),
        "STARTTLS": lambda tag, line: f"{tag} OK go on\r\n* CAPABILITY IMAP4rev1\r\n".encode(),
    }
    script = scripts(slipped)
    assert isinstance(failure(script.method(security=Security.EXPLICIT)), NotAnImapServer)


def test_a_server_without_tls_is_told_from_one_with_a_bad_certificate(scripts: Scripts) -> None:
    assert isinstance(failure(scripts().method(security=Security.IMPLICIT)), TlsRefused)


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n",
        b"220 FTP ready\r\n",
        b"+OK POP3 ready\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"* NO\r\n",
        b"* 3 EXISTS\r\n",
        b"\xff\xfe\x00\n",
        b"A1 OK hello\r\n",
    ],
)
def test_something_else_on_the_port_is_told_and_not_quoted(scripts: Scripts, greeting: bytes) -> None:
    told = failure(scripts(greeting=greeting).method(), HURRIED)
    assert isinstance(told, NotAnImapServer)
    assert "OpenSSH" not in str(told)


def test_silence_is_told_in_time(scripts: Scripts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for security in (Security.NONE, Security.IMPLICIT):
            method = replace(scripts().method(security=security), port=silent.getsockname()[1])
            assert isinstance(failure(method, HURRIED), TimedOut)


@pytest.mark.parametrize("version", ["IMAP2bis", "IMAP4rev2"])
def test_a_server_of_another_version_alone_is_told(scripts: Scripts, version: str) -> None:
    """IMAP4rev2 answers a search otherwise: messages would be sent twice, and those of others expunged."""
    script = scripts({"CAPABILITY": ok(f"CAPABILITY {version} AUTH=PLAIN")})
    assert isinstance(failure(script.method()), NotAnImapServer)
    assert script.commands == ["CAPABILITY"]


def test_a_server_that_is_full_is_told_in_its_words(scripts: Scripts) -> None:
    told = failure(scripts(greeting=b"* BYE [UNAVAILABLE] too many connections\r\n").method())
    assert isinstance(told, ConnectionRefused)
    assert "too many connections" in str(told)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (no("[AUTHENTICATIONFAILED] wrong"), NotLoggedIn),
        (no("wrong"), NotLoggedIn),
        (no("[EXPIRED] renew your password"), NotLoggedIn),
        (no("[UNAVAILABLE] the directory is down"), ConnectionRefused),
        (raw(b"* BYE [ALERT] too many failures\r\n"), ConnectionLost),
        (hang_up, ConnectionLost),
        (raw(b""), TimedOut),
        (raw(b"B99 OK you are in\r\n"), NotAnImapServer),
        (raw(b"+ more?\r\n+ more?\r\n"), NotAnImapServer),
    ],
)
def test_a_refused_login_says_whether_it_is_about_the_password(
    scripts: Scripts, reply: Reply, kind: type[CarryFailed]
) -> None:
    told = failure(scripts({"LOGIN": reply}).method(), HURRIED)
    assert type(told) is kind
    assert "s3cret" not in str(told)


@pytest.mark.parametrize("said", ["a\r\nB9 DELETE INBOX", "a\nb", "a\x07", "é", b"\xff"])
def test_what_would_break_a_line_is_counted_and_never_quoted(said: str | bytes) -> None:
    literal = string(said)
    assert isinstance(literal, Literal)
    raw_bytes = said if isinstance(said, bytes) else said.encode()
    assert (literal.size_bytes, list(literal.chunks)) == (len(raw_bytes), [raw_bytes])


@pytest.mark.parametrize(("user", "password"), [("a\0root", "s3cret"), ("a", "b\0s3cret")])
def test_a_nul_never_shifts_who_logs_in(scripts: Scripts, user: str, password: str) -> None:
    script = scripts({"CAPABILITY": ok("CAPABILITY IMAP4rev1 AUTH=PLAIN")})
    method = replace(script.method(), user_name=user, login=Login(password=password))
    assert isinstance(failure(method), NotLoggedIn)
    assert script.commands == ["CAPABILITY"]


def test_a_password_that_the_server_says_back_is_not_told_on(scripts: Scripts) -> None:
    script = scripts({"LOGIN": lambda tag, line: f"{tag} BAD {line} is not understood\r\n".encode()})
    told = failure(script.method())
    assert "not understood" in str(told)
    assert "s3cret" not in str(told)


def test_a_slow_line_is_no_silence(slow_line: socket.socket) -> None:
    assert Wire(slow_line).ask(b"X" * (1 << 20)).ok


def test_a_server_that_takes_no_password_in_clear_does_not_hear_it(scripts: Scripts) -> None:
    script = scripts({"CAPABILITY": ok("CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED")})
    assert isinstance(failure(script.method()), NotLoggedIn)
    assert script.commands == ["CAPABILITY"]


def test_the_gate_is_passed(scripts: Scripts) -> None:
    method = replace(scripts().method(), host="169.254.169.254")
    assert isinstance(failure(method), HostNotAllowed)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("password", ['a"b\\c', "mot de passe", "é€", "x" * 1500, "{5}", "%s"])
def test_every_password_arrives_as_it_is(password: str, plain: bool) -> None:
    end = ImapEnd(password=password, silent_about=() if plain else (b"AUTH=PLAIN",))
    end.start()
    try:
        with open_imap(end.method(password=password), GATE, PATIENCE) as post:
            post.check()
    finally:
        end.close()
