"""Each way in which a destination does not work has a code of its own, against far ends that are not ours."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.database import Database
from services.delivery.domain.destinations import Security
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.storage.work import DeliveryWork
from tests.certificates import Authority
from tests.delivery.far_end import PASSWORD, USER, FarEnd
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.imap_end import PASSWORD as IMAP_PASSWORD
from tests.delivery.imap_end import USER as IMAP_USER
from tests.delivery.imap_end import ImapEnd
from tests.delivery.mail_end import MailEnd
from tests.delivery.rpc.asking import create, reason, refusal, sftp, verify
from tests.delivery.rpc.conftest import Served, serving

METADATA = "169.254.169.254"
CLOSED = 1  #: a port at which nobody listens


@pytest.fixture
def ftp_end(tmp_path: Path, authority: Authority) -> Iterator[FtpEnd]:
    end = FtpEnd(tmp_path / "far", security=Security.EXPLICIT, certificate=authority.certificate_for())
    end.start()
    yield end
    end.stop()


@pytest.fixture
def imap_end(authority: Authority) -> Iterator[ImapEnd]:
    end = ImapEnd(authority.certificate_for())
    end.start()
    yield end
    end.close()


def ftp(end: FtpEnd, authority: Authority, **more: object) -> pb.Destination:
    method = pb.Ftp(
        host="127.0.0.1", port=end.port, user_name=USER, password=PASSWORD, folder="in", certificate=authority.pem
    )
    return set_fields(pb.Destination(ftp=method), more)


def imap(end: ImapEnd, authority: Authority, **more: object) -> pb.Destination:
    method = pb.Imap(
        host="127.0.0.1", port=end.port, user_name=IMAP_USER, password=IMAP_PASSWORD, certificate=authority.pem
    )
    method.security = pb.CONNECTION_SECURITY_EXPLICIT
    return set_fields(pb.Destination(imap=method), more)


def set_fields(destination: pb.Destination, more: dict[str, object]) -> pb.Destination:
    method = getattr(destination, str(destination.WhichOneof("method")))
    for name, value in more.items():
        setattr(method, name, value)
    return destination


def test_each_way_not_to_get_there_has_its_code(
    impatient: Served, far_end: FarEnd, mute: Callable[[bytes], int]
) -> None:
    assert reason(impatient, sftp(far_end, host="host.invalid")) == "UNKNOWN_HOST"
    draft = sftp(far_end)
    draft.sftp.port = CLOSED
    assert reason(impatient, draft) == "CONNECTION_REFUSED"
    draft.sftp.port = mute(b"")
    assert reason(impatient, draft) == "TIMED_OUT"
    draft.sftp.port = mute(b"HTTP/1.1 400 secret-banner\r\n\r\n")
    answer = verify(impatient, draft)
    assert answer.reason == "NOT_AN_SFTP_SERVER"
    assert "secret-banner" not in answer.message


@pytest.mark.parametrize(
    "host",
    [
        METADATA,
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "169.254.43518",
        f"[::ffff:{METADATA}]",
        f"::{METADATA}",
        f"64:ff9b::{METADATA}",
        "2002:a9fe:a9fe::1",
        "fe80::1",
        "100.100.100.200",
        "fd00:ec2::254",
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "ff02::1",
    ],
)
def test_where_machines_keep_their_secrets_nobody_is_called_however_it_is_spelt(
    served: Served, far_end: FarEnd, host: str
) -> None:
    assert reason(served, sftp(far_end, host=host, host_key="")) == "HOST_NOT_ALLOWED"


def test_ports_can_be_limited(make_database: Callable[[str | None], Database], tmp_path: Path, far_end: FarEnd) -> None:
    database = make_database("services.delivery.storage.migrations")
    with serving(database, tmp_path, allowed_ports="22 990") as served:
        assert reason(served, sftp(far_end)) == "PORT_NOT_ALLOWED"
        create(served, sftp(far_end))
        check = served.delivery().CheckDestination(pb.CheckDestinationRequest(name="destinations/shop"))
        assert check.reason == "PORT_NOT_ALLOWED"


def test_ftp_answers_its_own_codes(served: Served, ftp_end: FtpEnd, authority: Authority) -> None:
    assert verify(served, ftp(ftp_end, authority)) == pb.VerifyDestinationResponse(verified=True)
    assert list((ftp_end.root / "in").iterdir()) == []
    answer = verify(served, ftp(ftp_end, authority, password="wrong"))
    assert answer.reason == "NOT_LOGGED_IN"
    assert "530" in answer.message
    assert reason(served, ftp(ftp_end, authority, certificate="")) == "CERTIFICATE_NOT_TRUSTED"
    unverified = verify(served, ftp(ftp_end, authority, certificate="", certificate_unverified=True))
    assert unverified.verified
    assert ["not verified" in warning for warning in unverified.warnings] == [True]
    ftp_end.behaviour.answers["STOR"] = "552 Insufficient storage space."
    assert reason(served, ftp(ftp_end, authority)) == "DISK_FULL"
    ftp_end.behaviour.answers = {"STOR": "550 Permission denied."}
    assert reason(served, ftp(ftp_end, authority)) == "NO_PERMISSION"
    ftp_end.behaviour.answers = {"RNTO": "502 Command not implemented."}
    assert reason(served, ftp(ftp_end, authority)) == "CANNOT_RENAME"
    assert list((ftp_end.root / "in").iterdir()) == []


def test_what_is_no_ftp_server_is_told_and_not_quoted(
    impatient: Served, mute: Callable[[bytes], int], ftp_end: FtpEnd, authority: Authority
) -> None:
    draft = ftp(ftp_end, authority, security=pb.CONNECTION_SECURITY_NONE, certificate="")
    draft.ftp.port = mute(b"SSH-2.0-secret-banner\r\n")
    answer = verify(impatient, draft)
    assert answer.reason == "NOT_AN_FTP_SERVER"
    assert "SFTP destination" in answer.remedy
    assert "secret-banner" not in answer.message


def test_a_password_that_asks_for_a_key_wants_one(served: Served, far_end: FarEnd) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        verify(served, sftp(far_end, password="privkey://"))
    assert refusal(caught.value)[2] == ["destination.sftp.private_key"]
    login = Login(password="privkey://")  # as only something else than this service has stored it
    with DeliveryWork(served.runtime.database, served.runtime.bell, served.runtime.keyring) as work:
        work.destinations.add("shop", "Shop", replace(far_end.method(), login=login), TransferOptions())
    answer = verify(served, name="destinations/shop")
    assert (answer.verified, answer.reason) == (False, "KEY_MISSING")
    assert answer.remedy == "Store the private key in the destination."


def test_ftp_is_never_continued_in_clear(served: Served, tmp_path: Path, authority: Authority) -> None:
    end = FtpEnd(tmp_path / "clear")
    end.start()
    try:
        assert reason(served, ftp(end, authority)) == "TLS_REFUSED"
        assert not any(command.startswith(("USER", "PASS")) for command in end.behaviour.commands)
        chosen = ftp(end, authority, security=pb.CONNECTION_SECURITY_NONE, certificate="")
        answer = verify(served, chosen)
        assert answer.verified
        assert [warning.split(":")[0] for warning in answer.warnings] == ["The connection is not protected"]
    finally:
        end.stop()


def test_imap_answers_its_own_codes(
    impatient: Served, imap_end: ImapEnd, authority: Authority, mute: Callable[[bytes], int]
) -> None:
    assert verify(impatient, imap(imap_end, authority)) == pb.VerifyDestinationResponse(verified=True)
    assert imap_end.messages() == []
    assert reason(impatient, imap(imap_end, authority, password="wrong")) == "NOT_LOGGED_IN"
    assert reason(impatient, imap(imap_end, authority, certificate="")) == "CERTIFICATE_NOT_TRUSTED"
    other = imap(imap_end, authority, security=pb.CONNECTION_SECURITY_NONE, certificate="")
    other.imap.port = mute(b"220 secret-banner\r\n")
    answer = verify(impatient, other)
    assert answer.reason == "NOT_AN_IMAP_SERVER"
    assert "secret-banner" not in answer.message


def test_by_email_the_test_message_is_sent_refused_or_may_have_arrived(
    make_database: Callable[[str | None], Database], tmp_path: Path, mail: MailEnd, mute: Callable[[bytes], int]
) -> None:
    email = pb.Destination(email=pb.Email(recipients=["edi@example.com"], subject="Ventes"))
    (tmp_path / "token").write_text(mail.token)
    database, soon = make_database("services.delivery.storage.migrations"), timedelta(seconds=5)
    with serving(database, tmp_path, mail_address=mail.address, token=tmp_path / "token", mail_patience=soon) as served:
        assert verify(served, email).verified
        (sent,) = mail.house_server.taken
        assert sent.message["Subject"] == "Test de connexion"
        behaviour = mail.house_server.behaviour
        behaviour.recipients["edi@example.com"] = "550 5.1.1 no such user"
        answer = verify(served, email)
        assert answer.reason == "MAIL_REFUSED"
        assert "550 5.1.1 no such user" in answer.message
        behaviour.recipients["edi@example.com"] = "451 come back later"
        assert reason(served, email) == "MAIL_WAITING"
        behaviour.recipients.clear()
        behaviour.close_at.add("CONTENT")
        answer = verify(served, email)
        assert answer.reason == "MAIL_UNCERTAIN"
        assert answer.remedy.startswith("Ask the recipient whether it has come")
        email.email.server.address = f"127.0.0.1:{mute(b'SSH-2.0-secret-banner' + bytes([13, 10]))}"
        answer = verify(served, email)
        assert "secret-banner" not in answer.message
        assert "does not answer as an SMTP server" in answer.message


def test_email_says_where_mail_is_away(served: Served) -> None:
    email = pb.Destination(email=pb.Email(recipients=["edi@example.com"], subject="Ventes"))
    assert reason(served, email) == "MAIL_AWAY"
