"""What a failed try does to files, and which files may go."""

from datetime import timedelta

import pytest

from services.delivery.domain.backoff import TRIES_BEFORE_PARKED
from services.delivery.domain.failing import FailedTry, LeftThere, files_to_send, plan_failed
from services.delivery.domain.failures import CarryFailed, ConnectionLost
from services.delivery.domain.file_failures import (
    AlreadyThere,
    HashNotVerified,
    MailRefused,
    MailUncertain,
    NotVerified,
    RefusedByServer,
    SpoolFileDamaged,
    TemporaryMissing,
)
from services.delivery.domain.spool import FileState, SpoolFile, may_move
from tests.delivery.domain.making import NOW, file

LOST = ConnectionLost("host", 22, "reset")


def failed(*files: SpoolFile, error: CarryFailed = LOST, left: LeftThere | None = None) -> list[FailedTry]:
    there = {} if left is None else {each.id: left for each in files}
    return plan_failed(files, {each.id: error for each in files}, there, NOW)


def test_a_failed_try_counts_and_a_recorded_renaming_stays_recorded() -> None:
    sealed, renaming = file(state=FileState.SENDING), file(state=FileState.RENAMING, tried=2)
    first, second = failed(sealed, renaming)
    assert (first.state, first.tried) == (FileState.SEALED, 1)
    assert (second.state, second.tried) == (FileState.RENAMING, 3)
    assert first.next_attempt_time is not None
    (last,) = failed(file(tried=TRIES_BEFORE_PARKED - 1))
    assert (last.state, last.next_attempt_time) == (FileState.PARKED, None)


def test_a_failed_try_only_makes_moves_that_are_allowed() -> None:
    for state in (FileState.SEALED, FileState.SENDING, FileState.RENAMING):
        for tried in (0, TRIES_BEFORE_PARKED):
            (after,) = failed(file(state=state, tried=tried))
            assert may_move(state, after.state)


def test_a_file_whose_time_has_not_come_holds_back_newer_ones_of_its_name() -> None:
    later = NOW + timedelta(minutes=1)
    old, same, other = file("a", next_attempt_time=later), file("a"), file("b", next_attempt_time=NOW)
    assert files_to_send([old, same, other], (), NOW) == [other]
    assert files_to_send([old, same, other], (), later) == [old, same, other]
    assert files_to_send([old, same, other], (), None) == [old, same, other]


def test_a_file_that_its_site_holds_back_holds_back_newer_ones_of_its_name() -> None:
    held, same, other = file("a"), file("a"), file("b")
    assert files_to_send([held, same, other], {held.id}, None) == [other]
    assert files_to_send([held, same, other], {same.id}, None) == [held, other]


def test_a_name_that_some_servers_take_for_anothers_waits_with_it() -> None:
    later = NOW + timedelta(minutes=1)
    old, same = file("Été.csv", next_attempt_time=later), file("E\u0301TE\u0301.csv")
    assert files_to_send([old, same], (), NOW) == []


@pytest.mark.parametrize("error", [AlreadyThere("a.csv"), TemporaryMissing(".x.part")])
def test_a_renaming_that_the_far_end_says_did_not_happen_is_not_resolved_but_sent_again(error: CarryFailed) -> None:
    renaming = file(state=FileState.RENAMING, place="p", target_name="a (2).csv")
    (after,) = failed(renaming, error=error)
    assert (after.state, after.place, after.target_name) == (FileState.SEALED, None, None)
    (kept,) = failed(renaming, error=RefusedByServer("a.csv", "no"))
    assert (kept.state, kept.place, kept.target_name) == (FileState.RENAMING, "p", "a (2).csv")


def test_what_a_try_has_left_is_kept_for_the_next_unless_it_cannot_be_built_on() -> None:
    big = file(state=FileState.SENDING, written=10, written_place="p")
    (untold,) = failed(big)
    assert (untold.written, untold.written_place) == (10, "p")
    (told,) = failed(big, left=LeftThere(written=30, place="q"))
    assert (told.written, told.written_place) == (30, "q")
    for error in (NotVerified("a", 2, 1), HashNotVerified("a"), SpoolFileDamaged("a", "x")):
        (after,) = failed(big, error=error, left=LeftThere(written=30, place="q"))
        assert (after.written, after.written_place) == (0, None)


def test_a_message_that_may_have_arrived_is_parked_at_once_and_a_refused_one_is_another_next_time() -> None:
    (uncertain,) = failed(file(state=FileState.SENDING), error=MailUncertain("mails/1", "cut"))
    assert (uncertain.state, uncertain.next_attempt_time, uncertain.mails) == (FileState.PARKED, None, 0)
    (refused,) = failed(file(state=FileState.SENDING, mails=1), error=MailRefused("mails/1", "550"))
    assert (refused.state, refused.mails) == (FileState.SEALED, 2)
