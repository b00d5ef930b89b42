"""A file past the spool whose renaming nobody saw the end of: the next try asks before it sends."""

from uuid import uuid4

import pytest

from chassis.errors import Unavailable
from services.delivery.application.ports import Milestone
from services.delivery.domain.failures import ConnectionLost
from services.delivery.domain.spool import FileState
from services.delivery.domain.transfer_options import Existing, TransferOptions
from tests.delivery.passage import Given, Passage


@pytest.mark.parametrize("existing", list(Existing))
def test_a_far_end_that_goes_for_good_with_the_renaming_is_asked_by_the_next_try_first(
    passage: Passage, existing: Existing
) -> None:
    passage.destination(transfer=TransferOptions(existing=existing))
    passage.lose_rename = "for good"
    with pytest.raises(Unavailable, match=r"base\.dump got its name; it may be there") as caught:
        passage.send(b"one")
    assert isinstance(caught.value.__cause__, ConnectionLost)
    assert passage.row().state is FileState.DISCARDED
    assert "peut-être arrivé" in passage.journal()[-1]
    with pytest.raises(Unavailable):  # it is still away: what is known of the renaming stays
        passage.send(b"two", epoch=2)
    passage.unreachable = False
    content = Given([b"two"])
    file = passage.send(content=content, epoch=3)
    assert (content.read, file.state, file.size_bytes, file.epoch) == (0, FileState.DELIVERED, 3, 3)
    assert passage.files() == {"base.dump": b"one"}
    assert passage.tries() == [(1, "FAILED", "CONNECTION_LOST"), (2, "DELIVERED", None)]


@pytest.mark.parametrize("existing", list(Existing))
def test_a_sweep_between_the_death_and_the_next_try_forgets_no_renaming(passage: Passage, existing: Existing) -> None:
    passage.destination(transfer=TransferOptions(existing=existing))
    passage.send_and_die(b"one", at=Milestone.RENAMED)
    assert passage.sweep().broken == 1
    assert passage.send(b"two", epoch=2).state is FileState.DELIVERED
    assert passage.files() == {"base.dump": b"one"}


def test_another_sending_leaves_a_renaming_in_doubt_to_its_next_try_for_a_day(passage: Passage) -> None:
    passage.destination(transfer=TransferOptions(existing=Existing.KEEP_BOTH))
    passage.lose_rename = "for good"
    with pytest.raises(Unavailable):
        passage.send(b"one")
    passage.unreachable = False
    passage.send(b"other", attempt=uuid4(), file_name="other.dump")
    assert passage.send(b"two", epoch=2).state is FileState.DELIVERED
    assert passage.files() == {"base.dump": b"one", "other.dump": b"other"}


def test_the_temporary_of_a_renaming_in_doubt_that_nobody_asks_for_is_cleared_after_a_day(passage: Passage) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=Milestone.RENAMING_RECORDED)
    passage.sweep()
    passage.execute("UPDATE spool_file SET create_time = now() - interval '25 hours'")
    passage.send(b"other", attempt=uuid4(), file_name="other.dump")
    assert passage.files() == {"other.dump": b"other"}


def test_what_was_given_up_and_is_not_seen_there_is_sent_again(passage: Passage) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=Milestone.RENAMING_RECORDED)
    passage.sweep()
    (passage.outgoing / "far" / passage.row().temporary_name).unlink()  # a sending there, killed before it said so
    passage.send(b"one", epoch=2)
    assert passage.files() == {"base.dump": b"one"}


def test_what_was_recorded_goes_no_further_once_its_site_has_left_normal_mode(passage: Passage) -> None:
    passage.destination()
    passage.send_and_die(b"one", at=Milestone.RENAMING_RECORDED)
    passage.execute("INSERT INTO site_mode (site, mode, version) VALUES ('default', 'isolated', 1)")
    with pytest.raises(Unavailable, match="site default is not in normal mode"):
        passage.send(b"one", epoch=2)
    assert list(passage.files()) == [passage.row().temporary_name]
