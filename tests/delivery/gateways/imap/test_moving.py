"""Messages archived and deleted at servers that cannot move them, nor delete by UID."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import NoReturn

import pytest
from pymap.exceptions import CloseConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command.select import CopyCommand

from services.delivery.domain.failures import ConnectionLost
from services.delivery.gateways.imap.client import open_client
from services.delivery.gateways.imap.source import open_imap_source
from tests.delivery.conftest import GATE, HURRIED, PATIENCE
from tests.delivery.imap_end import ImapEnd
from tests.delivery.imap_script import Reply, Scripts, no, ok

POOR = ok("CAPABILITY IMAP4rev1")
HERE = '(ENVELOPE ("date" {id}) INTERNALDATE " 1-Mar-2026 22:04:05 +0000" RFC822.SIZE 5 UID 9)'
ID = '"<a@example.org>"'


def described(original: str, *copies: str) -> Reply:
    """Answers what is asked of message 9, and of those that are found in the archive."""

    def reply(tag: str, line: str) -> bytes | None:
        said = [original] if "FETCH 9 " in line else copies
        return ok(*(f"{place} FETCH {each}" for place, each in enumerate(said, 1)))(tag, line)

    return reply


def message(subject: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["Message-ID"] = subject, f"<{subject}@example.org>"
    made.add_attachment(b"x", maintype="text", subtype="csv", filename="a.csv")
    return made


@pytest.fixture
def poor() -> Iterator[ImapEnd]:
    """A server that only copies."""
    made = ImapEnd(silent_about=(b"UIDPLUS", b"MOVE"))
    made.start()
    yield made
    made.close()


def archived(scripts: Scripts, **replies: Reply) -> list[str]:
    """The commands by which message 9 is archived, once its folder is opened and the archive is there."""
    usual = {
        "CAPABILITY": POOR,
        "LIST": ok('LIST () "/" "done"'),
        "EXAMINE": ok(),
        "UID COPY": ok(),
        "EXPUNGE": ok(),
    }
    script = scripts(usual | {name.replace("_", " "): reply for name, reply in replies.items()})
    with open_imap_source(script.method(), GATE, HURRIED) as source:
        source.archive("7/9", "done")
    return [each for each in script.commands if each.startswith(("UID", "EX", "SELECT"))]


def test_a_message_that_an_earlier_try_has_copied_is_only_removed(scripts: Scripts) -> None:
    copy = HERE.format(id=ID).replace("UID 9", "UID 4")

    def search(tag: str, line: str) -> bytes | None:
        return ok("SEARCH 9" if "SEARCH DELETED" in line else "SEARCH 4")(tag, line)

    assert archived(scripts, UID_FETCH=described(HERE.format(id=ID), copy), UID_SEARCH=search) == [
        'SELECT "INBOX"',
        "UID FETCH 9 (UID ENVELOPE INTERNALDATE RFC822.SIZE)",
        'EXAMINE "done"',
        f"UID SEARCH UNDELETED HEADER Message-ID {ID}",
        "UID FETCH 4 (UID ENVELOPE INTERNALDATE RFC822.SIZE)",
        'SELECT "INBOX"',
        r"UID STORE 9 +FLAGS.SILENT (\Deleted)",
        "UID SEARCH DELETED",
        "EXPUNGE",
    ]


@pytest.mark.parametrize(
    ("original", "copies"),
    [
        (HERE.format(id=ID), []),
        (HERE.format(id=ID), [HERE.format(id=ID).replace("SIZE 5", "SIZE 6").replace("UID 9", "UID 4")]),
        (HERE.format(id=ID), [HERE.format(id=ID).replace("22:04", "22:05").replace("UID 9", "UID 4")]),
        (HERE.format(id="NIL"), [HERE.format(id="NIL").replace("UID 9", "UID 4")]),
        (HERE.format(id='"<é@example.org>"'), []),
    ],
)
def test_what_is_no_copy_of_a_message_does_not_stand_for_it(scripts: Scripts, original: str, copies: list[str]) -> None:
    searched = ok("SEARCH 4") if copies else ok("SEARCH")
    commands = archived(scripts, UID_FETCH=described(original, *copies), UID_SEARCH=searched)
    copied, marked = commands.index('UID COPY 9 "done"'), commands.index(r"UID STORE 9 +FLAGS.SILENT (\Deleted)")
    assert commands[:copied].count('SELECT "INBOX"') == 1 + commands[:copied].count('EXAMINE "done"')
    assert copied < marked


def test_a_folder_made_anew_while_the_archive_was_looked_at_loses_nothing(scripts: Scripts) -> None:
    validities = iter((7, 8))

    def select(tag: str, line: str) -> bytes | None:
        return ok(f"OK [UIDVALIDITY {next(validities)}] valid")(tag, line)

    commands = archived(scripts, SELECT=select, UID_FETCH=described(HERE.format(id=ID)))
    assert commands[-1] == 'SELECT "INBOX"'
    assert not any("COPY" in each or "STORE" in each for each in commands)


def test_an_archiving_that_broke_off_after_the_copy_leaves_one(poor: ImapEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = ConnectionState.do_copy

    async def copy_and_hang_up(state: ConnectionState, command: CopyCommand) -> NoReturn:
        await copy(state, command)
        raise CloseConnection

    poor.put(message("taken"))
    poor.put(message("stays"))
    with monkeypatch.context() as losing, open_imap_source(poor.method(), GATE, PATIENCE) as source:
        losing.setattr(ConnectionState, "do_copy", copy_and_hang_up)
        taken, _ = source.offered()
        with pytest.raises(ConnectionLost):
            source.archive(taken.container, "done")
    assert [len(poor.messages(folder)) for folder in ("INBOX", "done")] == [2, 1]
    with open_imap_source(poor.method(), GATE, PATIENCE) as source:
        source.archive(taken.container, "done")
        assert len(source.offered()) == 1
    assert [each["Subject"] for each in poor.messages()] == ["stays"]
    assert [each["Subject"] for each in poor.messages("done")] == ["taken"]


@pytest.mark.parametrize("marked", ["SEARCH", "SEARCH 3 9", "SEARCH 3", "ESEARCH UID ALL 9"])
def test_nothing_is_expunged_unless_it_is_ours_alone(scripts: Scripts, marked: str) -> None:
    """A server that answers otherwise, or nothing at all, has said nothing of what others have marked."""
    script = scripts({"CAPABILITY": POOR, "UID SEARCH": ok(marked), "EXPUNGE": ok()})
    with open_imap_source(script.method(), GATE, HURRIED) as source:
        source.delete("7/9")
    assert r"UID STORE 9 +FLAGS.SILENT (\Deleted)" in script.commands
    assert "EXPUNGE" not in script.commands


def test_messages_that_others_expunged_meanwhile_leave_the_rest_to_be_expunged(scripts: Scripts) -> None:
    script = scripts({"CAPABILITY": POOR, "UID SEARCH": ok("SEARCH 9"), "EXPUNGE": ok()})
    with open_client(script.method(), GATE, HURRIED) as client:
        client.select()
        client.remove([8, 9])
    assert script.commands[-1] == "LOGOUT"
    assert "EXPUNGE" in script.commands


def test_an_archive_that_may_only_be_filled_is_filled(scripts: Scripts) -> None:
    commands = archived(scripts, UID_FETCH=described(HERE.format(id=ID)), EXAMINE=no("[NOPERM] not to be read"))
    assert commands.index('EXAMINE "done"') < commands.index('UID COPY 9 "done"')
