"""What becomes of an instant that has come, but that no planner has seen yet, when somebody changes its task."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import InvalidInput
from services.scheduler.application.pause_task import pause_task
from services.scheduler.domain.tasks import Task
from services.scheduler.domain.triggers import OnceTrigger, Trigger, cron_trigger
from tests.scheduler.conftest import House

LATE = timedelta(minutes=10)


def due_once(house: House) -> Task:
    """A task whose only instant has come."""
    due = house.now() - LATE
    task = house.task(due=due)
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, triggers=(OnceTrigger(time=due),)))
        return work.tasks.get(task.number)


def change(house: House, task: Task, triggers: Sequence[Trigger]) -> Task:
    update = house.parts.use_cases().update_task
    with house.open_work() as work:
        draft = replace(task.draft, triggers=triggers)
        return update(work, task.number, draft=draft, etag=task.etag, validate_only=False)


def test_an_instant_that_stays_in_the_triggers_is_fired_once(house: House) -> None:
    task = due_once(house)
    assert task.next_time
    changed = change(house, task, [*task.draft.triggers, cron_trigger("0 0 1 1 *")])
    assert changed.next_time == task.next_time
    house.plan()
    house.plan()
    assert [run.nominal_time for run in house.runs()] == [task.next_time]


def test_an_instant_that_the_new_triggers_do_not_have_is_not_fired(house: House) -> None:
    task = due_once(house)
    changed = change(house, task, [cron_trigger("0 0 1 1 *")])
    assert changed.next_time
    assert changed.next_time > house.now()
    house.plan()
    assert house.runs() == []


def test_new_triggers_do_not_bring_instants_of_the_past(house: House) -> None:
    task = due_once(house)
    with pytest.raises(InvalidInput):
        change(house, task, [OnceTrigger(time=house.now() - LATE / 2)])


def test_an_instant_that_was_fired_is_not_fired_again_by_a_change_back_to_it(house: House) -> None:
    task = due_once(house)
    house.plan()
    with house.open_work() as work:
        task = work.tasks.get(task.number)
    later = change(house, task, [*task.draft.triggers, cron_trigger("0 0 1 1 *")])
    house.plan()
    assert later.next_time
    assert later.next_time > house.now()
    assert len(house.runs()) == 1


def test_what_was_missed_while_paused_stays_missed(house: House) -> None:
    task = house.task(cron="* * * * *", due=house.now() - LATE)
    with house.open_work() as work:
        pause_task(work, task.number)
    with house.open_work() as work:
        resumed = house.parts.use_cases().resume_task(work, task.number)
    assert resumed.next_time
    assert resumed.next_time > house.now()
    house.plan()
    assert house.runs() == []
