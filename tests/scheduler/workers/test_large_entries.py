"""Runs that start together and whose options are large: what they are does not fit into one message."""

from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House

LARGE = {"stores": ["x" * 60_000]}
MANY = 90  #: of these are 5 MiB, and one message holds 4


def test_runs_that_do_not_fit_into_one_message_start_in_several(house: House) -> None:
    due = house.now()
    for place in range(MANY):
        house.task(f"Grande {place}", due=due, options=LARGE)
    house.plan()
    assert len(house.steps()) == 1
    house.work()
    assert len(house.others.team.asked) == MANY
    assert {run.state for run in house.runs()} == {RunState.WAITING}
    house.settle()
    assert {run.state for run in house.runs()} == {RunState.SUCCEEDED}
    assert len(set(house.others.team.asked)) == len(house.others.team.asked) == MANY
