"""Planners die at random while tasks fire every second: each instant of each task brings one run, and one only."""

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.duration_pb2 import Duration

from backroom.scheduler.v1 import scheduler_pb2
from tests.journeys.night import Night

TASKS = 20
SECONDS = 60
SECOND = timedelta(seconds=1)
QUIET = scheduler_pb2.Notification(when=scheduler_pb2.Notification.WHEN_NEVER)


def every_second(place: int) -> scheduler_pb2.Task:
    """Made up one by one where a planner was away; side by side, so that no run waits for another."""
    return scheduler_pb2.Task(
        title=f"Dense {place}",
        task_type="sales.process-defectives",
        triggers=[scheduler_pb2.Trigger(interval=scheduler_pb2.IntervalTrigger(interval=Duration(seconds=1)))],
        misfire_policy=scheduler_pb2.MisfirePolicy(kind=scheduler_pb2.MisfirePolicy.KIND_ALL, max_runs=1000),
        overlap_policy=scheduler_pb2.OVERLAP_POLICY_ALLOW,
        notification=QUIET,
    )


def runs_of(night: Night, task: str) -> list[scheduler_pb2.Run]:
    request = scheduler_pb2.ListRunsRequest(filter=f'task = "{task}"', page_size=1000)
    return list(night.connection.scheduler.ListRuns(request).runs)


@pytest.mark.timeout(400)
def test_three_planners_killed_at_random_for_a_minute_fire_each_instant_of_each_task_once(night: Night) -> None:
    scheduler, stack = night.connection.scheduler, night.stack
    planners = ["scheduler-plan", *(stack.add("scheduler", "plan") for _ in range(2))]
    tasks = [scheduler.CreateTask(scheduler_pb2.CreateTaskRequest(task=every_second(n))) for n in range(TASKS)]
    chance = random.Random(20261121)
    end = time.monotonic() + SECONDS
    deaths = 0
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.2, 2.0))
        stack.kill(chance.choice(planners))
        deaths += 1
    stack.wait_until_ready(*planners)
    time.sleep(2)
    for task in tasks:
        scheduler.PauseTask(scheduler_pb2.PauseTaskRequest(name=task.name))
    assert deaths > SECONDS / 3

    patience = time.monotonic() + 180
    for task in tasks:
        while any(not run.HasField("end_time") for run in runs_of(night, task.name)):
            assert time.monotonic() < patience
            time.sleep(1)
        runs = runs_of(night, task.name)
        fired = Counter(run.nominal_time.ToDatetime(UTC) for run in runs)
        first, last = min(fired), max(fired)
        instants = [first + place * SECOND for place in range((last - first) // SECOND + 1)]
        assert fired == Counter(instants)
        assert first == datetime.fromtimestamp(task.next_run_time.seconds, UTC)
        assert len(fired) >= SECONDS
        assert {run.state for run in runs} == {scheduler_pb2.Run.STATE_SUCCEEDED}
        assert {len(run.attempts) for run in runs} == {1}
    done = night.rows(
        "sales",
        "SELECT count(*), count(DISTINCT (context->>'run')) FROM operation WHERE context->>'task_title' LIKE 'Dense %'",
    )
    question = "SELECT count(*) FROM run WHERE task_title LIKE 'Dense %' AND state <> 'skipped'"
    (asked,) = night.rows("scheduler", question)
    assert done == [(*asked, *asked)]  # what the handler did: once for each run
