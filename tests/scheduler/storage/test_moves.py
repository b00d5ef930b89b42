"""Every arrow of a run's life is walked on real rows, by the use cases; the arrows of later releases are named."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from backroom.delivery.v1 import delivery_pb2
from services.scheduler.domain.runs import MOVES, Purpose, RunState
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.conftest import House
from tests.scheduler.team import State, Times, drop, failed, succeeded

Arrow = tuple[RunState, RunState]
Step = Callable[[House], object]

PENDING, HELD, RUNNING, WAITING = RunState.PENDING, RunState.HELD, RunState.RUNNING, RunState.WAITING
EXPORT: dict[str, Any] = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "v.csv"}

#: A run is held, goes on or is passed over because of its site or the site's mode, and there is one site in one mode.
OF_SITES_AND_MODES = frozenset(
    {
        (PENDING, HELD),
        (RUNNING, HELD),
        (WAITING, HELD),
        (HELD, PENDING),
        (HELD, WAITING),
        (HELD, RunState.CANCELLED),
        (HELD, RunState.SKIPPED),
    }
)


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


def somebody_cancels_the_step(house: House) -> None:
    (run,) = house.runs()
    assert run.operation
    with house.open_work() as work:
        work.operations.cancel([run.operation], "cancelled by anne")


def recovery_looks(house: House) -> None:
    with house.open_work() as work:
        assert house.parts.recover_runs(work) == 1


WITH_FILES = handler_says(succeeded("fait", ["a"]))
TWICE = RetryPolicy(max_attempts=2)

WALKS: Mapping[Arrow, Sequence[Step]] = {
    (PENDING, RUNNING): [handler_is_away_once, started(), House.work],
    (PENDING, RunState.FAILED): [started(time_zone="Mars/Olympus"), House.work, recovery_looks],
    (PENDING, RunState.CANCELLED): [started(), somebody_cancels_the_step, recovery_looks],
    (RUNNING, WAITING): [handler_says(None), started(), House.work],
    (RUNNING, RunState.FAILED): [started(owner="nobody"), House.work],
    (RUNNING, RunState.CANCELLED): [
        handler_is_away_once,
        started(),
        House.work,
        attempt_is_cancelled_before_the_handler_has_it,
        House.work,
    ],
    (RUNNING, RunState.NOT_EXECUTED): [destination_is_away, started(**EXPORT), House.work],
    (WAITING, RUNNING): [handler_says(None), started(), House.work, handler_forgets, House.poll],
    (WAITING, PENDING): [handler_says(failed()), started(retry_policy=TWICE), House.work, House.poll],
    (WAITING, RunState.SUCCEEDED): [started(), House.work, House.poll],
    (WAITING, RunState.DELIVERED): [WITH_FILES, started(**EXPORT), House.settle],
    (WAITING, RunState.SPOOLED): [WITH_FILES, files_do_not_arrive, started(**EXPORT), House.settle],
    (WAITING, RunState.FAILED): [handler_says(failed()), started(), House.work, House.poll],
    (WAITING, RunState.CANCELLED): [
        handler_says(State(state=State.STATE_CANCELLED)),
        started(),
        House.work,
        House.poll,
    ],
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


def test_every_arrow_is_walked_or_belongs_to_sites_and_modes() -> None:
    arrows = {(before, after) for before, afters in MOVES.items() for after in afters}
    assert WALKS.keys() & OF_SITES_AND_MODES == set()
    assert WALKS.keys() | OF_SITES_AND_MODES == arrows


def test_a_failed_attempt_waits_for_the_next_one_without_leaving_its_arrows(
    house: House, moved: Callable[[], list[Arrow]]
) -> None:
    handler_says(failed(), succeeded())(house)
    house.start(house.task(retry_policy=RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))))
    house.settle()
    once = [(PENDING, RUNNING), (RUNNING, WAITING)]
    assert moved() == [*once, (WAITING, PENDING), *once, (WAITING, RunState.SUCCEEDED)]
