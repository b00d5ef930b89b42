"""The IMAP gateway against servers that break off, refuse, babble and stumble."""

import socket
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    DiskFull,
    FolderMissing,
    NoPermission,
    NotAnImapServer,
    TimedOut,
)
from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.gateways.imap import wire
from services.delivery.gateways.imap.post import open_imap
from services.delivery.gateways.imap.source import open_imap_source
from services.delivery.gateways.imap.wire import LONGEST_LINE, Silent, Wire
from tests.delivery.conftest import GATE, HURRIED, PATIENCE
from tests.delivery.imap_script import ImapScript, Scripts, hang_up, no, ok, raw
from tests.delivery.parcels import parcel_of

PARCEL = parcel_of("a.csv", [b"x" * 1000])


def deliver(script: ImapScript, *, repeated: bool = False, folder: str = "") -> None:
    with open_imap(script.method(folder), GATE, HURRIED) as post:
        post.deliver(replace(PARCEL, repeated=repeated))


def failure(script: ImapScript, *, repeated: bool = False, folder: str = "") -> CarryFailed:
    with pytest.raises(CarryFailed) as caught:
        deliver(script, repeated=repeated, folder=folder)
    return caught.value


def test_an_answer_that_is_lost_after_the_literal_is_cleared_up_by_the_next_try(scripts: Scripts) -> None:
    losing = scripts({"APPEND": hang_up})
    assert isinstance(failure(losing), ConnectionLost)
    (sent,) = losing.literals
    arrived = scripts(
        {"UID SEARCH": ok("SEARCH 9"), "UID FETCH": ok(f"1 FETCH (UID 9 RFC822.SIZE {len(sent)} FLAGS ())")}
    )
    deliver(arrived, repeated=True)
    assert arrived.literals == []
    never_arrived = scripts()
    deliver(never_arrived, repeated=True)
    assert never_arrived.literals == [sent], "the message is another than the first time"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("[OVERQUOTA] sorry", DiskFull, "sorry"),
        ("Mailbox is over quota", DiskFull, "over quota"),
        ("[NOPERM] not here", NoPermission, "not here"),
        ("Permission denied", NoPermission, "denied"),
        ("[LIMIT] at most 5 MB", RefusedByServer, "5 MB"),
        ("[TOOBIG] at most 5 MB", RefusedByServer, "5 MB"),
        ("[CANNOT] because", RefusedByServer, "because"),
        ("because", RefusedByServer, "because"),
    ],
)
@pytest.mark.parametrize("early", [False, True])
def test_a_refused_message_says_why(
    scripts: Scripts, answer: str, kind: type[CarryFailed], words: str, early: bool
) -> None:
    """Before the literal, or after it."""
    script = scripts({"APPEND": no(answer)}, asks_for_literals=not early)
    told = failure(script)
    assert type(told) is kind
    assert words in str(told)
    assert script.literals == [] if early else len(script.literals) == 1


def test_a_command_that_the_server_does_not_understand_is_told_in_its_words(scripts: Scripts) -> None:
    script = scripts({"APPEND": lambda tag, line: f"{tag} BAD no such date\r\n".encode()})
    told = failure(script)
    assert isinstance(told, RefusedByServer)
    assert "no such date" in str(told)


def test_a_server_that_refuses_in_the_middle_of_a_large_file_and_hangs_up_is_heard(scripts: Scripts) -> None:
    script = scripts({"APPEND": lambda tag, line: f"{tag} NO [OVERQUOTA] enough\r\n".encode()}, read_literals=False)
    large = parcel_of("a.csv", [b"x" * 65_536] * 800)
    with open_imap(script.method(), GATE, PATIENCE) as post, pytest.raises((DiskFull, ConnectionLost)):
        post.deliver(large)


def test_a_folder_said_to_be_missing_is_made_and_the_file_sent_again(scripts: Scripts) -> None:
    made: list[str] = []

    def create(tag: str, line: str) -> bytes:
        made.append(line)
        return f"{tag} OK made\r\n".encode()

    def append(tag: str, line: str) -> bytes:
        status = "OK [APPENDUID 7 1]" if len(made) > 1 else "NO [TRYCREATE]"
        return f"{tag} {status} so\r\n".encode()

    script = scripts({"LIST": ok(), "CREATE": create, "APPEND": append})
    deliver(script, folder="in")
    assert made == ['CREATE "in"', 'CREATE "in"']
    assert len(script.literals) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("[NOPERM] no", NoPermission), ("[OVERQUOTA] no", DiskFull), ("[CANNOT] bad name", FolderMissing)],
)
def test_a_folder_that_cannot_be_made_is_told(scripts: Scripts, answer: str, kind: type[CarryFailed]) -> None:
    assert type(failure(scripts({"LIST": ok(), "CREATE": no(answer)}), folder="in")) is kind


def test_a_folder_that_another_makes_at_the_same_time_is_taken(scripts: Scripts) -> None:
    script = scripts({"LIST": ok(), "CREATE": no("[ALREADYEXISTS] it is there")})
    deliver(script, folder="in")
    assert len(script.literals) == 1


def test_a_folder_that_the_server_cannot_hold_is_told(scripts: Scripts) -> None:
    told = failure(scripts({"LIST": ok('LIST () "." ""')}), folder="a.b")
    assert isinstance(told, FolderMissing)
    assert "separates levels" in str(told)


def test_answers_may_come_in_pieces_and_between_them_what_nobody_asked_for(scripts: Scripts) -> None:
    """One byte at a time; new messages, expunged ones, flags, warnings, and kinds of answers of the future."""
    noise = [
        "7 EXISTS",
        "1 EXPUNGE",
        "4 FETCH (FLAGS (\\Seen))",
        "OK [ALERT] {12}",
        "X-NEW (a {3}\r\nb)c d)",
        "NO [X] hm",
    ]
    sized = f"2 FETCH (UID 9 RFC822.SIZE {message_size()})"
    script = scripts(
        {
            "APPEND": ok(*noise, text="[APPENDUID 7 1] so"),
            "SELECT": ok(*noise, "OK [UIDVALIDITY 7] so"),
            "UID SEARCH": ok(*noise[:2], "SEARCH 9", *noise[2:]),
            "UID FETCH": ok(*noise, sized, *noise),
            "LIST": ok(*noise, 'LIST () "/" {2}\r\nin', *noise),
        },
        piece=1,
    )
    deliver(script, repeated=True, folder="in")
    assert script.literals == []


def message_size() -> int:
    sent = ImapScript({})
    try:
        deliver(sent)
        return len(sent.literals[0])
    finally:
        sent.close()


def test_a_server_that_says_ok_and_has_nothing_is_not_believed(scripts: Scripts) -> None:
    assert isinstance(failure(scripts({"APPEND": ok()})), NotVerified)


def test_a_message_that_is_not_as_long_as_was_sent_is_taken_away_again(scripts: Scripts) -> None:
    """Else each try of a server that alters messages, or tells no true lengths, would lay one more beside it."""
    script = scripts({"APPEND": ok(), "UID SEARCH": ok("SEARCH 9"), "UID FETCH": ok("1 FETCH (UID 9 RFC822.SIZE 5)")})
    told = failure(script)
    assert isinstance(told, NotVerified)
    assert told.facts["arrived"] == "5"
    assert "UID EXPUNGE 9" in script.commands


def test_without_a_uid_the_message_is_looked_for(scripts: Scripts) -> None:
    size = message_size()
    script = scripts(
        {"APPEND": ok(), "UID SEARCH": ok("SEARCH 9"), "UID FETCH": ok(f"1 FETCH (UID 9 RFC822.SIZE {size})")}
    )
    deliver(script)
    assert [each for each in script.commands if each.startswith("UID SEARCH")] == [
        f'UID SEARCH UNDELETED HEADER Message-ID "<{PARCEL.file.id}@backroom.invalid>"'
    ]


@pytest.mark.parametrize(
    ("said", "full"),
    [
        ('QUOTA "" (STORAGE 10 10)', True),
        ('QUOTA "" (STORAGE 9 10 MESSAGE 7 5)', True),
        ('QUOTA "" (STORAGE 9 10)', False),
        ('QUOTA "" (STORAGE 9 0)', False),
        ('QUOTA "" ()', False),
        ("QUOTAROOT INBOX", False),
    ],
)
def test_a_check_tells_an_account_that_is_full(scripts: Scripts, said: str, full: bool) -> None:
    script = scripts({"CAPABILITY": ok("CAPABILITY IMAP4rev1 QUOTA"), "GETQUOTAROOT": ok(said)})
    with open_imap(script.method(), GATE, HURRIED) as post:
        if full:
            with pytest.raises(DiskFull):
                post.check()
        else:
            post.check()


def test_a_search_that_is_refused_never_leads_to_a_double(scripts: Scripts) -> None:
    script = scripts({"UID SEARCH": no("the index is being built")})
    assert isinstance(failure(script, repeated=True), RefusedByServer)
    assert script.literals == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", TimedOut),
        (b"* BYE shutting down\r\n", ConnectionLost),
        (b"* 1 FETCH (UID 9 RFC822.SIZE {99999999999}\r\n", NotAnImapServer),
        (b"* 1 FETCH (UID 9 RFC822.SIZE 1\r\nB6 OK so\r\n", NotAnImapServer),
        (b"* 1 FETCH\r\nB6 OK so\r\n", NotAnImapServer),
        (b"* 1 FETCH (UID 9 RFC822.SIZE much)\r\nB6 OK so\r\n", NotAnImapServer),
        (b"* 1 FETCH (UID)\r\nB6 OK so\r\n", NotAnImapServer),
        (b"what?\r\n", NotAnImapServer),
        (b"B5 OK an old answer\r\n", NotAnImapServer),
        (b"* " + b"x" * (LONGEST_LINE + 70_000), NotAnImapServer),
    ],
    ids=range(10),
)
def test_babble_ends_the_session_with_a_failure_of_ours(
    scripts: Scripts, answer: bytes, kind: type[CarryFailed]
) -> None:
    script = scripts({"UID SEARCH": ok("SEARCH 9"), "UID FETCH": raw(answer)})
    assert type(failure(script, repeated=True)) is kind
    assert script.literals == []


@pytest.mark.parametrize(
    "answer",
    [b"* 1 EXISTS\r\n" * 100_000, b"* X " + (b"{65536}\r\n" + b"x" * 65_536) * 400 + b"\r\n* X"],
    ids=["lines", "literals of one line"],
)
def test_answers_without_end_are_cut_off_in_bounded_memory(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 1 << 20)
    script = scripts({"SELECT": raw(answer)})
    tracemalloc.start()
    try:
        told = failure(script, repeated=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(told, NotAnImapServer)
    assert peak < 6 << 20


@pytest.mark.parametrize("piece", [b"x", b"* OK still here\r\n"])
def test_an_answer_that_never_comes_to_its_end_is_waited_for_only_so_long(
    dripping: Callable[[bytes], int], monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    monkeypatch.setattr(wire, "MOST_WAITS", 2)
    with closing(Wire(socket.create_connection(("127.0.0.1", dripping(piece))))) as line:
        line.settle(0.5)
        with pytest.raises(Silent):
            line.ask(b"NOOP")


def test_an_argument_never_breaks_its_line() -> None:
    """Whoever forgets to quote learns it here, not at the server."""
    here, there = socket.socketpair()
    with here, there, pytest.raises(ValueError, match="break the line"):
        Wire(here).ask(b"NOOP\r\nB2 DELETE INBOX")


def test_a_source_that_ignores_windows_gives_a_small_file_once(scripts: Scripts) -> None:
    structure = '("application" "pdf" ("name" "a.pdf") NIL NIL "8bit" 3)'
    script = scripts(
        {
            "UID SEARCH": ok("SEARCH 9"),
            "UID FETCH": lambda tag, line: ok(
                f"1 FETCH (UID 9 BODYSTRUCTURE {structure})" if "STRUCTURE" in line else '1 FETCH (UID 9 BODY[1] "abc")'
            )(tag, line),
        }
    )
    with open_imap_source(script.method(), GATE, HURRIED) as source:
        (offered,) = source.offered()
        assert b"".join(source.read(offered)) == b"abc"
