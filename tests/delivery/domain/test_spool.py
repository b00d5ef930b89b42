import dataclasses
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.delivery.domain.backoff import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    TRIES_BEFORE_PARKED,
    next_attempt,
    spread_of,
)
from services.delivery.domain.errors import EpochPassed, RunSealed
from services.delivery.domain.failing import files_to_send, plan_failed
from services.delivery.domain.spool import MOVES, Failure, FileState, SpoolFile, may_move, temporary_name
from services.delivery.domain.staging import FileToStage, is_repeat

NOW = datetime(2017, 1, 31, 22, tzinfo=UTC)
FAILURE = Failure(reason="TIMED_OUT", facts={})


def file(
    name: str = "a.csv",
    *,
    state: FileState = FileState.SEALED,
    tried: int = 0,
    epoch: int = 1,
    attempts: int = 0,
    swept: int = 0,
    next_attempt_time: datetime | None = None,
) -> SpoolFile:
    return SpoolFile(
        id=uuid4(),
        attempt=UUID(int=1),
        epoch=epoch,
        ordinal=0,
        task=7,
        run=4,
        site="default",
        mode="normal",
        file_name=name,
        size_bytes=1,
        sha256="",
        state=state,
        destination="shop",
        attempts=attempts,
        tried=tried,
        swept=swept,
        place=None,
        failure=None,
        next_attempt_time=next_attempt_time,
        create_time=NOW,
        deliver_time=None,
    )


def test_every_state_has_its_moves_and_what_left_never_comes_back() -> None:
    assert set(MOVES) == set(FileState)
    assert not MOVES[FileState.DELIVERED]
    assert not MOVES[FileState.DISCARDED]
    assert not may_move(FileState.SEALED, FileState.DELIVERED)
    assert not may_move(FileState.PROVISIONAL, FileState.SENDING)


def test_no_two_tries_share_a_temporary_name() -> None:
    third = file(attempts=3)
    assert third.temporary_name == temporary_name(third.id, 3)
    assert third.older_temporaries == (temporary_name(third.id, 1), temporary_name(third.id, 2))
    assert third.temporary_name not in third.older_temporaries
    swept = file(attempts=3, swept=1)
    assert swept.older_temporaries == (temporary_name(swept.id, 2),)


@given(st.integers(1, TRIES_BEFORE_PARKED - 1), st.integers(1, 10**9))
def test_pauses_double_up_to_an_hour_and_tasks_come_apart(tried: int, task: int) -> None:
    again = next_attempt(tried, NOW, spread=spread_of(task))
    assert again is not None
    assert FIRST_PAUSE <= again - NOW <= LONGEST_PAUSE * 1.25
    later = next_attempt(tried + 1, NOW, spread=spread_of(task))
    assert later is None or later >= again


def test_after_the_last_try_a_file_is_parked_about_a_day_later() -> None:
    assert next_attempt(TRIES_BEFORE_PARKED, NOW) is None
    pauses = [next_attempt(tried, NOW) for tried in range(1, TRIES_BEFORE_PARKED)]
    assert timedelta(hours=20) < sum((each - NOW for each in pauses if each), timedelta()) < timedelta(hours=30)


def test_a_failed_try_counts_and_a_recorded_renaming_stays_recorded() -> None:
    sealed, renaming = file(state=FileState.SENDING), file(state=FileState.RENAMING, tried=2)
    first, second = plan_failed([sealed, renaming], FAILURE, NOW)
    assert (first.state, first.tried) == (FileState.SEALED, 1)
    assert (second.state, second.tried) == (FileState.RENAMING, 3)
    assert first.next_attempt_time is not None
    (last,) = plan_failed([file(tried=TRIES_BEFORE_PARKED - 1)], FAILURE, NOW)
    assert (last.state, last.next_attempt_time) == (FileState.PARKED, None)


def test_a_failed_try_only_makes_moves_that_are_allowed() -> None:
    for state in (FileState.SEALED, FileState.SENDING, FileState.RENAMING):
        for tried in (0, TRIES_BEFORE_PARKED):
            (after,) = plan_failed([file(state=state, tried=tried)], FAILURE, NOW)
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


def to_stage(epoch: int) -> FileToStage:
    return FileToStage(
        attempt=UUID(int=1), epoch=epoch, ordinal=0, task=7, run=4, file_name="a", site="default", mode="normal"
    )


def test_the_same_epoch_repeats_a_later_one_replaces_an_earlier_one_is_refused() -> None:
    stored = file(epoch=2)
    assert is_repeat(to_stage(2), stored, run_sealed=True)
    assert not is_repeat(to_stage(3), stored, run_sealed=False)
    assert not is_repeat(to_stage(1), None, run_sealed=False)
    with pytest.raises(EpochPassed):
        is_repeat(to_stage(1), stored, run_sealed=False)
    with pytest.raises(InvalidInput, match=r"runs/4 of tasks/7"):
        is_repeat(dataclasses.replace(to_stage(3), run=5), stored, run_sealed=False)
    with pytest.raises(RunSealed):
        is_repeat(to_stage(3), stored, run_sealed=True)
