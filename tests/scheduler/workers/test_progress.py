"""Progress is seen to move while a handler is at work."""

import threading

import pytest

from services.scheduler.workers.poller import patience
from tests.scheduler.conftest import House
from tests.scheduler.team import State
from tests.scheduler.workers.test_polling import wait_for


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (100, 1), (500, 5), (10_000, 20)])
def test_progress_of_few_is_asked_for_often_and_that_of_many_seldom(attempts: int, seconds: int) -> None:
    assert patience(attempts).total_seconds() == seconds


def test_the_run_shows_how_far_its_handler_has_come_within_moments(house: House) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    stop = threading.Event()
    polling = threading.Thread(target=house.parts.poller("team").run, args=(stop, 30.0))
    polling.start()
    try:
        for done in (1, 2):
            state = State(state=State.STATE_RUNNING)
            state.progress.done, state.progress.total = done, 2
            house.others.team.finish(house.others.team.asked[0], state)

            def shown(done: int = done) -> bool:
                progress = house.run(number).progress
                return progress is not None and progress.done == done

            wait_for(shown, 5)
    finally:
        stop.set()
        polling.join(3)
    assert not polling.is_alive()
