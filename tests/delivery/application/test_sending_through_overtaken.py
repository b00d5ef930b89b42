"""A file sent past the spool whose try dies, is overtaken, given up or kept back; and many at once."""

import threading
from hashlib import sha256
from uuid import uuid4

import pytest

from chassis.errors import InvalidInput, LimitReached, Unavailable
from services.delivery.application.ports import Milestone
from services.delivery.domain.errors import EpochPassed
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.transfer_options import Existing, TransferOptions
from tests.delivery.passage import ATTEMPT, Given, Passage


@pytest.mark.parametrize("milestone", [Milestone.TRY_RECORDED, Milestone.WRITTEN, Milestone.RENAMING_RECORDED])
def test_after_a_death_the_next_epoch_takes_over_and_no_temporary_stays(passage: Passage, milestone: Milestone) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=milestone)
    died = passage.row()
    assert died.state in (FileState.SENDING, FileState.RENAMING)
    file = passage.send(b"one", epoch=2)
    assert (file.id, file.epoch, file.attempts) == (died.id, 2, 2)
    assert passage.files() == {"base.dump": b"one"}
    assert passage.tries() == [(1, "BROKEN_OFF", None), (2, "DELIVERED", None)]


@pytest.mark.parametrize("existing", list(Existing))
def test_a_renaming_that_had_happened_before_the_death_is_found_and_nothing_is_sent_twice(
    passage: Passage, existing: Existing
) -> None:
    passage.destination(transfer=TransferOptions(existing=existing))
    passage.send_and_die(b"one", at=Milestone.RENAMED)
    content = Given([b"two"])
    file = passage.send(content=content, epoch=2)
    assert content.read == 0
    assert (file.state, file.size_bytes, file.sha256) == (FileState.DELIVERED, 3, sha256(b"one").hexdigest())
    assert passage.files() == {"base.dump": b"one"}


def test_a_renaming_that_was_another_s_does_not_count(passage: Passage) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=Milestone.RENAMING_RECORDED)
    (passage.outgoing / "far" / passage.row().temporary_name).rename(passage.root / "taken away")
    (passage.outgoing / "far" / "base.dump").write_bytes(b"visibly another")
    assert passage.send(b"two", epoch=2).size_bytes == 3
    assert passage.files() == {"base.dump": b"two"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_goes_with_the_renaming_is_asked_again_over_another(passage: Passage, when: str) -> None:
    passage.destination()
    passage.lose_rename = when
    assert passage.send(b"one").state is FileState.DELIVERED
    assert passage.files() == {"base.dump": b"one"}


def test_a_try_that_is_overtaken_takes_nothing_away_that_bears_the_name_now(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(write_directly=True))

    def overtaken() -> None:
        passage.send(b"newer", epoch=2)
        raise Unavailable("nothing was said")

    with pytest.raises(Unavailable):
        passage.send(content=Given([b"old"], before={1: overtaken}))
    assert passage.row().state is FileState.DELIVERED
    assert "base.dump" in passage.files()


def test_a_file_that_could_not_even_be_opened_takes_none_of_its_name_away(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(write_directly=True))
    (passage.outgoing / "far").mkdir()
    (passage.outgoing / "far" / "base.dump").write_bytes(b"yesterday's")
    passage.refuse_write = RefusedByServer("base.dump", "busy")
    with pytest.raises(RefusedByServer):
        passage.send(b"today's")
    assert passage.files() == {"base.dump": b"yesterday's"}


def test_a_later_try_overtakes_one_that_does_not_know_it_yet(passage: Passage) -> None:
    passage.destination()
    later: list[SpoolFile] = []
    content = Given([b"old", b"er"], before={1: lambda: later.append(passage.send(b"newer", epoch=2))})
    with pytest.raises(EpochPassed):
        passage.send(content=content)
    assert later[0].state is FileState.DELIVERED
    assert passage.files() == {"base.dump": b"newer"}
    assert passage.row().state is FileState.DELIVERED
    assert passage.tries() == [(1, "BROKEN_OFF", None), (2, "DELIVERED", None)]
    with pytest.raises(EpochPassed):
        passage.send(b"older", epoch=1)


def test_the_sweep_discards_only_what_nobody_sends_any_more(passage: Passage) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=Milestone.WRITTEN)
    left = passage.row()
    assert passage.sweep().broken == 1
    row = passage.row()
    assert (row.state, row.swept) == (FileState.DISCARDED, 0)
    assert passage.tries() == [(1, "BROKEN_OFF", None)]
    assert list(passage.files()) == [left.temporary_name]
    assert passage.abandoned() == 0
    passage.send(b"other", attempt=uuid4(), file_name="other.dump", run=5)
    assert passage.files() == {"other.dump": b"other"}


def test_one_that_was_given_up_while_it_streamed_fails_and_leaves_nothing(passage: Passage) -> None:
    passage.destination()
    with pytest.raises(EpochPassed):
        passage.send(
            content=Given([b"one"], before={1: lambda: passage.execute("UPDATE spool_file SET state = 'DISCARDED'")})
        )
    assert passage.files() == {}


def test_a_site_that_is_not_normal_lets_nothing_leave_by_itself(passage: Passage) -> None:
    passage.destination()
    passage.execute("INSERT INTO site_mode (site, mode, version) VALUES ('lille', 'isolated', 1)")
    with pytest.raises(Unavailable, match="site lille is not in normal mode"):
        passage.send(b"one", site="lille")
    passage.send(b"one", site="lille", mode="isolated")
    assert passage.files() == {"base.dump": b"one"}


def test_a_site_that_leaves_normal_mode_meanwhile_keeps_what_has_not_got_its_name(passage: Passage) -> None:
    passage.destination()
    leave = "INSERT INTO site_mode (site, mode, version) VALUES ('default', 'isolated', 1)"
    with pytest.raises(Unavailable, match="site default is not in normal mode"):
        passage.send(content=Given([b"one"], before={1: lambda: passage.execute(leave)}))
    assert passage.files() == {}


def test_the_key_of_another_file_is_refused(passage: Passage) -> None:
    passage.destination()
    passage.send(b"one")
    with pytest.raises(InvalidInput, match="belongs to runs/4 of tasks/7"):
        passage.send(b"one", run=5)
    with pytest.raises(InvalidInput, match=r"has arrived at destinations/far as base\.dump"):
        passage.send(b"one", epoch=2, file_name="other.dump")
    with passage.work() as work:
        stored = work.staging.find(ATTEMPT, 0)
    assert stored is not None


def test_no_more_files_stream_at_once_than_there_are_places(passage: Passage) -> None:
    passage.destination()
    use = passage.use(places=1)
    refused: list[Exception] = []

    def second() -> None:
        with pytest.raises(LimitReached) as caught:
            use(passage.wanted(attempt=uuid4(), run=5), Given([b"two"]))
        refused.append(caught.value)

    use(passage.wanted(), Given([b"one"], before={0: second}))
    assert len(refused) == 1
    use(passage.wanted(attempt=uuid4(), run=5, file_name="two.dump"), Given([b"two"]))


def test_two_first_tries_at_once_leave_one_file(passage: Passage) -> None:
    passage.destination()
    results: list[str] = []
    use = passage.use(places=4)

    def send(epoch: int) -> None:
        try:
            results.append(use(passage.wanted(epoch=epoch), Given([b"one"] * 50)).state.value)
        except EpochPassed:
            results.append("overtaken")

    threads = [threading.Thread(target=send, args=(epoch,)) for epoch in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "DELIVERED" in results
    assert passage.files() == {"base.dump": b"one" * 50}
