"""Instants of a site that is offline, where other things happen to their task meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduler.domain.errors import RunUnfinished
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House
from tests.scheduler.sites import due_at, make_site, silence, task_at
from tests.scheduler.team import succeeded

MINUTE = timedelta(minutes=1)


def test_an_instant_that_was_made_up_for_does_not_stop_the_planner(house: House) -> None:
    make_site(house)
    silence(house)
    first = house.now().replace(second=0, microsecond=0) - 3 * MINUTE
    task = task_at(house, cron="0 0 1 1 *", due=first)
    house.plan()
    (held,) = house.runs()
    with house.open_work() as work:  # as a backfill leaves it
        work.connection.exec_driver_sql(
            "INSERT INTO run (task, task_title, task_type, handler, site, mode, pool, state, nominal_time, first_time,"
            " occurrences, occurrence, manual, started_by, traceparent)"
            " SELECT task, task_title, task_type, handler, site, mode, pool, 'held', nominal_time + interval '1 min',"
            " first_time, 1, true, true, 'anne', '' FROM run"
        )
    due_at(house, task, first + MINUTE)
    house.plan()
    joined, made_up = house.runs()
    assert (joined.number, joined.nominal_time, joined.occurrences) == (held.number, held.nominal_time, 2)
    assert made_up.nominal_time == first + MINUTE
    with house.open_work() as work:
        following = work.tasks.get(task.number).next_time
    assert following is not None
    assert following > house.now()


def test_instants_of_a_task_that_was_moved_do_not_join_a_run_of_its_old_site(house: House) -> None:
    make_site(house, "lyon")
    make_site(house, "nice")
    silence(house, "lyon")
    silence(house, "nice")
    first = house.now().replace(second=0, microsecond=0) - 3 * MINUTE
    task = task_at(house, cron="0 0 1 1 *", due=first)
    house.plan()
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, site="nice"))
    due_at(house, task, first + MINUTE)
    house.plan()
    assert [(run.site, run.nominal_time, run.occurrences) for run in house.runs()] == [
        ("lyon", first, 1),
        ("nice", first + MINUTE, 1),
    ]
    due_at(house, task, first + 2 * MINUTE)
    house.plan()
    assert [(run.site, run.nominal_time, run.occurrences) for run in house.runs()] == [
        ("lyon", first, 1),
        ("nice", first + 2 * MINUTE, 2),
    ]
    assert {(run.state, run.reason) for run in house.runs()} == {(RunState.HELD, SkipReason.SITE_OFFLINE)}


def test_a_site_is_not_deleted_while_a_run_of_a_task_that_was_moved_has_not_ended(house: House) -> None:
    make_site(house, "lyon")
    house.others.team.does = lambda entry: None
    task = task_at(house)
    number = house.start(task)
    house.work()
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, site="default"))
    delete = house.parts.site_use_cases().delete_site
    with pytest.raises(RunUnfinished, match=f"runs/{number}"), house.open_work() as work:
        delete(work, "lyon", etag="", caller="wolf", peer="here")
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.settle()
    with house.open_work() as work:
        delete(work, "lyon", etag="", caller="wolf", peer="here")
