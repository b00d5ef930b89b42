"""The FTP gateway under TLS: whom it believes, and that a protected destination is never spoken to in clear."""

import ftplib
import io
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from OpenSSL import SSL

from services.delivery.application.far_ends import Arrived, Upload
from services.delivery.domain.destinations import Ftp, Security, Trust
from services.delivery.domain.failures import CertificateNotTrusted, FarEndFailed, NotLoggedIn, TimedOut, TlsRefused
from services.delivery.domain.logins import Login
from services.delivery.gateways.ftp.carrier import open_ftp
from tests.certificates import Authority, self_signed
from tests.delivery.conftest import GATE, HURRIED, PATIENCE
from tests.delivery.ftp_end import PASSWORD, USER, FtpEnd

ONLY_TLS_1_2 = (SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION)
ONLY_TLS_1_3 = (SSL.TLS1_3_VERSION, SSL.TLS1_3_VERSION)
OpenEnd = Callable[..., FtpEnd]


@pytest.fixture
def open_end(open_ftp_end: OpenEnd, authority: Authority) -> OpenEnd:
    """A server with a good certificate, unless it is told otherwise."""

    def start(**how: object) -> FtpEnd:
        return open_ftp_end(**{"security": Security.EXPLICIT, "certificate": authority.certificate_for()} | how)

    return start


def send(end: FtpEnd, trust: Trust, *, files: int = 3, **more: object) -> None:
    """Several files: the second data connection finds the session as the first has left it."""
    content = b"x" * 300_000
    method = end.method(trust=trust, **more)  # type: ignore[arg-type]  # the test's shorthand
    with open_ftp(method, GATE, PATIENCE) as carrier:
        uploads = [Upload(name=f"{place}", size_bytes=len(content), chunks=[content]) for place in range(files)]
        assert carrier.write(uploads) == [Arrived(size_bytes=len(content))] * files
    assert end.files() == {f"{place}": content for place in range(files)}


@pytest.mark.parametrize("versions", [ONLY_TLS_1_2, ONLY_TLS_1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("security", [Security.EXPLICIT, Security.IMPLICIT])
@pytest.mark.parametrize("active", [False, True])
def test_files_pass_under_either_tls_to_servers_that_want_the_session_again(
    open_end: OpenEnd, authority: Authority, security: Security, versions: tuple[int, int], active: bool
) -> None:
    end = open_end(security=security, tls=versions, requires_reuse=True)
    send(end, Trust(certificate=authority.pem), active=active)
    assert "PROT P" in end.behaviour.commands


def test_the_server_that_wants_the_session_again_does_refuse_who_has_none(
    open_end: OpenEnd, authority: Authority
) -> None:
    """Else the test above would prove nothing."""
    end = open_end(requires_reuse=True)
    context = ssl.create_default_context(cadata=authority.pem)

    def send_without() -> None:
        with ftplib.FTP_TLS(context=context, timeout=5) as client:
            client.connect(end.host, end.port)
            client.login(USER, PASSWORD)
            client.prot_p()
            client.storbinary("STOR a", io.BytesIO(b"x"))

    with pytest.raises(ftplib.error_perm, match="522"):
        send_without()


def test_a_refused_data_connection_is_told_in_the_servers_words(open_end: OpenEnd, authority: Authority) -> None:
    end = open_end()
    end.behaviour.answers = {"STOR": "522 session reuse required"}
    with (
        open_ftp(end.method(trust=Trust(certificate=authority.pem)), GATE, PATIENCE) as carrier,
        pytest.raises(TlsRefused, match="session reuse required"),
    ):
        carrier.write([Upload(name="a", size_bytes=1, chunks=[b"x"])])


def test_versions_of_yesterday_are_refused(open_end: OpenEnd, authority: Authority) -> None:
    end = open_end(tls=(SSL.TLS1_VERSION, SSL.TLS1_1_VERSION))
    with pytest.raises(FarEndFailed), open_ftp(end.method(trust=Trust(certificate=authority.pem)), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert "USER" not in end.verbs()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(open_end: OpenEnd) -> None:
    refused(open_end(), Trust())


def test_a_certificate_that_has_expired_is_not_trusted(open_end: OpenEnd, authority: Authority) -> None:
    end = open_end(certificate=authority.certificate_for(expired=True))
    assert "expired" in refused(end, Trust(certificate=authority.pem)).facts["answer"]


def test_a_certificate_for_another_host_is_not_trusted(open_end: OpenEnd, authority: Authority) -> None:
    end = open_end(certificate=authority.certificate_for(["ftp.example"]))
    assert "not valid for" in refused(end, Trust(certificate=authority.pem)).facts["answer"]


def test_a_self_signed_certificate_that_was_named_is_believed(open_end: OpenEnd, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    send(open_end(certificate=certificate), Trust(certificate=certificate[0].read_text()))


def test_a_named_certificate_is_still_one_for_a_host(open_end: OpenEnd, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, ["ftp.example"])
    refused(open_end(certificate=certificate), Trust(certificate=certificate[0].read_text()))


def test_a_servers_own_certificate_may_be_named_instead_of_its_authority(
    open_end: OpenEnd, authority: Authority
) -> None:
    certificate = authority.certificate_for()
    send(open_end(certificate=certificate), Trust(certificate=certificate[0].read_text()))


def test_where_nothing_is_verified_any_certificate_passes(open_end: OpenEnd, authority: Authority) -> None:
    send(open_end(certificate=authority.certificate_for(["ftp.example"], expired=True)), Trust(unverified=True))


def test_a_named_certificate_that_cannot_be_read_is_told(open_end: OpenEnd) -> None:
    assert "cannot be read" in refused(open_end(), Trust(certificate="no certificate")).facts["answer"]


@pytest.mark.parametrize("answer", ["500 unknown", "502 no", "504 no such mechanism", "534 not for you", "530 log in"])
def test_a_server_that_refuses_tls_is_never_spoken_to_in_clear(open_end: OpenEnd, answer: str) -> None:
    end = open_end()
    end.behaviour.answers = {"AUTH": answer}
    with pytest.raises(TlsRefused), open_ftp(end.method(trust=Trust(unverified=True)), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert end.verbs() == ["AUTH"]


def test_what_is_said_in_clear_behind_the_answer_to_auth_is_not_believed(authority: Authority) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.certificate_for())
    told: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"220 ready\r\n")
        connection.recv(100)
        connection.sendall(b"234 go on\r\n230 you are in\r\n")
        with context.wrap_socket(connection, server_side=True) as protected:
            while line := protected.recv(100):
                told.append(line)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        method = Ftp(
            host="127.0.0.1",
            port=listener.getsockname()[1],
            user_name=USER,
            security=Security.EXPLICIT,
            trust=Trust(certificate=authority.pem),
            active=False,
            folder="",
            login=Login(password=PASSWORD),
        )
        with pytest.raises(TimedOut, match="login"), open_ftp(method, GATE, HURRIED):
            pytest.fail("the session must not open")
        thread.join(5)
    assert told == [f"USER {USER}\r\n".encode()]


def test_a_server_that_protects_no_data_gets_none(open_end: OpenEnd) -> None:
    end = open_end()
    end.behaviour.answers = {"PROT": "534 only in clear"}
    with pytest.raises(TlsRefused), open_ftp(end.method(trust=Trust(unverified=True)), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_plain_server_is_no_implicit_one(open_end: OpenEnd) -> None:
    end = open_end(security=Security.NONE, certificate=None)
    with (
        pytest.raises(FarEndFailed),
        open_ftp(end.method(security=Security.IMPLICIT, trust=Trust(unverified=True)), GATE, HURRIED),
    ):
        pytest.fail("the session must not open")
    assert "USER" not in end.verbs()


def test_a_wrong_password_under_tls_is_not_logged_in(open_end: OpenEnd) -> None:
    end = open_end()
    method = end.method(trust=Trust(unverified=True), password="wrong")
    with pytest.raises(NotLoggedIn), open_ftp(method, GATE, PATIENCE):
        pytest.fail("the session must not open")


def refused(end: FtpEnd, trust: Trust) -> CertificateNotTrusted:
    with pytest.raises(CertificateNotTrusted) as caught, open_ftp(end.method(trust=trust), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert "USER" not in end.verbs()
    return caught.value
