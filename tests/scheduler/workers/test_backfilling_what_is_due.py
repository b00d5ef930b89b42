"""BackfillTask while instants have come that no planner has seen yet."""

from datetime import timedelta

from services.scheduler.domain.policies import Overlap
from tests.scheduler.asking import backfill
from tests.scheduler.conftest import House

MINUTE = timedelta(minutes=1)


def test_what_is_due_is_left_to_the_planner_and_no_instant_is_lost(house: House) -> None:
    due = house.now().replace(second=0, microsecond=0) - 5 * MINUTE
    task = house.task(cron="* * * * *", due=due, overlap=Overlap.ALLOW)
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET create_time = create_time - interval '1 hour'")
        task = work.tasks.get(task.number)
    made = backfill(house, task, due - 2 * MINUTE, house.now())
    assert list(made.instants) == [due - 2 * MINUTE, due - MINUTE]
    house.plan()
    *backfilled, fired = house.runs()
    assert [run.nominal_time for run in backfilled] == list(made.instants)
    assert (fired.first_time, fired.nominal_time - due) == (due, (fired.occurrences - 1) * MINUTE)
    assert fired.occurrences >= 6
