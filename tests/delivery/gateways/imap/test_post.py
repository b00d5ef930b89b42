"""The IMAP gateway against a real server of another make, looked at by another client."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from pymap.exceptions import CloseConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command.auth import AppendCommand

from services.delivery.application.far_ends import Parcel
from services.delivery.domain.destinations import Imap
from services.delivery.domain.failures import CarryFailed, ConnectionLost, NoPermission, NotLoggedIn, SecretLost
from services.delivery.domain.file_failures import NotVerified, RefusedByServer, SpoolFileDamaged
from services.delivery.domain.logins import Login
from services.delivery.gateways.imap.post import open_imap
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.imap_end import ImapEnd
from tests.delivery.parcels import parcel_of

Ends = Callable[..., ImapEnd]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Makes servers."""
    made: list[ImapEnd] = []

    def make(certificate: tuple[Path, Path] | None = None, **options: object) -> ImapEnd:
        end = ImapEnd(certificate, **options)  # type: ignore[arg-type]  # passed on as they are
        end.start()
        made.append(end)
        return end

    yield make
    for end in made:
        end.close()


@pytest.fixture
def end(ends: Ends) -> ImapEnd:
    return ends()


@pytest.fixture
def poor(ends: Ends) -> ImapEnd:
    """It tells neither UIDs of what was appended nor can it delete by them, as far as it says."""
    return ends(silent_about=(b"UIDPLUS", b"MOVE"))


def send(method: Imap, parcel: Parcel) -> None:
    with open_imap(method, GATE, PATIENCE) as post:
        post.deliver(parcel)


def contents(end: ImapEnd, folder: str = "INBOX") -> dict[str, bytes]:
    """Names and bytes of the attachments of a folder."""
    found: dict[str, bytes] = {}
    for message in end.messages(folder):
        (attachment,) = message.iter_attachments()
        name, content = attachment.get_filename(), attachment.get_payload(decode=True)
        assert name is not None
        assert name not in found, "it arrived twice"
        assert isinstance(content, bytes)
        assert message["X-Backroom-SHA256"] == hashlib.sha256(content).hexdigest()
        found[name] = content
    return found


def test_a_file_becomes_an_unread_message_of_its_own_time(end: ImapEnd) -> None:
    parcel = parcel_of("été.csv", [b"a;b\r\n", b"1;2\r\n"])
    with open_imap(end.method(), GATE, PATIENCE) as post:
        post.deliver(parcel)
    assert contents(end) == {"été.csv": b"a;b\r\n1;2\r\n"}
    assert end.messages()[0]["Message-ID"] == f"<{parcel.file.id}@backroom.invalid>"
    assert end.flags() == [b'1 (FLAGS () INTERNALDATE "01-Mar-2026 22:04:05 +0000")']


def test_a_batch_shares_one_connection(end: ImapEnd) -> None:
    files = {f"{number}.csv": bytes([number]) * number * 1000 for number in range(20)}
    with open_imap(end.method("lots"), GATE, PATIENCE) as post:
        for name, content in files.items():
            post.deliver(parcel_of(name, [content]))
    assert contents(end, "lots") == files


@pytest.mark.parametrize("name", ["a.csv", "日本語.csv", 'qu"ote\\.csv', "é" * 120])
def test_a_repeat_is_found_and_not_doubled(end: ImapEnd, name: str) -> None:
    parcel = parcel_of(name, [b"x" * 5000])
    for repeated in (False, True, True):
        with open_imap(end.method("Été & Co"), GATE, PATIENCE) as post:
            post.deliver(replace(parcel, repeated=repeated))
    assert list(contents(end, "&AMk-t&AOk- &- Co").values()) == [b"x" * 5000]


def test_a_repeat_of_what_never_arrived_is_appended(end: ImapEnd) -> None:
    with open_imap(end.method("new"), GATE, PATIENCE) as post:
        post.deliver(parcel_of("a.csv", [b"x"], repeated=True))
    assert contents(end, "new") == {"a.csv": b"x"}


@pytest.mark.parametrize("server", ["end", "poor"])
def test_a_repeat_that_finds_a_torn_message_replaces_it(server: str, request: pytest.FixtureRequest) -> None:
    end: ImapEnd = request.getfixturevalue(server)
    parcel = parcel_of("a.csv", [b"x" * 5000], repeated=True)
    torn = f"Message-ID: <{parcel.file.id}@backroom.invalid>\r\nSubject: a.csv\r\n\r\nxx".encode()
    end.put(torn)
    end.put(torn)
    end.put(b"Message-ID: <other@example.org>\r\n\r\nnot ours")
    with open_imap(end.method(), GATE, PATIENCE) as post:
        post.deliver(parcel)
    theirs, ours = end.messages()
    assert theirs["Message-ID"] == "<other@example.org>"
    (attachment,) = ours.iter_attachments()
    assert attachment.get_payload(decode=True) == b"x" * 5000


def test_what_others_have_marked_for_deletion_is_never_expunged(poor: ImapEnd) -> None:
    poor.put(b"Message-ID: <theirs@example.org>\r\n\r\nmarked, and perhaps wanted again")
    with poor.client() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Deleted)")
    with open_imap(poor.method(), GATE, PATIENCE) as post:
        post.verify("probe.txt")
    assert [message["Subject"] for message in poor.messages()] == [None, "Test de connexion"]
    assert [rb"\Deleted" in flags for flags in poor.flags()] == [True, True]


@pytest.mark.parametrize(
    ("folder", "wire"),
    [
        ("Été & Co", "&AMk-t&AOk- &- Co"),
        ("a/b/c", "a/b/c"),
        ("&", "&-"),
        ("日本語/台北", "&ZeVnLIqe-/&U,BTFw-"),
        ("100% * sûr", "100% * s&APs-r"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_missing_folder_is_made_whatever_its_name(end: ImapEnd, folder: str, wire: str) -> None:
    with open_imap(end.method(folder), GATE, PATIENCE) as post:
        post.check()
        post.deliver(parcel_of("a.csv", [b"x"]))
    assert contents(end, wire) == {"a.csv": b"x"}
    with end.client() as client:
        _, listed = client.lsub()
    shown = [line.decode().rpartition('"/" ')[2].strip('"') for line in listed if isinstance(line, bytes)]
    assert wire in shown


@pytest.mark.parametrize("folder", ['"quoted"', "back\\slash", 'a"/b\\'])
def test_quotes_and_backslashes_are_part_of_a_name(end: ImapEnd, folder: str) -> None:
    with open_imap(end.method(folder), GATE, PATIENCE) as post:
        post.deliver(parcel_of("a.csv", [b"x"]))
    assert contents(end, folder.replace("\\", "\\\\").replace('"', '\\"')) == {"a.csv": b"x"}


def test_a_folder_that_goes_away_in_the_middle_is_made_again(end: ImapEnd) -> None:
    with open_imap(end.method("in/box"), GATE, PATIENCE) as post:
        post.deliver(parcel_of("a.csv", [b"x"]))
        with end.client() as client:
            client.delete("in/box")
        post.deliver(parcel_of("b.csv", [b"y"]))
    assert contents(end, "in/box") == {"b.csv": b"y"}


def test_a_check_makes_nothing(end: ImapEnd) -> None:
    with open_imap(end.method("new"), GATE, PATIENCE) as post:
        post.check()
    with end.client() as client:
        assert client.select("new")[0] == "NO"


@pytest.mark.parametrize("server", ["end", "poor"])
def test_verifying_leaves_nothing_behind(server: str, request: pytest.FixtureRequest) -> None:
    end: ImapEnd = request.getfixturevalue(server)
    with open_imap(end.method("new"), GATE, PATIENCE) as post:
        assert list(post.verify("probe.txt")) == []
        assert list(post.verify("probe.txt")) == []
    assert end.messages("new") == []


def test_a_file_that_breaks_off_leaves_nothing_and_the_next_passes(end: ImapEnd) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise SpoolFileDamaged("a.csv", "files/1")

    with open_imap(end.method("in"), GATE, PATIENCE) as post:
        with pytest.raises(SpoolFileDamaged):
            post.deliver(replace(parcel_of("a.csv", [b"x" * 200_000]), chunks=broken))
        post.deliver(parcel_of("b.csv", [b"y"]))
    assert contents(end, "in") == {"b.csv": b"y"}


@pytest.mark.parametrize("said", [4, 6])
def test_a_file_of_another_length_than_was_said_fails(end: ImapEnd, said: int) -> None:
    with open_imap(end.method("in"), GATE, PATIENCE) as post:
        with pytest.raises(NotVerified):
            post.deliver(parcel_of("a.csv", [b"x" * 5], size_bytes=said))
        post.deliver(parcel_of("b.csv", [b"y"]))
    assert contents(end, "in") == {"b.csv": b"y"}


def test_what_the_reading_of_a_file_raises_goes_through(end: ImapEnd) -> None:
    def broken(chunk: bytes) -> bytes:
        raise OSError("the spool's disk is broken")

    def unreadable() -> Iterator[bytes]:
        return map(broken, [b"x"])

    with open_imap(end.method(), GATE, PATIENCE) as post, pytest.raises(OSError, match="disk is broken"):
        post.deliver(replace(parcel_of("a.csv", [b"x"]), chunks=unreadable))


def test_a_file_that_the_server_says_is_too_large_is_refused_unsent_and_alone(ends: Ends) -> None:
    end = ends(limit=10_000)
    with open_imap(end.method(), GATE, PATIENCE) as post:
        with pytest.raises(RefusedByServer, match="messages of 10000 bytes"):
            post.deliver(parcel_of("large.csv", [b"x" * 10_000]))
        post.deliver(parcel_of("small.csv", [b"y"]))
    assert contents(end) == {"small.csv": b"y"}


def test_wherever_the_connection_breaks_the_file_arrives_once(end: ImapEnd) -> None:
    """Cut after ever more bytes towards the server, until a whole session passes; each file is tried again."""
    files: dict[str, bytes] = {}
    broken = 0
    with CuttingProxy(end.port) as proxy:
        method = replace(end.method("in/box"), port=proxy.port)
        for offset in range(0, 3_000, 61):
            parcel = parcel_of(f"{offset}.csv", [bytes([offset % 256]) * 1_000])
            files[parcel.file.file_name] = b"".join(parcel.chunks())
            proxy.cut_after(offset)
            try:
                send(method, parcel)
            except ConnectionLost:
                broken += 1
                proxy.cut_after(None)
                send(method, replace(parcel, repeated=True))
    assert contents(end, "in/box") == files
    assert broken > 25


def test_a_message_that_was_stored_without_a_word_is_found_by_the_next_try(
    end: ImapEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ConnectionState.do_append

    async def store_and_hang_up(state: ConnectionState, command: AppendCommand) -> NoReturn:
        await store(state, command)
        raise CloseConnection

    parcel = parcel_of("a.csv", [b"x" * 1_000])
    with monkeypatch.context() as losing:
        losing.setattr(ConnectionState, "do_append", store_and_hang_up)
        with pytest.raises(ConnectionLost):
            send(end.method("in"), parcel)
    send(end.method("in"), replace(parcel, repeated=True))
    assert contents(end, "in") == {"a.csv": b"x" * 1_000}


def test_a_wrong_password_is_told(end: ImapEnd) -> None:
    with pytest.raises(NotLoggedIn) as caught, open_imap(end.method(password="wrong"), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert "wrong" not in str(caught.value)


def test_lost_secrets_are_told_without_a_connection(end: ImapEnd) -> None:
    method = replace(end.method(), port=1, login=Login(unreadable=True))
    with pytest.raises(SecretLost), open_imap(method, GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_folder_for_reading_only_is_told(end: ImapEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymap.backend.dict.mailbox.MailboxData.readonly", property(lambda mailbox: True))
    with open_imap(end.method(), GATE, PATIENCE) as post:
        with pytest.raises(NoPermission):
            post.check()
        with pytest.raises(CarryFailed):
            post.deliver(parcel_of("a.csv", [b"x"]))
