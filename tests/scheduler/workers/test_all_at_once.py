"""People who cancel and retry, workers, pollers and deadlines, all at the same runs at once."""

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from backroom.task.v1 import task_pb2
from chassis.errors import WrongState
from chassis.operations.worker import Worker
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.asking import all_at_once, cancel, retry
from tests.scheduler.conftest import House
from tests.scheduler.team import State, failed, succeeded

RUNS, SECONDS = 24, 6.0


def test_every_run_ends_once_and_no_two_of_a_pool_are_at_work_together(house: House) -> None:
    chance = random.Random(7)
    at_work: set[str] = set()
    together: list[set[str]] = []
    team = house.others.team

    def does(entry: task_pb2.TaskEntry) -> State | None:
        if entry.task == pooled.name:
            working = {each for each in at_work if team.attempts[each].state == State.STATE_RUNNING}
            at_work.add(entry.attempt)
            if working:
                together.append(working)
        return chance.choice([None, None, succeeded(), failed()])

    team.does = does
    policy = RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))
    free, pooled = house.task(retry_policy=policy), house.task("Nuit", pool="nuit", retry_policy=policy)
    numbers = [house.start(task) for _ in range(RUNS // 2) for task in (free, pooled)]

    def finish_some() -> None:
        with team.changed:
            open_ones = [each for each, state in team.attempts.items() if state.state == State.STATE_RUNNING]
        for attempt in chance.sample(open_ones, min(2, len(open_ones))):
            team.finish(attempt, chance.choice([succeeded(), failed()]))

    def work_on_what_waits() -> None:
        make_ready(house)
        a_worker(house).drain("runs")

    acts: list[tuple[Callable[[], object], float]] = [
        (lambda: a_worker(house).drain("runs"), 0.0),
        (work_on_what_waits, 0.05),
        (house.poll, 0.0),
        (house.parts.enforce_deadlines, 0.0),
        (finish_some, 0.05),
        (lambda: cancel(house, chance.choice(numbers)), 0.03),
        (lambda: retry(house, chance.choice(numbers)), 0.05),
    ]
    assert all_at_once(acts, seconds=SECONDS, refusals=(WrongState,)) == []
    assert together == []
    team.does = lambda entry: succeeded()
    for attempt, state in list(team.attempts.items()):
        if state.state == State.STATE_RUNNING:
            team.finish(attempt, succeeded())
    house.settle()
    ends = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
    assert {house.run(number).state for number in numbers} <= ends
    assert len(team.asked) == len(set(team.asked)) == house.count("attempt")


def a_worker(house: House) -> Worker:
    return Worker(
        house.runtime.database,
        house.runtime.bell,
        id=uuid4(),
        kinds=house.wiring.kinds,
        lanes=house.wiring.lanes,
        threads=1,
    )


def make_ready(house: House) -> None:
    """Backoffs have passed."""
    with house.runtime.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE operation SET ready = true, next_attempt_time = now() WHERE id IN ("
            "SELECT id FROM operation WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED)"
        )
