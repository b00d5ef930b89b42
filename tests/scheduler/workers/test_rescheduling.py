"""What becomes of an instant that has come, but that no planner has seen yet, when somebody changes its task."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import InvalidInput
from services.scheduler.application.pause_task import pause_task, resume_task
from services.scheduler.application.update_task import update_task
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import Task, TaskState
from services.scheduler.domain.triggers import OnceTrigger, Trigger, cron_trigger
from tests.scheduler.conftest import House

LATE = timedelta(minutes=10)


def due_once(house: House) -> Task:
    """A task whose only instant has come."""
    due = house.now() - LATE
    task = house.task(due=due)
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, schedule=Schedule(triggers=(OnceTrigger(time=due),))))
        return work.tasks.get(task.number)


def change(house: House, task: Task, triggers: Sequence[Trigger]) -> Task:
    with house.open_work() as work:
        draft = replace(task.draft, schedule=Schedule(triggers=tuple(triggers)))
        return update_task(work, task.number, draft=draft, etag=task.etag, validate_only=False)


def test_an_instant_that_stays_in_the_triggers_is_fired_once(house: House) -> None:
    task = due_once(house)
    assert task.next_time
    changed = change(house, task, [*task.draft.schedule.triggers, cron_trigger("0 0 1 1 *")])
    assert changed.next_time == task.next_time
    house.plan()
    house.plan()
    assert [run.nominal_time for run in house.runs()] == [task.next_time]


def test_an_instant_that_the_new_triggers_do_not_have_is_not_fired_and_leaves_its_reason(house: House) -> None:
    task = due_once(house)
    changed = change(house, task, [cron_trigger("0 0 1 1 *")])
    assert changed.next_time
    assert changed.next_time > house.now()
    house.plan()
    (skipped,) = house.runs()
    assert (skipped.state, skipped.reason, skipped.occurrences) == (RunState.SKIPPED, SkipReason.MISFIRE, 1)
    assert skipped.nominal_time == task.next_time


def test_what_a_paused_task_missed_before_its_triggers_changed_leaves_its_reason(house: House) -> None:
    task = house.task(cron="* * * * *", due=house.now() - LATE)
    with house.open_work() as work:
        paused = pause_task(work, task.number)
    changed = change(house, paused, [cron_trigger("0 0 1 1 *")])
    assert changed.state is TaskState.PAUSED
    with house.open_work() as work:
        resume_task(work, task.number)
    house.plan()
    (skipped,) = house.runs()
    assert (skipped.state, skipped.reason, skipped.occurrences) == (RunState.SKIPPED, SkipReason.PAUSED, 11)
    assert skipped.first_time == task.next_time


def test_what_a_task_missed_before_the_zone_of_its_site_changed_leaves_its_reason(house: House) -> None:
    task = house.task(cron="30 22 * * *", due=house.now() - LATE)
    with house.open_work() as work:
        site = work.sites.get("default")
        draft = replace(site.draft, time_zone="Asia/Kathmandu")
        house.parts.site_use_cases().update_site(work, site.id, draft=draft, etag=site.etag, validate_only=False)
    house.plan()
    (skipped,) = house.runs()
    assert (skipped.state, skipped.reason, skipped.occurrences) == (RunState.SKIPPED, SkipReason.MISFIRE, 1)
    assert skipped.nominal_time == task.next_time


def test_new_triggers_do_not_bring_instants_of_the_past(house: House) -> None:
    task = due_once(house)
    with pytest.raises(InvalidInput):
        change(house, task, [OnceTrigger(time=house.now() - LATE / 2)])


def test_an_instant_that_was_fired_is_not_fired_again_by_a_change_back_to_it(house: House) -> None:
    task = due_once(house)
    house.plan()
    with house.open_work() as work:
        task = work.tasks.get(task.number)
    later = change(house, task, [*task.draft.schedule.triggers, cron_trigger("0 0 1 1 *")])
    house.plan()
    assert later.next_time
    assert later.next_time > house.now()
    assert len(house.runs()) == 1


def test_what_was_missed_while_paused_stays_missed(house: House) -> None:
    task = house.task(cron="* * * * *", due=house.now() - LATE)
    with house.open_work() as work:
        pause_task(work, task.number)
    with house.open_work() as work:
        resumed = resume_task(work, task.number)
    assert resumed.next_time
    assert resumed.next_time > house.now()
    house.plan()
    (skipped,) = house.runs()
    assert (skipped.state, skipped.reason, skipped.occurrences) == (RunState.SKIPPED, SkipReason.PAUSED, 11)
    assert (skipped.first_time, skipped.end_time is not None) == (task.next_time, True)
