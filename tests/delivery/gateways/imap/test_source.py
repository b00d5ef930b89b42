"""IMAP folders as a source, against a real server of another make."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from structlog.testing import capture_logs

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.failures import FolderMissing
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.imap import source as imap_source
from services.delivery.gateways.imap.client import parsed_date_time
from services.delivery.gateways.imap.source import open_imap_source
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.imap_end import ImapEnd


@pytest.fixture(params=[(), (b"UIDPLUS", b"MOVE")], ids=["move", "copy"])
def end(request: pytest.FixtureRequest) -> Iterator[ImapEnd]:
    """A server that moves messages, and one that only copies them."""
    made = ImapEnd(silent_about=request.param)
    made.start()
    yield made
    made.close()


@pytest.fixture
def source(end: ImapEnd) -> Iterator[Source]:
    with open_imap_source(end.method(), GATE, PATIENCE) as source:
        yield source


def order(*files: tuple[str, bytes], subject: str = "Commande") -> EmailMessage:
    """A message with files, as a person sends it."""
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("Bonjour,\nvoir les fichiers.")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def files(source: Source) -> dict[str, bytes]:
    return {each.name: b"".join(source.read(each)) for each in source.offered()}


def test_the_attachments_of_all_messages_are_offered(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a"), ("été.csv", bytes(range(256)) * 10)))
    end.put(order(("日本語" * 20 + ".csv", b"")))
    end.put(order())
    assert files(source) == {"a.csv": b"a", "été.csv": bytes(range(256)) * 10, "日本語" * 20 + ".csv": b""}


def test_a_message_stays_unread(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a")))
    files(source)
    assert rb"\Seen" not in end.flags()[0]


def test_what_is_offered_says_where_it_is_and_when_it_came(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a"), ("b.csv", b"b")))
    end.put(order(("a.csv", b"a")))
    a, b, again = source.offered()
    assert a.container == b.container != again.container
    assert len({a.key, b.key, again.key}) == 3
    assert a.key.startswith(f"{a.container}/")
    assert a.modify_time is not None
    assert abs((datetime.now(UTC) - a.modify_time).total_seconds()) < 86_400
    assert not source.settles


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 1023, 1024, 1025, 3000, 10_000])
def test_a_file_is_read_window_by_window(
    end: ImapEnd, source: Source, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_source, "WINDOW", 1024)
    content = bytes(number * 7 % 256 for number in range(size))
    end.put(order(("a.bin", content)))
    assert files(source) == {"a.bin": content}


def every_encoding() -> Iterator[Message]:
    """A file in quoted-printable, one as it is, and a message that is nothing but a file."""
    quoted = EmailMessage()
    quoted.set_content("Bonjour")
    quoted.add_attachment("é=é\r\n" * 100, subtype="csv", cte="quoted-printable", filename="quoted.csv")
    plain = MIMEMultipart()
    plain.attach(MIMEText("Bonjour"))
    as_it_is = MIMEText("a;b\r\n1;2\r\n", "csv", "us-ascii")
    as_it_is.add_header("Content-Disposition", "attachment", filename="plain.csv")
    plain.attach(as_it_is)
    alone = MIMEApplication(b"%PDF-1.7", "pdf", name="alone.pdf")
    yield quoted
    yield plain
    yield alone


def test_every_encoding_is_read(end: ImapEnd, source: Source) -> None:
    for message in every_encoding():
        end.put(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
    found = files(source)
    assert found["alone.pdf"] == b"%PDF-1.7"
    assert found["plain.csv"].rstrip() == b"a;b\r\n1;2"
    assert found["quoted.csv"].decode().split() == ["é=é"] * 100


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("C:\\Mes documents\\a.csv", "a.csv"),
        ("../../etc/passwd", "passwd"),
        ("/a.csv", "a.csv"),
        (" a.csv ", "a.csv"),
    ],
)
def test_of_a_path_only_the_name_is_taken(end: ImapEnd, source: Source, written: str, taken: str) -> None:
    end.put(order((written, b"x")))
    assert files(source) == {taken: b"x"}


@pytest.mark.parametrize("written", ["..", "a/..", "a\u202ecsv.exe", "x" * 300])
def test_what_cannot_be_named_is_left_out_and_told(end: ImapEnd, source: Source, written: str) -> None:
    end.put(order((written, b"x"), ("good.csv", b"y")))
    with capture_logs() as logs:
        assert files(source) == {"good.csv": b"y"}
    assert [each["event"] for each in logs] == ["an attachment is left out"]


def test_a_message_is_archived_as_a_whole_into_a_folder_that_is_made(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a"), subject="taken"))
    end.put(order(("b.csv", b"b"), subject="stays"))
    (taken, _) = source.offered()
    source.archive(taken.container, "Traités/Été & Co")
    source.archive(taken.container, "Traités/Été & Co")
    assert [message["Subject"] for message in end.messages()] == ["stays"]
    assert [message["Subject"] for message in end.messages("Trait&AOk-s/&AMk-t&AOk- &- Co")] == ["taken"]
    assert files(source) == {"b.csv": b"b"}


def test_a_message_is_deleted_as_a_whole(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a"), subject="taken"))
    end.put(order(("b.csv", b"b"), subject="stays"))
    (taken, _) = source.offered()
    source.delete(taken.container)
    source.delete(taken.container)
    assert [message["Subject"] for message in end.messages()] == ["stays"]


def test_a_message_of_an_older_folder_is_gone_and_no_other_is_touched(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a")))
    (offered,) = source.offered()
    validity, uid = offered.container.split("/")
    older = f"{int(validity) - 1}/{uid}"
    source.delete(older)
    source.archive(older, "archive")
    assert len(end.messages()) == 1


def test_a_file_whose_message_went_away_meanwhile_is_told(end: ImapEnd, source: Source) -> None:
    end.put(order(("a.csv", b"a")))
    (offered,) = source.offered()
    with end.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
    with pytest.raises(RefusedByServer, match="gone"):
        list(source.read(offered))


def test_more_messages_than_fit_one_answer_are_offered(
    end: ImapEnd, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_source, "AT_ONCE", 3)
    for number in range(8):
        end.put(order((f"{number}.csv", b"x")))
    assert [each.name for each in source.offered()] == [f"{number}.csv" for number in range(8)]


def test_an_empty_folder_offers_nothing(source: Source) -> None:
    assert list(source.offered()) == list[Offered]()


def test_a_missing_folder_is_told(end: ImapEnd) -> None:
    with open_imap_source(end.method("nowhere"), GATE, PATIENCE) as source, pytest.raises(FolderMissing):
        source.offered()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b" 1-Mar-2026 23:04:05 +0100", datetime(2026, 3, 1, 22, 4, 5, tzinfo=UTC)),
        (b"01-MAR-2026 22:04:05 +0000", datetime(2026, 3, 1, 22, 4, 5, tzinfo=UTC)),
        (b"yesterday", None),
        (b"99-Mar-2026 22:04:05 +0000", None),
        (None, None),
    ],
)
def test_times_are_read_or_left_out(written: bytes | None, read: datetime | None) -> None:
    assert parsed_date_time(written) == read
