import dataclasses
from datetime import timedelta
from uuid import UUID

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
from services.delivery.domain.spool import KEPT, MOVES, FileState, may_move, temporary_name
from services.delivery.domain.staging import FileToStage, is_repeat
from tests.delivery.domain.making import NOW, file


def test_every_state_has_its_moves_and_what_left_never_comes_back() -> None:
    assert set(MOVES) == set(FileState)
    assert not MOVES[FileState.DELIVERED]
    assert not MOVES[FileState.DISCARDED]
    assert not may_move(FileState.SEALED, FileState.DELIVERED)
    assert not may_move(FileState.PROVISIONAL, FileState.SENDING)
    assert all(may_move(state, FileState.DISCARDED) for state in KEPT)


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
