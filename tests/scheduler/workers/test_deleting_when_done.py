"""Tasks that are deleted when they are done: temporary ones of an offline site, and those that say so."""

from dataclasses import replace

import pytest

from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import TaskState
from services.scheduler.domain.triggers import OnceTrigger
from tests.scheduler.conftest import House
from tests.scheduler.sites import SECOND, due_at, make_site, return_of, silence, task_at, watch


def test_a_start_by_hand_at_an_offline_site_is_a_temporary_task_that_goes_once_it_has_run(house: House) -> None:
    make_site(house)
    task = task_at(house, title="Export", cron="30 22 * * *")
    silence(house)
    number = house.start(task)
    run = house.run(number)
    assert (run.state, run.reason, run.manual, run.task_title) == (
        RunState.HELD,
        SkipReason.SITE_OFFLINE,
        True,
        "Export",
    )
    assert run.hold_expire_time is None
    assert run.task != task.number
    with house.open_work() as work:
        temporary = work.tasks.get(run.task)
    assert (temporary.system, temporary.draft.delete_when_done, temporary.draft.site) == (True, True, "lyon")
    watch(house)
    assert house.count("task") == 2  # its run has not ended

    return_of(house)
    house.settle()
    watch(house)
    assert house.run(number).state is RunState.SUCCEEDED
    with house.open_work() as work:
        assert set(work.tasks.get_many([task.number, run.task])) == {task.number}


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_task_to_be_deleted_when_done_goes_with_the_end_of_its_last_run(house: House, by_hand: bool) -> None:
    due = house.now() - SECOND
    task = house.task(delete_when_done=True)
    if by_hand:
        house.start(task)
    else:
        once = replace(task.draft, schedule=Schedule(triggers=(OnceTrigger(time=due),)))
        with house.open_work() as work:
            work.tasks.change(task.number, once)
        due_at(house, task, due)
        house.plan()
    watch(house)
    assert house.count("task") == 1  # its run has not ended
    house.settle()
    watch(house)
    assert house.count("task") == 0
    assert house.runs()[0].state is RunState.SUCCEEDED


def test_a_task_that_has_instants_to_come_or_has_not_run_yet_stays(house: House) -> None:
    fires = house.task("quotidien", cron="30 22 * * *", delete_when_done=True)
    house.start(fires)
    house.settle()
    house.task("pas encore", delete_when_done=True)
    stays = house.task("sans fin")
    house.start(stays)
    house.settle()
    with house.open_work() as work:
        work.tasks.set_state([stays.number], TaskState.COMPLETED)
    watch(house)
    assert house.count("task") == 3
