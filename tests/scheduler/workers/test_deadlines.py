"""Deadlines: the handler is asked once, has a grace to say how it ended, and after that the attempt has failed."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.scheduler.application.steps import start_each
from services.scheduler.domain.runs import AttemptState, RunState
from services.scheduler.domain.tasks import RetryPolicy
from services.scheduler.gateways.handlers import GrpcHandlers
from services.scheduler.workers.sweep import Sweep
from tests.scheduler.asking import attempts, cancel, pass_time
from tests.scheduler.conftest import House
from tests.scheduler.team import failed, succeeded
from tests.scheduler.workers.test_polling import wait_for

MINUTE = timedelta(minutes=1)
TWICE = RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))


def stubborn(house: House, **draft: Any) -> int:  # Any: the fields of a draft
    """A run with a minute's time, whose handler goes on whatever it is asked."""
    house.others.team.does = lambda entry: None
    house.others.team.ends = lambda attempt: None
    number = house.start(house.task(attempt_timeout=MINUTE, **draft))
    house.work()
    assert house.run(number).state is RunState.WAITING
    return number


def late(house: House, by: timedelta = MINUTE) -> int:
    """So much later, somebody looks."""
    pass_time(house, by)
    return house.parts.enforce_deadlines()


def test_the_handler_is_told_until_when_it_has_time(house: House) -> None:
    number = stubborn(house)
    (attempt,) = attempts(house, number)
    (entry,) = house.others.team.done
    assert attempt.expire_time == attempt.create_time + MINUTE
    assert entry.expire_time.ToDatetime(tzinfo=attempt.create_time.tzinfo) == attempt.expire_time


def test_nobody_is_asked_before_the_time_has_passed_or_where_none_is_set(house: House) -> None:
    stubborn(house)
    house.start(house.task())
    house.work()
    assert late(house, timedelta(seconds=50)) == 0
    house.work()
    assert house.others.team.asked_to_end == []


def test_past_its_time_the_handler_is_asked_once_and_the_run_waits_for_its_answer(house: House) -> None:
    number = stubborn(house)
    assert [late(house), late(house, timedelta()), late(house, timedelta(seconds=50))] == [1, 0, 0]
    house.work()
    assert len(house.others.team.asked_to_end) == 1
    assert house.run(number).state is RunState.WAITING
    assert f"runs/{number} a dépassé la durée permise ; team est prié d'y mettre fin" in house.journal()


def test_after_the_grace_it_has_failed_whatever_the_handler_says_and_its_pool_is_free(house: House) -> None:
    number = stubborn(house, pool="nuit")
    behind = house.start(house.task(pool="nuit"))
    late(house)
    assert late(house) == 1
    run = house.run(number)
    assert (run.state, run.failure and run.failure.reason) == (RunState.FAILED, "DEADLINE_PASSED")
    assert house.inbox("anne")[0].body.endswith("elle a dépassé la durée permise")
    house.others.team.does = lambda entry: succeeded()
    house.others.team.finish(house.others.team.asked[0], succeeded("trop tard"))
    house.settle()
    assert (house.run(number).state, house.run(number).report) == (RunState.FAILED, "")
    assert house.run(behind).state is RunState.SUCCEEDED


def test_the_next_attempt_follows_as_the_policy_says(house: House) -> None:
    number = stubborn(house, retry_policy=TWICE)
    late(house)
    late(house)
    assert house.run(number).state is RunState.PENDING
    house.others.team.does = lambda entry: succeeded("enfin")
    house.settle()
    run = house.run(number)
    assert (run.state, run.report) == (RunState.SUCCEEDED, "enfin")
    assert [each.state for each in attempts(house, number)] == [AttemptState.FAILED, AttemptState.SUCCEEDED]


def test_a_handler_that_ends_it_when_asked_has_let_its_time_pass_all_the_same(house: House) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task(attempt_timeout=MINUTE, retry_policy=TWICE))
    house.work()
    late(house)
    house.work()  # it is asked, and ends it
    house.poll()
    assert house.run(number).state is RunState.PENDING
    assert attempts(house, number)[0].state is AttemptState.FAILED
    house.work()
    late(house)
    house.settle()
    run = house.run(number)
    assert (run.state, run.failure and run.failure.reason) == (RunState.FAILED, "DEADLINE_PASSED")


def test_what_was_done_within_the_grace_counts(house: House) -> None:
    number = stubborn(house)
    late(house)
    house.others.team.finish(house.others.team.asked[0], succeeded("juste à temps"))
    house.poll()
    late(house)
    assert (house.run(number).state, house.run(number).report) == (RunState.SUCCEEDED, "juste à temps")


def test_a_handler_that_forgot_a_late_attempt_is_not_asked_to_begin_it_again(house: House) -> None:
    number = stubborn(house)
    late(house)
    house.others.team.attempts.clear()
    house.poll()
    assert house.run(number).state is RunState.FAILED
    assert len(house.others.team.asked) == 1


def test_an_attempt_that_no_handler_took_is_late_too(house: House) -> None:
    house.others.team_server.stop(0).wait()
    number = house.start(house.task(attempt_timeout=MINUTE, retry_policy=TWICE))
    house.worker().drain("runs")
    assert house.run(number).state is RunState.RUNNING
    late(house)
    late(house)
    assert house.run(number).state is RunState.PENDING
    house.worker().drain("runs")
    assert attempts(house, number)[0].state is AttemptState.FAILED


def test_an_attempt_that_its_handler_never_began_because_it_was_late_has_let_its_time_pass(house: House) -> None:
    number = stubborn(house)
    with house.open_work() as work:  # as a lost reply leaves it
        work.connection.exec_driver_sql("UPDATE attempt SET state = 'starting'")
    house.others.team.attempts.clear()
    with house.open_work() as work:
        run = work.runs.get(number)
        work.connection.exec_driver_sql("UPDATE run SET state = 'running'")
        start_each(work, [replace(run, state=RunState.RUNNING)])
    late(house)
    house.settle()
    run = house.run(number)
    assert (run.state, run.failure and run.failure.reason) == (RunState.FAILED, "DEADLINE_PASSED")
    assert len(house.others.team.done) == 1


def test_no_time_passes_while_the_run_is_held(house: House) -> None:
    number = stubborn(house)
    set_state(house, "held")
    assert house.parts.enforce_deadlines() == 0
    assert late(house, timedelta(hours=1)) == 0
    set_state(house, "waiting")
    assert house.parts.enforce_deadlines() == 0
    (attempt,) = attempts(house, number)
    assert attempt.expire_time
    left = attempt.expire_time - house.now()
    assert timedelta(seconds=40) < left <= MINUTE
    assert late(house) == 1


def test_a_run_that_somebody_cancelled_is_cancelled_and_not_late(house: House) -> None:
    number = stubborn(house, retry_policy=TWICE)
    cancel(house, number)
    late(house, timedelta(minutes=2))
    late(house)
    assert (house.run(number).state, house.run(number).cancelled_by) == (RunState.CANCELLED, "anne")


def test_any_number_may_look_at_once_and_each_run_ends_once(house: House) -> None:
    house.others.team.does = lambda entry: None
    house.others.team.ends = lambda attempt: None
    task = house.task(attempt_timeout=MINUTE)
    numbers = [house.start(task) for _ in range(20)]
    house.work()
    late(house)
    pass_time(house, MINUTE)
    ready = threading.Barrier(3)

    def look() -> None:
        ready.wait()
        house.parts.enforce_deadlines()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {house.run(number).state for number in numbers} == {RunState.FAILED}
    assert len(house.inbox("anne")) == 20


def test_the_loop_looks_by_itself_and_leaves_when_told(house: House) -> None:
    number = stubborn(house)
    stop = threading.Event()
    pass_time(house, MINUTE)
    loop = threading.Thread(target=Sweep(found="late", look=house.parts.enforce_deadlines).run, args=(stop,))
    loop.start()
    try:
        wait_for(lambda: attempts(house, number)[0].cancel_time is not None, 5)
    finally:
        stop.set()
        loop.join(3)
    assert not loop.is_alive()


class Forgetful(GrpcHandlers):
    """Knows no handler any more, as after it was taken out of the settings."""

    def knows(self, handler: str) -> bool:
        return False


def test_runs_at_a_handler_that_nobody_knows_are_told_once_and_can_be_ended(house: House) -> None:
    number = stubborn(house)
    forgetful = Forgetful(house.runtime.channels.get, house.parts.addresses)
    enforce = replace(house.parts.enforce_deadlines, handlers=forgetful)
    enforce()
    enforce()
    told = [line for line in house.journal() if "qui n'est plus connu" in line]
    assert told == [
        f"runs/{number} attend team, qui n'est plus connu ; indiquez de nouveau son adresse, ou annulez l'exécution"
    ]
    cancel(house, number)
    assert enforce() == 0
    pass_time(house, timedelta(seconds=55))  # before its own deadline has passed for so long
    pass_time(house, timedelta(seconds=6))
    enforce()
    assert house.run(number).state is RunState.CANCELLED


def test_a_failure_of_the_business_is_no_matter_of_time(house: House) -> None:
    number = stubborn(house)
    house.others.team.finish(house.others.team.asked[0], failed())
    house.poll()
    assert late(house) == 0
    run = house.run(number)
    assert (run.state, run.failure and run.failure.reason) == (RunState.FAILED, "NO_SALES")


def set_state(house: House, state: str) -> None:
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET state = %(state)s", {"state": state})
