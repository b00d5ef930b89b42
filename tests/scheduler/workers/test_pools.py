"""Pools: one run at a time, in the order of their instants."""

import threading
from datetime import timedelta

from backroom.delivery.v1 import delivery_pb2
from services.scheduler.domain.results import News, NewsState
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.conftest import House
from tests.scheduler.team import failed, succeeded


def test_runs_of_a_pool_go_one_after_the_other_in_the_order_of_their_instants(house: House) -> None:
    house.others.team.does = lambda entry: None
    now = house.now()
    task = house.task(pool="nuit")
    numbers = [house.start(task, now + timedelta(seconds=seconds)) for seconds in (3, 1, 2)]
    order = []
    for _ in numbers:
        house.work()
        going = [run for run in house.runs() if run.state is RunState.WAITING]
        assert len(going) == 1
        order.append(numbers.index(going[0].number))
        house.others.team.finish(house.others.team.asked[-1], succeeded())
        house.poll()
    assert order == [1, 2, 0]
    assert all(run.state is RunState.SUCCEEDED for run in house.runs())


def test_runs_of_other_pools_and_of_none_do_not_wait(house: House) -> None:
    house.others.team.does = lambda entry: None
    for pool in ("nuit", "jour", "", ""):
        house.start(house.task(pool=pool))
    house.work()
    assert [run.state for run in house.runs()] == [RunState.WAITING] * 4


def test_a_failed_attempt_keeps_its_place_in_the_pool(house: House) -> None:
    answers = [failed(), succeeded(), succeeded()]
    house.others.team.does = lambda entry: answers.pop(0)
    policy = RetryPolicy(max_attempts=2, initial_backoff=timedelta(hours=1))
    first = house.start(house.task(pool="nuit", retry_policy=policy))
    second = house.start(house.task(pool="nuit"))
    house.worker().drain("runs")
    house.poll()
    house.worker().drain("runs")
    assert (house.run(first).state, house.run(second).state) == (RunState.PENDING, RunState.PENDING)
    assert len(house.others.team.done) == 1
    house.settle()
    assert [entry.run for entry in house.others.team.done] == [f"runs/{first}", f"runs/{first}", f"runs/{second}"]


def test_a_run_that_was_not_begun_lets_its_pool_go_on(house: House) -> None:
    house.others.carrier.unreachable["destinations/x"] = delivery_pb2.CheckDestinationResponse(message="refused")
    first = house.start(
        house.task(task_type="team.extract", pool="nuit", destination="destinations/x", file_name="a.csv")
    )
    second = house.start(house.task(pool="nuit"))
    house.settle()
    assert (house.run(first).state, house.run(second).state) == (RunState.NOT_EXECUTED, RunState.SUCCEEDED)


def test_an_earlier_run_that_comes_late_goes_before_those_that_have_not_begun(house: House) -> None:
    house.others.team.does = lambda entry: None
    now, task = house.now(), house.task(pool="nuit")
    begun, later = (house.start(task, now + timedelta(seconds=seconds)) for seconds in (5, 9))
    house.work()
    early = house.start(task, now)
    house.work()
    assert [house.run(number).state for number in (begun, later, early)] == [
        RunState.WAITING,
        RunState.PENDING,
        RunState.PENDING,
    ]
    house.others.team.finish(house.others.team.asked[-1], succeeded())
    house.poll()
    house.work()
    assert [house.run(number).state for number in (later, early)] == [RunState.PENDING, RunState.WAITING]


def test_many_workers_never_have_two_runs_of_a_pool_at_work(house: House) -> None:
    task = house.task(pool="nuit")
    numbers = [house.start(task) for _ in range(12)]
    house.others.team.does = lambda entry: None
    most = 0
    for _ in range(40):
        threads = [threading.Thread(target=house.worker().drain, args=("runs",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        at_work = [run for run in house.runs() if run.state is RunState.WAITING]
        most = max(most, len(at_work))
        if not at_work:
            break
        house.others.team.finish(house.others.team.asked[-1], succeeded())
        house.poll()
    assert most == 1
    assert [house.run(number).state for number in numbers] == [RunState.SUCCEEDED] * 12


def test_news_applied_twice_and_by_two_at_once_ends_a_run_once(house: House) -> None:
    house.others.team.does = lambda entry: None
    numbers = [house.start(house.task(pool=pool)) for pool in ("nuit", "jour", "")]
    waiting = house.start(house.task(pool="nuit"))
    house.work()
    with house.open_work() as work:
        attempts = work.attempts.at_handler("team", 10)
    news = [News(attempt=attempt, state=NewsState.SUCCEEDED, report="fait") for attempt in attempts]
    barrier = threading.Barrier(2)

    def apply(order: int) -> None:
        barrier.wait()
        with house.open_work() as work:
            house.parts.apply_news(work, news[::order])

    threads = [threading.Thread(target=apply, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with house.open_work() as work:
        assert house.parts.apply_news(work, news) == 0
    assert [house.run(number).state for number in numbers] == [RunState.SUCCEEDED] * 3
    assert len(house.inbox("anne")) == 3
    with house.open_work() as work:
        (queued,) = work.connection.exec_driver_sql("SELECT id FROM operation WHERE state = 'queued'").scalars()
        assert work.runs.of_operation(queued) == [waiting]
