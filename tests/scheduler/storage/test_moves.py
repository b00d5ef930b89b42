"""Every arrow of a run's life is walked on real rows, by the use cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from backroom.delivery.v1 import delivery_pb2
from services.scheduler.domain.runs import MOVES, Purpose, RunState
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.asking import cancel, pass_time, retry
from tests.scheduler.conftest import House
from tests.scheduler.team import State, Times, drop, failed, succeeded

Arrow = tuple[RunState, RunState]
Step = Callable[[House], object]

PENDING, HELD, RUNNING, WAITING = RunState.PENDING, RunState.HELD, RunState.RUNNING, RunState.WAITING
EXPORT: dict[str, Any] = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "v.csv"}


def started(**draft: Any) -> Step:  # Any: the fields of a draft
    return lambda house: house.start(house.task(**draft))


def handler_says(*states: State | None) -> Step:
    """What becomes of the attempts that come, each in its turn; None is at work."""

    def step(house: House) -> None:
        left = list(states)
        house.others.team.does = lambda entry: left.pop(0)

    return step


def handler_forgets(house: House) -> None:
    house.others.team.attempts.clear()


def handler_is_away_once(house: House) -> None:
    house.others.team.before_start = Times(1, drop)


def attempt_is_cancelled_before_the_handler_has_it(house: House) -> None:
    (run,) = house.runs()
    with house.open_work() as work:
        attempt = work.attempts.open_of(run.number, Purpose.WORK)
    assert attempt
    house.others.team.tombstones.add(str(attempt.id))
    house.rest()


def destination_is_away(house: House) -> None:
    house.others.carrier.unreachable["destinations/pftp"] = delivery_pb2.CheckDestinationResponse(message="refused")


def files_do_not_arrive(house: House) -> None:
    house.others.carrier.arrives = lambda request: failed()


def somebody_cancels(house: House) -> None:
    cancel(house, house.runs()[0].number)


def somebody_retries(house: House) -> None:
    retry(house, house.runs()[0].number)


def time_passes(house: House) -> None:
    pass_time(house, timedelta(minutes=1))
    assert house.parts.enforce_deadlines() == 1


def site_goes(mode: OperatingMode) -> Step:
    def step(house: House) -> None:
        with house.open_work() as work:
            house.parts.site_use_cases().set_mode(work, "default", mode, caller="wolf", peer="here")

    return step


def an_instant_comes(house: House) -> None:
    house.task(cron="30 22 * * *", due=house.now() - timedelta(seconds=1))
    house.plan()


def site_is_silent(house: House) -> None:
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE site SET heartbeat_timeout = interval '5 s', heartbeat_time = now() - interval '1 h'"
        )
    somebody_looks_at_the_sites(house)


def it_has_waited_for_long(house: House) -> None:
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET hold_expire_time = now()")
    somebody_looks_at_the_sites(house)


def somebody_looks_at_the_sites(house: House) -> None:
    with house.open_work() as work:
        house.parts.watch_sites(work)


def recovery_looks(house: House) -> None:
    with house.open_work() as work:
        assert house.parts.recover_runs(work) == 1


WITH_FILES = handler_says(succeeded("fait", ["a"]))
TWICE = RetryPolicy(max_attempts=2)
LATE: dict[str, Any] = {"attempt_timeout": timedelta(minutes=1), "retry_policy": TWICE}
ISOLATED, NORMAL = site_goes(OperatingMode.ISOLATED), site_goes(OperatingMode.NORMAL)
AT_WORK = [handler_says(None), started(), House.work]

WALKS: Mapping[Arrow, Sequence[Step]] = {
    (PENDING, RUNNING): [handler_is_away_once, started(), House.work],
    (PENDING, RunState.FAILED): [started(time_zone="Mars/Olympus"), House.work, recovery_looks],
    (PENDING, RunState.CANCELLED): [started(), somebody_cancels],
    (PENDING, HELD): [started(), ISOLATED],
    (HELD, PENDING): [started(), ISOLATED, NORMAL],
    (HELD, WAITING): [*AT_WORK, ISOLATED, NORMAL],
    (HELD, RunState.CANCELLED): [*AT_WORK, ISOLATED, somebody_cancels],
    (HELD, RunState.SKIPPED): [site_is_silent, an_instant_comes, it_has_waited_for_long],
    (RUNNING, WAITING): AT_WORK,
    (RUNNING, PENDING): [handler_is_away_once, started(**LATE), House.work, time_passes, time_passes],
    (RUNNING, HELD): [handler_is_away_once, started(), House.work, ISOLATED],
    (RUNNING, RunState.FAILED): [started(owner="nobody"), House.work],
    (RUNNING, RunState.CANCELLED): [
        handler_is_away_once,
        started(),
        House.work,
        attempt_is_cancelled_before_the_handler_has_it,
        House.work,
    ],
    (RUNNING, RunState.NOT_EXECUTED): [destination_is_away, started(**EXPORT), House.work],
    (WAITING, RUNNING): [*AT_WORK, handler_forgets, House.poll],
    (WAITING, HELD): [*AT_WORK, ISOLATED],
    (WAITING, PENDING): [handler_says(failed()), started(retry_policy=TWICE), House.work, House.poll],
    (WAITING, RunState.SUCCEEDED): [started(), House.work, House.poll],
    (WAITING, RunState.DELIVERED): [WITH_FILES, started(**EXPORT), House.settle],
    (WAITING, RunState.SPOOLED): [WITH_FILES, files_do_not_arrive, started(**EXPORT), House.settle],
    (WAITING, RunState.FAILED): [handler_says(failed()), started(), House.work, House.poll],
    (WAITING, RunState.CANCELLED): [*AT_WORK, somebody_cancels, House.work, House.poll],
    (RunState.FAILED, PENDING): [handler_says(failed()), started(), House.settle, somebody_retries],
    (RunState.CANCELLED, PENDING): [started(), somebody_cancels, somebody_retries],
    (RunState.NOT_EXECUTED, PENDING): [destination_is_away, started(**EXPORT), House.settle, somebody_retries],
    (RunState.SKIPPED, PENDING): [ISOLATED, an_instant_comes, somebody_retries],
}

RECORD = """
    CREATE TABLE moved (place serial, before text, after text);
    CREATE FUNCTION record_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO moved (before, after) VALUES (OLD.state, NEW.state); RETURN NULL; END $$;
    CREATE TRIGGER record_move AFTER UPDATE ON run FOR EACH ROW WHEN (OLD.state <> NEW.state)
    EXECUTE FUNCTION record_move();
"""


@pytest.fixture
def moved(house: House) -> Callable[[], list[Arrow]]:
    """The arrows that rows have gone, written down by the database itself."""
    with house.open_work() as work:
        work.connection.exec_driver_sql(RECORD)

    def read() -> list[Arrow]:
        with house.open_work() as work:
            rows = work.connection.exec_driver_sql("SELECT before, after FROM moved ORDER BY place")
            return [(RunState(before), RunState(after)) for before, after in rows]

    return read


@pytest.mark.parametrize("arrow", WALKS, ids="-".join)
def test_the_use_cases_walk_the_arrow(house: House, moved: Callable[[], list[Arrow]], arrow: Arrow) -> None:
    for step in WALKS[arrow]:
        step(house)
    way = moved()
    assert way[-1] == arrow
    assert house.runs()[0].state is arrow[1]
    assert all(after in MOVES[before] for before, after in way)


def test_every_arrow_is_walked() -> None:
    assert WALKS.keys() == {(before, after) for before, afters in MOVES.items() for after in afters}


def test_a_failed_attempt_waits_for_the_next_one_without_leaving_its_arrows(
    house: House, moved: Callable[[], list[Arrow]]
) -> None:
    handler_says(failed(), succeeded())(house)
    house.start(house.task(retry_policy=RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))))
    house.settle()
    once = [(PENDING, RUNNING), (RUNNING, WAITING)]
    assert moved() == [*once, (WAITING, PENDING), *once, (WAITING, RunState.SUCCEEDED)]
