"""A file past the spool arrives whole or not at all, whatever fails and whoever dies."""

from dataclasses import replace
from hashlib import sha256
from uuid import uuid4

import pytest

from chassis.errors import FieldProblem, InvalidInput, Unavailable, UnknownResource
from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.failures import FolderMissing, NotAFolder
from services.delivery.domain.file_failures import AlreadyThere, HashNotVerified, NotVerified
from services.delivery.domain.logins import Login
from services.delivery.domain.spool import FileState
from services.delivery.domain.transfer_options import Existing, TransferOptions
from tests.delivery.passage import Given, Passage


def breaking(at: int, error: Exception, *pieces: bytes) -> Given:
    def fail() -> None:
        raise error

    return Given(pieces, before={at: fail})


BROKEN = InvalidInput(FieldProblem("end", "the stream stopped before its end; send the file again"))


def test_a_file_streams_under_a_temporary_name_and_gets_its_own_at_the_end(passage: Passage) -> None:
    passage.destination()
    seen: list[dict[str, bytes]] = []
    content = Given([b"one", b"two"], before={1: lambda: seen.append(passage.files())})
    file = passage.send(content=content)
    assert [list(names) for names in seen] == [[f".backroom-{file.id}-1.part"]]
    assert passage.files() == {"base.dump": b"onetwo"}
    assert (file.state, file.size_bytes, file.sha256) == (FileState.DELIVERED, 6, sha256(b"onetwo").hexdigest())
    assert file.unspooled
    assert passage.sizes_told == [-1]
    assert passage.tries() == [(1, "DELIVERED", None)]
    assert passage.metered == ["server-path"]
    assert passage.journal() == ["Fichier base.dump envoyé vers destinations/far (6 octets, essai n° 1)"]


def test_while_it_streams_it_is_listed_without_a_size_and_nobody_else_sends_it(passage: Passage) -> None:
    passage.destination()

    def look() -> None:
        row = passage.row()
        assert (row.state, row.size_bytes, row.unspooled) == (FileState.SENDING, 0, True)
        with passage.work() as work:
            assert not work.spool.waiting(7, "far", training=False)
            assert not work.retries.left(7)
            assert not work.retries.forgotten()
            assert work.upkeep.figures().files == {}
            assert work.sendings.files_of(4, [row.id]) == {}
            assert work.spool.sealed_for("far") == 1  # its destination stays as long
        assert passage.abandoned() == 0

    passage.send(content=Given([b"one", b"two"], before={1: look}))


def test_a_repeat_that_has_arrived_answers_at_once_and_reads_nothing(passage: Passage) -> None:
    passage.destination()
    first = passage.send(b"one")
    for epoch in (1, 2):
        again = Given([b"other"])
        assert passage.send(content=again, epoch=epoch) == first
        assert again.read == 0
    assert passage.files() == {"base.dump": b"one"}


def test_a_file_in_training_goes_to_the_sandbox(passage: Passage) -> None:
    passage.destination()
    passage.send(b"one", mode="training")
    assert passage.files() == {}
    assert passage.files("sandbox/far") == {"base.dump": b"one"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (breaking(0, BROKEN), InvalidInput),
        (breaking(2, BROKEN, b"one", b"two"), InvalidInput),
        (breaking(1, Unavailable("the caller has gone"), b"one"), Unavailable),
    ],
)
def test_what_breaks_off_leaves_nothing_there(passage: Passage, content: Given, error: type[Exception]) -> None:
    passage.destination()
    with pytest.raises(error):
        passage.send(content=content)
    assert passage.files() == {}
    row = passage.row()
    assert (row.state, row.swept, row.failure) == (FileState.DISCARDED, row.attempts, None)
    assert passage.tries() == [(1, "BROKEN_OFF", None)]
    assert passage.metered == ["server-path BROKEN_OFF"]
    (line,) = passage.journal()
    assert line.startswith("Fichier base.dump non déposé vers destinations/far, rien n'en est resté")
    assert line.endswith("l'envoi a été interrompu avant la fin")
    again = passage.send(b"whole", epoch=2)
    assert (again.id, again.state) == (row.id, FileState.DELIVERED)
    assert passage.files() == {"base.dump": b"whole"}


@pytest.mark.parametrize(
    ("size_bytes", "told", "error"),
    [(2, None, NotVerified), (3, "f" * 64, HashNotVerified), (None, "f" * 64, HashNotVerified)],
)
def test_what_arrives_changed_is_taken_away(
    passage: Passage, size_bytes: int | None, told: str | None, error: type[Exception]
) -> None:
    passage.destination()
    (passage.outgoing / "far").mkdir()
    (passage.outgoing / "far" / "base.dump").write_bytes(b"yesterday's")
    passage.arrived = lambda arrived: replace(arrived, size_bytes=size_bytes, sha256=told)
    with pytest.raises(error):
        passage.send(b"one")
    assert passage.files() == {"base.dump": b"yesterday's"}
    assert [(number, state) for number, state, _ in passage.tries()] == [(1, "FAILED")]


def test_what_cannot_be_taken_away_is_litter_for_the_next_sending_there(passage: Passage) -> None:
    passage.destination()

    def lose() -> None:
        passage.lost = True
        raise Unavailable("the caller has gone")

    with pytest.raises(Unavailable):
        passage.send(content=Given([b"one"], before={1: lose}))
    left = passage.row()
    assert list(passage.files()) == [left.temporary_name]
    assert (left.state, left.swept) == (FileState.DISCARDED, 0)
    passage.lost = False
    passage.send(b"another", attempt=uuid4(), file_name="other.dump", run=5)
    assert passage.files() == {"other.dump": b"another"}
    assert passage.row().swept == 1


def test_a_destination_that_holds_messages_is_refused_and_nothing_is_recorded(passage: Passage) -> None:
    passage.destination(
        Imap(
            host="far",
            port=993,
            user_name="u",
            security=Security.IMPLICIT,
            trust=Trust(),
            folder="",
            login=Login(password="p", private_key=None, passphrase=None),
        )
    )
    content = Given([b"one"])
    with pytest.raises(NotAFolder, match="destinations/far takes whole messages"):
        passage.send(content=content)
    assert content.read == 0
    assert passage.tries() == []


def test_an_unknown_destination_is_said(passage: Passage) -> None:
    with pytest.raises(UnknownResource):
        passage.send(b"one")


def test_a_folder_that_must_exist_is_not_made(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(folder_must_exist=True))
    with pytest.raises(FolderMissing):
        passage.send(b"one")
    assert passage.row().state is FileState.DISCARDED


def test_a_file_that_may_not_be_replaced_is_told_before_a_byte_is_read(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(existing=Existing.REFUSE))
    passage.send(b"one")
    content = Given([b"two"])
    with pytest.raises(AlreadyThere):
        passage.send(content=content, attempt=uuid4(), run=5)
    assert content.read == 0
    assert passage.files() == {"base.dump": b"one"}


def test_one_that_comes_in_between_is_not_replaced_either(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(existing=Existing.REFUSE))
    twin = passage.outgoing / "far" / "base.dump"

    def write() -> None:
        twin.write_bytes(b"theirs")

    with pytest.raises(AlreadyThere):
        passage.send(content=Given([b"one"], before={1: write}))
    assert passage.files() == {"base.dump": b"theirs"}


def test_where_both_are_kept_the_next_free_name_is_taken(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(existing=Existing.KEEP_BOTH))
    passage.send(b"one")
    names = [passage.send(b"two", attempt=uuid4(), run=run).target_name for run in (5, 6)]
    assert names == ["base (2).dump", "base (3).dump"]
    assert sorted(passage.files()) == ["base (2).dump", "base (3).dump", "base.dump"]


def test_a_server_that_cannot_rename_gets_the_file_under_its_name_and_loses_it_where_it_breaks_off(
    passage: Passage,
) -> None:
    passage.destination(transfer=TransferOptions(write_directly=True))
    seen: list[str] = []
    passage.send(content=Given([b"one", b"two"], before={1: lambda: seen.extend(passage.files())}))
    assert seen == ["base.dump"]
    assert passage.files() == {"base.dump": b"onetwo"}
    with pytest.raises(InvalidInput):
        passage.send(content=breaking(1, BROKEN, b"half"), attempt=uuid4(), run=5)
    assert passage.files() == {}
