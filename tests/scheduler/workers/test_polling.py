"""The long poll: it hears at once, lets newcomers in, and leaves when told."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest

from chassis.errors import Unavailable
from chassis.operations.worker import Worker
from services.scheduler.domain.runs import RunState
from services.scheduler.workers.poller import Lookout
from services.scheduler.workers.polling import Polling
from tests.scheduler.conftest import House
from tests.scheduler.team import Times, succeeded


def wait_for(true: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def polling(house: House) -> Iterator[threading.Event]:
    stop = threading.Event()
    poller = house.parts.poller("team")
    thread = threading.Thread(target=poller.run, args=(stop, 60.0))
    thread.start()
    yield stop
    stop.set()
    thread.join(2)
    assert not thread.is_alive()


def test_an_attempt_that_comes_while_others_are_polled_for_is_heard_of_soon(
    house: House, polling: threading.Event
) -> None:
    house.others.team.does = lambda entry: None
    slow = house.start(house.task())
    house.work()
    time.sleep(1.0)  # the poll for the slow one is under way, and may take 20 s
    quick = house.start(house.task())
    house.work()
    house.others.team.finish(house.others.team.asked[-1], succeeded())
    assert wait_for(lambda: house.run(quick).state is RunState.SUCCEEDED, 10) < 3
    assert house.run(slow).state is RunState.WAITING


def test_the_poller_leaves_in_the_middle_of_a_poll(house: House, polling: threading.Event) -> None:
    house.others.team.does = lambda entry: None
    house.start(house.task())
    house.work()
    time.sleep(0.5)
    polling.set()  # the fixture sees that the thread ends


def test_two_pollers_of_one_handler_end_each_run_once(house: House, polling: threading.Event) -> None:
    stop = threading.Event()
    second = house.parts.poller("team")
    thread = threading.Thread(target=second.run, args=(stop, 60.0))
    thread.start()
    try:
        numbers = [house.start(house.task(pool="nuit" if place % 2 else "")) for place in range(10)]
        for _ in range(60):
            house.work()
            if all(house.run(number).ended for number in numbers):
                break
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join(3)
    assert [house.run(number).state for number in numbers] == [RunState.SUCCEEDED] * 10
    assert len(house.inbox("anne")) == len(house.others.team.done) == 10


def test_the_poller_outlives_a_handler_that_is_away(house: House, polling: threading.Event) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    house.others.team_server.stop(0).wait()
    time.sleep(1.0)
    assert house.run(number).state is RunState.WAITING


def test_reports_too_long_for_one_answer_are_fetched_in_several(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("x" * 700_000)
    task = house.task()
    numbers = [house.start(task) for _ in range(8)]  # 5.6 MB, and a message holds 4
    house.work()
    stop = threading.Event()
    poller = house.parts.poller("team")
    thread = threading.Thread(target=poller.run, args=(stop, 60.0))
    thread.start()
    try:
        wait_for(lambda: all(house.run(number).ended for number in numbers), 10)
    finally:
        stop.set()
        thread.join(3)
    assert {house.run(number).state for number in numbers} == {RunState.SUCCEEDED}


def test_a_poll_that_cannot_go_on_takes_its_question_back(house: House) -> None:
    house.others.team.does = lambda entry: None
    house.start(house.task())
    house.work()
    with house.open_work() as work:
        waiting = work.attempts.at_handler("team", 10)
    came, ended = threading.Event(), threading.Event()

    def note(context: grpc.ServicerContext) -> None:
        context.add_callback(ended.set)
        came.set()

    house.others.team.before_poll = note

    def interrupted() -> bool:
        if came.is_set():
            raise Unavailable("the database cannot answer now")
        return False

    with pytest.raises(Unavailable):
        house.parts.handlers.poll("team", waiting, timedelta(seconds=5), interrupted)
    assert ended.wait(2)


def test_a_handler_that_does_not_answer_holds_up_its_own_run_only(house: House) -> None:
    gate = threading.Event()

    def hang(context: grpc.ServicerContext) -> None:
        gate.wait(10)

    house.others.team.before_start = Times(1, hang)
    task = house.task()
    numbers = [house.start(task) for _ in range(6)]
    worker = Worker(
        house.runtime.database,
        house.runtime.bell,
        id=uuid4(),
        kinds=house.wiring.kinds,
        lanes=house.wiring.lanes,
        threads=2,
    )
    threads = [threading.Thread(target=worker.drain, args=("runs",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        wait_for(lambda: sum(house.run(number).state is RunState.WAITING for number in numbers) == 5, 5)
    finally:
        gate.set()
        for thread in threads:
            thread.join()
    assert all(house.run(number).state is RunState.WAITING for number in numbers)


def test_more_handlers_than_pollers_take_turns(house: House) -> None:
    others = house.others
    others.carrier.arrives = lambda request: None  # delivery is at it all the time
    others.team.does = lambda entry: succeeded("", ["a"]) if entry.task_type == "team.extract" else None
    sent = house.start(house.task(task_type="team.extract", destination="destinations/a", file_name="a"))
    house.work()
    house.poll()
    house.work()
    number = house.start(house.task())
    house.work()
    stop = threading.Event()
    polling = Polling(Lookout(house.parts.open_work), house.parts.poller, most=1, turn=0.5)
    thread = threading.Thread(target=polling.run, args=(stop,))
    thread.start()
    try:
        time.sleep(1.0)
        others.team.finish(others.team.asked[-1], succeeded())
        wait_for(lambda: house.run(number).state is RunState.SUCCEEDED, 10)
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()
    assert house.run(sent).state is RunState.WAITING
