"""Sites that change their modes, go and come back, while planners, workers, pollers and people are at their runs."""

import random
from collections.abc import Callable
from datetime import timedelta

from backroom.task.v1 import task_pb2
from chassis.errors import WrongState
from services.scheduler.domain.errors import CannotRunAgain, FilesUnderWay
from services.scheduler.domain.policies import Overlap
from services.scheduler.domain.runs import ENDED, RunState
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.asking import all_at_once, cancel, retry
from tests.scheduler.conftest import House
from tests.scheduler.sites import (
    ISOLATED,
    NORMAL,
    TRAINING,
    due_at,
    get_site,
    make_site,
    put,
    site_watch,
    task_at,
    tell,
)
from tests.scheduler.team import State, failed, succeeded
from tests.scheduler.workers.test_all_at_once import a_worker, make_ready

SECONDS = 4.0
REFUSALS = (WrongState, FilesUnderWay, CannotRunAgain)
SITES = ("lyon", "nice")


def test_every_run_goes_on_once_its_site_is_there_and_normal(house: House) -> None:
    chance = random.Random(11)
    team, carrier = house.others.team, house.others.carrier

    def does(entry: task_pb2.TaskEntry) -> State | None:
        return chance.choice([None, succeeded(), succeeded("fait", ["a"]), failed()])

    team.does = does
    policy = RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))
    for site in SITES:
        make_site(house, site)
    tasks = [
        task_at(
            house,
            site,
            f"{site} {pool}",
            cron="30 22 * * *",
            pool=pool,
            retry_policy=policy,
            overlap=Overlap.ALLOW,
            task_type="team.extract",
            destination="destinations/pftp",
            file_name="v.csv",
        )
        for site in SITES
        for pool in ("", "nuit")
    ]
    house.start(tasks[0])

    def some_run() -> int:
        return chance.choice([run.number for run in house.runs()])

    def change_mode() -> None:
        put(house, chance.choice([NORMAL, ISOLATED, TRAINING]), chance.choice(SITES))

    def beat() -> None:
        with house.open_work() as work:
            work.sites.beat(chance.choice(SITES), work.now() - chance.choice([timedelta(), timedelta(hours=1)]))

    def work_on_what_waits() -> None:
        make_ready(house)
        a_worker(house).drain("runs")

    acts: list[tuple[Callable[[], object], float]] = [
        (lambda: a_worker(house).drain("runs"), 0.02),
        (work_on_what_waits, 0.1),
        (lambda: a_worker(house).drain("sites"), 0.1),
        (house.poll, 0.05),
        (lambda: house.poll("delivery"), 0.05),
        (house.parts.enforce_deadlines, 0.2),
        (site_watch(house).look, 0.05),
        (lambda: due_at(house, chance.choice(tasks), house.now()), 0.05),
        (house.plan, 0.05),
        (lambda: house.start(chance.choice(tasks)), 0.3),
        (lambda: cancel(house, some_run()), 0.2),
        (lambda: retry(house, some_run()), 0.2),
        (change_mode, 0.1),
        (beat, 0.1),
    ]
    assert all_at_once(acts, seconds=SECONDS, refusals=REFUSALS) == []
    team.does = lambda entry: succeeded()
    for site in SITES:
        put(house, NORMAL, site)
        with house.open_work() as work:
            work.sites.beat(site, work.now())
    while not all(run.state in ENDED for run in house.runs()):
        before = [(run.number, run.state) for run in house.runs()]
        for handler in (team, carrier.handler):
            for attempt, state in list(handler.attempts.items()):
                if state.state == State.STATE_RUNNING:
                    handler.finish(attempt, succeeded())
        site_watch(house).look()
        house.work()
        house.poll()
        house.poll("delivery")
        assert [(run.number, run.state) for run in house.runs()] != before, "they do not go on"
    tell(house)
    assert all(get_site(house, site).unacknowledged == frozenset() for site in SITES)
    assert any(run.state is RunState.DELIVERED for run in house.runs())
    assert len(team.done) == len(set(team.asked) - team.tombstones)
