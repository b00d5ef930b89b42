"""BackfillTask: each instant of a range that brought no run gets one, once, oldest first."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.errors import InvalidInput, UnknownResource
from services.scheduler.domain.changes import SkippedRun
from services.scheduler.domain.errors import RunUnfinished
from services.scheduler.domain.policies import Overlap, SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import Task
from tests.scheduler.asking import backfill, site_is
from tests.scheduler.conftest import House
from tests.scheduler.team import succeeded

PARIS = ZoneInfo("Europe/Paris")


def hourly(house: House, **draft: Any) -> tuple[Task, list[datetime]]:  # Any: the fields of a draft
    """A task that is nine days old, and the last twelve of its instants."""
    task = house.task(cron="0 * * * *", due=house.now() + timedelta(hours=1), **draft)
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET create_time = create_time - interval '9 days'")
        task = work.tasks.get(task.number)
    instants = list(islice(task.draft.schedule.instants(house.now() - timedelta(hours=12), PARIS), 12))
    assert instants[-1] <= house.now()
    return task, instants


def test_each_instant_that_brought_no_run_gets_one_and_they_go_one_after_the_other(house: House) -> None:
    task, instants = hourly(house)
    house.others.team.does = lambda entry: None
    made = backfill(house, task, instants[2], instants[4], caller="wolf")
    assert list(made.instants) == instants[2:5]
    runs = house.runs()
    assert [run.nominal_time for run in runs] == instants[2:5]
    assert {(run.manual, run.started_by, run.pool) for run in runs} == {(True, "wolf", f"tasks/{task.number}")}
    house.work()
    assert [run.state for run in house.runs()] == [RunState.WAITING, RunState.PENDING, RunState.PENDING]
    house.others.team.does = lambda entry: succeeded()
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.settle()
    assert [run.state for run in house.runs()] == [RunState.SUCCEEDED] * 3
    assert [entry.run for entry in house.others.team.done] == [run.name for run in runs]
    assert any(
        "Demande de rattrapage de la tâche automatisée Rapport : 3 exécutions" in line for line in house.journal()
    )


def test_asked_again_it_makes_only_what_is_left(house: House) -> None:
    task, instants = hourly(house)
    backfill(house, task, instants[2], instants[4])
    assert backfill(house, task, instants[2], instants[4]).runs == ()
    assert list(backfill(house, task, instants[0], instants[5]).instants) == [*instants[:2], instants[5]]
    house.settle()
    assert len(house.others.team.done) == 6


def test_an_instant_that_was_skipped_is_made_up_for_and_one_that_ran_is_not(house: House) -> None:
    task, instants = hourly(house)
    with house.open_work() as work:
        skipped = SkippedRun(
            task=task.number,
            reason=SkipReason.PAUSED,
            first_time=instants[0],
            last_time=instants[2],
            occurrences=3,
        )
        work.runs.skip([skipped])
    backfill(house, task, instants[1], instants[1])
    house.settle()
    made = backfill(house, task, instants[0], instants[2])
    assert list(made.instants) == [instants[0], instants[2]]
    house.settle()
    assert [run.state for run in house.runs()] == [RunState.SKIPPED, *[RunState.SUCCEEDED] * 3]


def test_a_planner_that_comes_to_a_backfilled_instant_fires_it_no_second_time(house: House) -> None:
    task, instants = hourly(house, overlap=Overlap.ALLOW)
    backfill(house, task, instants[-1], instants[-1])
    with house.open_work() as work:
        work.schedule.set(task.number, instants[-1], instants[-1])
    house.plan()
    assert house.count("run") == 1


def test_only_checked_it_answers_the_instants_and_makes_nothing(house: House) -> None:
    task, instants = hourly(house)
    checked = backfill(house, task, instants[0], instants[3], validate_only=True)
    assert (list(checked.instants), list(checked.runs)) == (instants[:4], [])
    assert house.count("run") == 0


def test_runs_that_may_overlap_go_side_by_side(house: House) -> None:
    task, instants = hourly(house, overlap=Overlap.ALLOW)
    house.others.team.does = lambda entry: None
    backfill(house, task, instants[0], instants[2])
    house.work()
    assert [run.state for run in house.runs()] == [RunState.WAITING] * 3


def test_runs_that_may_not_overlap_wait_for_who_is_at_work(house: House) -> None:
    task, instants = hourly(house)
    house.others.team.does = lambda entry: None
    number = house.start(task)
    house.work()
    with pytest.raises(RunUnfinished, match=f"runs/{number}"):
        backfill(house, task, instants[0], instants[0])
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.settle()
    assert len(backfill(house, task, instants[0], instants[0]).runs) == 1


def test_they_take_their_turn_in_the_pool_of_their_task(house: House) -> None:
    task, instants = hourly(house, pool="nuit")
    house.others.team.does = lambda entry: None
    other = house.start(house.task("Autre", pool="nuit"))
    house.work()
    backfill(house, task, instants[0], instants[1])
    house.work()
    assert [run.state for run in house.runs()] == [RunState.WAITING, RunState.PENDING, RunState.PENDING]
    house.others.team.does = lambda entry: succeeded()
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.settle()
    assert house.run(other).state is RunState.SUCCEEDED
    assert [entry.run for entry in house.others.team.done] == ["runs/1", "runs/2", "runs/3"]


def test_at_an_offline_site_they_are_held_until_it_is_back(house: House) -> None:
    task, instants = hourly(house)
    site_is(house, online=False)
    backfill(house, task, instants[0], instants[2])
    assert {(run.state, run.reason, run.hold_expire_time) for run in house.runs()} == {
        (RunState.HELD, SkipReason.SITE_OFFLINE, None)
    }
    site_is(house)
    with house.open_work() as work:
        house.parts.watch_sites(work)
    house.settle()
    assert [run.state for run in house.runs()] == [RunState.SUCCEEDED] * 3
    assert [entry.run for entry in house.others.team.done] == ["runs/1", "runs/2", "runs/3"]


def test_they_go_in_the_mode_that_their_site_is_in(house: House) -> None:
    task, instants = hourly(house)
    site_is(house, mode="training")
    backfill(house, task, instants[0], instants[0])
    house.settle()
    (run,) = house.runs()
    assert (run.state, run.mode) == (RunState.SUCCEEDED, OperatingMode.TRAINING)


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (timedelta(days=-10), timedelta(), "start_time"),
        (timedelta(days=-1), timedelta(hours=1), "end_time"),
        (timedelta(days=-1), timedelta(days=-2), "end_time"),
    ],
    ids=["before it was created", "in the future", "the wrong way round"],
)
def test_a_range_that_cannot_be_is_refused(house: House, first: timedelta, last: timedelta, field: str) -> None:
    task, _ = hourly(house)
    now = house.now()
    with pytest.raises(InvalidInput) as refused:
        backfill(house, task, now + first, now + last)
    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(("cron", "says"), [("* * * * *", "brought no run"), ("* * * * * *", "shorter range")])
def test_a_range_that_is_too_long_is_refused_and_nothing_is_made(house: House, cron: str, says: str) -> None:
    task = house.task(cron=cron, due=house.now() + timedelta(hours=1))
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET create_time = create_time - interval '9 days'")
    with pytest.raises(InvalidInput, match=says):
        backfill(house, task, house.now() - timedelta(days=8), house.now())
    assert house.count("run") == 0


def test_a_task_that_never_was_cannot_be_made_up_for(house: House) -> None:
    task, instants = hourly(house)
    with house.open_work() as work:
        work.tasks.delete(task.number)
    with pytest.raises(UnknownResource):
        backfill(house, task, instants[0], instants[0])
