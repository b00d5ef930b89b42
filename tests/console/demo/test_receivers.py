import io
import smtplib
import stat
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from console.demo.receivers import USER, Receivers


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[Receivers]:
    with Receivers(tmp_path / "demo") as receivers:
        yield receivers


def send(receivers: Receivers, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", receivers.smtp_port) as client:
        client.sendmail("a@example.test", ["b@example.test"], f"Subject: {subject}\r\n\r\nBonjour\r\n")


def upload(receivers: Receivers, password: str) -> str:
    """Puts a file, and answers the host key that was seen."""
    with paramiko.Transport(("127.0.0.1", receivers.sftp_port)) as transport:
        transport.connect(username=USER, password=password)
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        client.mkdir("ventes")
        client.putfo(io.BytesIO(b"1;2\n"), "ventes/a.part")
        client.posix_rename("ventes/a.part", "ventes/a.csv")
        key = transport.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}"


def test_a_mail_becomes_a_file_of_the_mailbox(receivers: Receivers) -> None:
    assert receivers.received_mails() == []
    send(receivers, "un")
    send(receivers, "deux")
    assert [b"Bonjour" in path.read_bytes() for path in receivers.received_mails()] == [True, True]


def test_a_file_sent_by_sftp_lies_in_the_folder_and_the_host_key_is_the_announced_one(receivers: Receivers) -> None:
    assert upload(receivers, receivers.password) == receivers.host_key
    assert (receivers.files / "ventes" / "a.csv").read_bytes() == b"1;2\n"
    assert [path.name for path in (receivers.files / "ventes").iterdir()] == ["a.csv"]


def test_a_wrong_password_is_refused(receivers: Receivers) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        upload(receivers, "wrong")


def test_ports_password_and_host_key_are_the_same_over_restarts(tmp_path: Path) -> None:
    def look() -> tuple[int, int, str, str]:
        with Receivers(tmp_path / "demo") as receivers:
            return receivers.sftp_port, receivers.smtp_port, receivers.password, receivers.host_key

    assert look() == look()
    for name in ("sftp-password", "sftp-host-key"):
        assert stat.S_IMODE((tmp_path / "demo" / name).stat().st_mode) == 0o600
