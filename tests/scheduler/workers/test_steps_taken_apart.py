"""Runs that start together: what is wrong with one of them is no trouble of the others."""

from datetime import timedelta

from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House


def test_a_run_that_cannot_begin_does_not_end_those_that_were_to_start_with_it(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    good, bad = (house.task(title, cron="* * * * *", due=due) for title in "ab")
    house.plan()
    assert len(house.steps()) == 1
    with house.open_work() as work:  # the rules of time zones were taken away by an update of the system
        work.connection.exec_driver_sql(
            "UPDATE task SET time_zone = 'Mars/Olympus' WHERE number = %(n)s", {"n": bad.number}
        )
    house.settle()
    with house.open_work() as work:
        house.parts.recover_runs(work)
    assert {run.task: run.state for run in house.runs()} == {
        good.number: RunState.SUCCEEDED,
        bad.number: RunState.FAILED,
    }
