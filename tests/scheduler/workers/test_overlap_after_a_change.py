"""A task whose policy says, after a change, that its runs wait for each other, while one runs that waits for nobody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.scheduler.application.update_task import update_task
from services.scheduler.domain.policies import Overlap, SkipReason
from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House
from tests.scheduler.sites import due_at
from tests.scheduler.team import succeeded


@pytest.mark.parametrize("overlap", [Overlap.BUFFER_ONE, Overlap.CANCEL_RUNNING])
def test_the_next_run_does_not_begin_beside_one_of_the_time_before(house: House, overlap: Overlap) -> None:
    first = house.now() - timedelta(seconds=3)
    team = house.others.team
    team.does = lambda entry: None
    task = house.task(cron="0 0 1 1 *", due=first)
    house.plan()
    house.work()
    with house.open_work() as work:
        task = work.tasks.get(task.number)
        update_task(work, task.number, draft=replace(task.draft, overlap=overlap), etag=task.etag, validate_only=False)
    due_at(house, task, first + timedelta(seconds=1))
    house.plan()
    house.work()
    assert len(team.asked) == 1
    assert [(run.state, run.reason) for run in house.runs()] == [
        (RunState.WAITING, None),
        (RunState.SKIPPED, SkipReason.OVERLAP),
    ]
    team.does = lambda entry: succeeded()
    team.finish(team.asked[0], succeeded())
    house.settle()
    due_at(house, task, first + timedelta(seconds=2))
    house.plan()
    house.settle()
    assert house.runs()[-1].state is RunState.SUCCEEDED
