"""CancelRun, wherever the run stands: it ends once, its pool goes on, and no handler goes on with it."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chassis.errors import UnknownResource, WrongState
from services.scheduler.domain.errors import FilesUnderWay
from services.scheduler.domain.policies import Overlap
from services.scheduler.domain.runs import AttemptState, RunState
from services.scheduler.domain.tasks import RetryPolicy
from services.scheduler.gateways.addresses import GOOD_FOR
from tests.scheduler.asking import attempts, cancel, pass_time, refusal, site_is
from tests.scheduler.conftest import House
from tests.scheduler.sites import make_site, task_at
from tests.scheduler.team import State, Times, drop, failed, refuse, succeeded

EXPORT: dict[str, Any] = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "v.csv"}
TWICE = RetryPolicy(max_attempts=2, initial_backoff=timedelta(hours=1))


def at_work(house: House, **draft: Any) -> int:  # Any: the fields of a draft
    """A run whose handler is at it."""
    house.others.team.does = lambda entry: None
    number = house.start(house.task(**draft))
    house.work()
    assert house.run(number).state is RunState.WAITING
    return number


def test_a_run_that_has_not_begun_ends_at_once_and_nobody_does_it(house: House) -> None:
    number = house.start(house.task("Nuit"))
    run = cancel(house, number)
    assert (run.state, run.cancelled_by, run.failure and run.failure.reason) == (
        RunState.CANCELLED,
        "anne",
        "CANCELLED",
    )
    house.settle()
    assert house.others.team.asked == []
    assert house.inbox("anne")[0].body == "La tâche a été annulée : quelqu'un l'a demandé"
    assert "Demande d'annulation de l'exécution de la tâche automatisée Nuit" in house.journal()


def test_one_of_the_runs_that_share_a_step_ends_and_the_others_start(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    for title in ("a", "b", "c"):
        house.task(title, cron="30 22 * * *", due=due)
    house.plan()
    a, b, c = house.runs()
    assert a.operation == b.operation == c.operation is not None
    cancel(house, b.number)
    house.settle()
    assert [run.state for run in house.runs()] == [RunState.SUCCEEDED, RunState.CANCELLED, RunState.SUCCEEDED]
    assert len(house.others.team.done) == 2


def test_a_run_that_waits_for_its_pool_leaves_it(house: House) -> None:
    first = at_work(house, pool="nuit")
    second, third = (house.start(house.task(pool="nuit")) for _ in range(2))
    house.work()
    cancel(house, second)
    assert house.run(second).state is RunState.CANCELLED
    house.others.team.does = lambda entry: succeeded()
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.settle()
    assert [house.run(number).state for number in (first, third)] == [RunState.SUCCEEDED] * 2


def test_a_run_between_two_attempts_has_no_second_one_and_frees_its_pool(house: House) -> None:
    answers = [failed(), succeeded()]
    house.others.team.does = lambda entry: answers.pop(0)
    number = house.start(house.task(retry_policy=TWICE, pool="nuit"))
    behind = house.start(house.task(pool="nuit"))
    house.worker().drain("runs")
    house.poll()
    assert house.run(number).state is RunState.PENDING
    assert cancel(house, number).state is RunState.CANCELLED
    house.settle()
    assert house.run(behind).state is RunState.SUCCEEDED
    assert len(house.others.team.asked) == 2
    assert house.run(number).state is RunState.CANCELLED


def test_an_attempt_that_its_handler_may_have_keeps_its_pool_until_the_handler_says(house: House) -> None:
    house.others.team.after_start = Times(1, drop)  # it has it, and nobody here knows
    house.others.team.does = lambda entry: None
    number = house.start(house.task(pool="nuit"))
    behind = house.start(house.task(pool="nuit"))
    house.worker().drain("runs")
    run = cancel(house, number)
    assert (run.state, run.cancelled_by) == (RunState.RUNNING, "anne")
    assert house.run(behind).state is RunState.PENDING
    house.rest()
    house.others.team.does = lambda entry: succeeded()
    house.settle()
    assert house.run(number).state is RunState.CANCELLED
    assert house.run(behind).state is RunState.SUCCEEDED
    assert [attempt.state for attempt in attempts(house, number)] == [AttemptState.CANCELLED]


def test_an_attempt_that_its_handler_does_not_have_yet_never_begins_there(house: House) -> None:
    house.others.team.before_start = Times(1, refuse(grpc.StatusCode.INTERNAL))
    number = house.start(house.task())
    house.worker().drain("runs")
    assert cancel(house, number).state is RunState.RUNNING
    house.rest()
    house.settle()
    assert house.run(number).state is RunState.CANCELLED
    assert house.others.team.done == []


def test_a_handler_that_is_away_does_not_keep_a_run_that_somebody_cancelled_for_ever(house: House) -> None:
    house.others.team_server.stop(0).wait()
    number = house.start(house.task(pool="nuit"))
    house.worker().drain("runs")
    cancel(house, number)
    house.parts.enforce_deadlines()
    assert house.run(number).state is RunState.RUNNING
    pass_time(house, timedelta(seconds=61))
    assert house.parts.enforce_deadlines() == 1
    assert house.run(number).state is RunState.CANCELLED
    asking = [kind for (kind, state) in kinds(house) if state == "queued"]
    assert "scheduler.cancel-attempts" in asking  # if it has the attempt, it is told when it is back


@pytest.mark.parametrize("fault", [drop, refuse(grpc.StatusCode.PERMISSION_DENIED)])
def test_the_handler_of_a_run_at_work_is_asked_until_it_answers(
    house: House, fault: Callable[[grpc.ServicerContext], None]
) -> None:
    number = at_work(house)
    house.others.team.before_cancel = Times(1, fault)
    assert cancel(house, number).state is RunState.WAITING
    house.work()
    assert house.run(number).state is RunState.WAITING
    house.rest()
    house.settle()
    run = house.run(number)
    assert (run.state, run.cancelled_by) == (RunState.CANCELLED, "anne")
    (message,) = house.inbox("anne")
    assert message.subject == "Rapport : annulée"


def test_a_run_that_was_done_before_its_handler_heard_of_it_keeps_what_it_did(house: House) -> None:
    number = at_work(house, retry_policy=TWICE)
    cancel(house, number)
    house.others.team.finish(house.others.team.asked[0], succeeded("fait"))
    house.settle()
    run = house.run(number)
    assert (run.state, run.report, run.cancelled_by) == (RunState.SUCCEEDED, "fait", "anne")


def test_a_run_that_fails_before_its_handler_heard_of_it_is_not_tried_again(house: House) -> None:
    number = at_work(house, retry_policy=TWICE)
    cancel(house, number)
    house.others.team.finish(house.others.team.asked[0], failed())
    house.settle()
    assert house.run(number).state is RunState.FAILED
    assert len(attempts(house, number)) == 1


def test_an_attempt_that_its_handler_forgot_is_not_started_again_for_a_cancelled_run(house: House) -> None:
    number = at_work(house)
    cancel(house, number)
    house.others.team.attempts.clear()
    house.poll()
    assert house.run(number).state is RunState.CANCELLED
    house.settle()
    assert len(house.others.team.asked) == 1


def test_to_ask_twice_asks_the_handler_once_and_the_first_who_asked_stands(house: House) -> None:
    number = at_work(house)
    cancel(house, number)
    assert cancel(house, number, "wolf").cancelled_by == "anne"
    house.settle()
    assert len(house.others.team.asked_to_end) == 1
    assert sum("annulation" in line for line in house.journal()) == 1


@pytest.mark.parametrize("begun", [False, True])
def test_a_held_run_ends_at_once_and_its_handler_never_goes_on_with_it(house: House, begun: bool) -> None:
    number = at_work(house) if begun else house.start(house.task())
    with house.open_work() as work:  # as a change of mode leaves it
        work.connection.exec_driver_sql("UPDATE run SET state = 'held', reason = 'isolated'")
    site_is(house, mode="isolated")
    assert cancel(house, number).state is RunState.CANCELLED
    house.work()
    assert len(house.others.team.asked_to_end) == int(begun)
    assert len(house.inbox("anne")) == 1


@pytest.mark.parametrize("sealed", [False, True])
def test_a_run_whose_files_are_being_sent_cannot_be_cancelled(house: House, sealed: bool) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: State(state=State.STATE_RUNNING)
    number = house.start(house.task(**EXPORT))
    house.work()
    house.poll()
    if sealed:
        house.work()
        assert house.run(number).state is RunState.WAITING
    refused = refusal(house, "cancel", number)
    assert isinstance(refused, FilesUnderWay)
    assert "discard those in delivery" in str(refused)
    assert house.run(number).cancelled_by == ""


@pytest.mark.parametrize("sealed", [False, True])
def test_a_run_whose_files_lie_at_a_delivery_that_was_taken_away_is_given_up(house: House, sealed: bool) -> None:
    others = house.others
    make_site(house, handlers={"team": others.team_address}, delivery=others.carrier_address)
    others.team.does = lambda entry: succeeded("fait", ["a"])
    others.carrier.arrives = lambda request: State(state=State.STATE_RUNNING)
    number = house.start(task_at(house, **EXPORT))
    house.work()
    house.poll("lyon/team")
    if sealed:
        house.work()
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE site SET delivery = '' WHERE name = 'lyon'")
    time.sleep(GOOD_FOR)  # addresses are kept for so long
    assert cancel(house, number).state is (RunState.WAITING if sealed else RunState.RUNNING)
    pass_time(house, timedelta(minutes=2))
    house.parts.enforce_deadlines()
    assert house.run(number).state is (RunState.SPOOLED if sealed else RunState.CANCELLED)
    assert house.inbox("anne")[0].error


def test_what_has_ended_or_never_was_cannot_be_cancelled(house: House) -> None:
    number = house.start(house.task())
    house.settle()
    assert isinstance(refusal(house, "cancel", number), WrongState)
    assert isinstance(refusal(house, "cancel", 99), UnknownResource)


def test_an_instant_that_cancels_the_run_before_it_waits_for_its_end(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    task = house.task(cron="30 22 * * *", due=due, overlap=Overlap.CANCEL_RUNNING)
    house.others.team.does = lambda entry: None
    number = house.start(task)
    house.work()
    house.plan()
    old, new = house.runs()
    assert (old.state, old.cancelled_by, new.state) == (RunState.WAITING, "scheduler", RunState.PENDING)
    house.others.team.does = lambda entry: succeeded()
    house.settle()
    assert [run.state for run in house.runs()] == [RunState.CANCELLED, RunState.SUCCEEDED]
    assert old.number == number


def kinds(house: House) -> list[tuple[str, str]]:
    """The scheduler's own operations and their states."""
    with house.open_work() as work:
        rows = work.connection.exec_driver_sql("SELECT kind, state FROM operation")
        return [(row.kind, row.state) for row in rows]
