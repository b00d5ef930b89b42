"""Runs and attempts on a real database."""

from uuid import uuid4

import pytest

from services.scheduler.domain.changes import AttemptChange, NewAttempt, RunChange
from services.scheduler.domain.runs import ENDED, MOVES, AttemptState, Purpose, RunState
from tests.scheduler.conftest import House


def put(house: House, number: int, state: RunState) -> None:
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET state = %(s)s", {"s": state.value})


@pytest.mark.parametrize("before", list(RunState))
def test_the_table_of_moves_is_what_the_database_allows(house: House, before: RunState) -> None:
    number = house.start(house.task())
    for after in RunState:
        put(house, number, before)
        allowed = after in MOVES[before] or (after is before and before not in ENDED)
        try:
            with house.open_work() as work:
                work.runs.change([RunChange(number=number, state=after)])
        except AssertionError:
            assert not allowed
        else:
            assert allowed
            run = house.run(number)
            assert (run.state, run.end_time is not None) == (after, after in ENDED)


def test_one_impossible_change_undoes_those_beside_it(house: House) -> None:
    task = house.task()
    numbers = [house.start(task) for _ in range(2)]
    changes = [
        RunChange(number=numbers[0], state=RunState.RUNNING),
        RunChange(number=numbers[1], state=RunState.DELIVERED),
    ]
    with pytest.raises(AssertionError), house.open_work() as work:
        work.runs.change(changes)
    assert [house.run(number).state for number in numbers] == [RunState.PENDING] * 2


def test_attempts_are_numbered_by_purpose(house: House) -> None:
    number = house.start(house.task())
    for purpose in (Purpose.WORK, Purpose.WORK, Purpose.DELIVERY):
        new = NewAttempt(id=uuid4(), run=number, purpose=purpose, handler="team")
        with house.open_work() as work:
            work.attempts.add([new])
            work.attempts.change([AttemptChange(id=new.id, state=AttemptState.FAILED)])
    with house.open_work() as work:
        assert [attempt.number for attempt in work.attempts.of_runs([number])[number]] == [1, 2]
        assert [attempt.number for attempt in work.attempts.of_runs([number], Purpose.DELIVERY)[number]] == [1]
        assert work.attempts.open_of(number, Purpose.WORK) is None


def test_only_attempts_that_a_handler_has_are_polled_for(house: House) -> None:
    number = house.start(house.task())
    new = NewAttempt(id=uuid4(), run=number, purpose=Purpose.WORK, handler="team")
    with house.open_work() as work:
        work.attempts.add([new])
        assert work.attempts.at_handler("team", 10) == []
        assert work.attempts.crowds() == {}
    with house.open_work() as work:
        work.attempts.change([AttemptChange(id=new.id, state=AttemptState.QUEUED)])
    put(house, number, RunState.HELD)
    with house.open_work() as work:
        assert work.attempts.at_handler("team", 10) == []
        assert work.attempts.crowds() == {}
    put(house, number, RunState.WAITING)
    with house.open_work() as work:
        assert work.attempts.at_handler("team", 10) == [new.id]
        assert work.attempts.at_handler("sales", 10) == []
        assert work.attempts.crowds()["team"].attempts == 1
