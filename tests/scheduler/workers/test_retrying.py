"""RetryRun: a run that ended goes on as the same run, under the terms that hold, in its place among the others."""

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backroom.delivery.v1 import delivery_pb2
from chassis.errors import UnknownResource, WrongState
from services.scheduler.application.delete_task import delete_task
from services.scheduler.domain.changes import SkippedRun
from services.scheduler.domain.errors import CannotRunAgain
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import AttemptState, Run, RunState
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.asking import attempts, backfill, cancel, refusal, retry, site_is
from tests.scheduler.conftest import House
from tests.scheduler.team import failed, succeeded

EXPORT: dict[str, Any] = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "v.csv"}
DAILY = "30 22 * * *"
PARIS = ZoneInfo("Europe/Paris")


def failed_run(house: House, **draft: Any) -> int:  # Any: the fields of a draft
    house.others.team.does = lambda entry: failed()
    number = house.start(house.task(**draft))
    house.settle()
    assert house.run(number).state is RunState.FAILED
    house.others.team.does = lambda entry: succeeded("enfin")
    return number


def test_a_failed_run_is_tried_again_as_the_same_run_and_forgets_its_failure(house: House) -> None:
    number = failed_run(house)
    run = retry(house, number, "wolf")
    assert (run.state, run.started_by, run.failure, run.report, run.end_time) == (
        RunState.PENDING,
        "wolf",
        None,
        "",
        None,
    )
    house.settle()
    run = house.run(number)
    assert (run.state, run.report, run.failure) == (RunState.SUCCEEDED, "enfin", None)
    assert [each.state for each in attempts(house, number)] == [AttemptState.FAILED, AttemptState.SUCCEEDED]
    assert [message.subject for message in house.inbox("anne")] == ["Rapport : échec", "Rapport"]
    assert "Demande de nouvelle exécution de la tâche automatisée Rapport" in house.journal()


def test_it_goes_on_with_what_it_started_with_even_if_its_task_was_changed_or_deleted(house: House) -> None:
    number = failed_run(house, options={"method": "transfer"})
    with house.open_work() as work:
        task = work.tasks.get(house.run(number).task)
        work.tasks.change(task.number, replace(task.draft, options={"method": "adjustment"}))
    retry(house, number)
    house.others.team.does = lambda entry: failed()
    house.settle()
    with house.open_work() as work:
        delete_task(work, task.number)
    house.others.team.does = lambda entry: succeeded()
    retry(house, number)
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert [dict(entry.options)["method"] for entry in house.others.team.done] == ["transfer"] * 3


def test_a_run_that_no_handler_had_takes_its_task_as_it_is_now(house: House) -> None:
    house.others.carrier.unreachable["destinations/pftp"] = delivery_pb2.CheckDestinationResponse(message="refused")
    task = house.task(**EXPORT)
    number = house.start(task)
    house.settle()
    assert house.run(number).state is RunState.NOT_EXECUTED
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, destination="destinations/autre"))
    retry(house, number)
    house.settle()
    run = house.run(number)
    assert run.terms
    assert (run.state, run.terms.destination) == (RunState.SUCCEEDED, "destinations/autre")
    assert house.others.carrier.checked == ["destinations/pftp", "destinations/autre"]


def test_a_run_that_no_handler_had_and_whose_task_is_gone_cannot_run_again(house: House) -> None:
    number = house.start(house.task())
    cancel(house, number)
    with house.open_work() as work:
        delete_task(work, house.run(number).task)
    refused = refusal(house, "retry", number)
    assert isinstance(refused, CannotRunAgain)
    assert "tasks/1 was deleted" in str(refused)


def test_a_cancelled_run_may_be_cancelled_and_tried_again_and_again(house: House) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    for _ in range(2):
        house.work()
        cancel(house, number, "wolf")
        house.work()
        house.poll()
        assert house.run(number).state is RunState.CANCELLED
        assert retry(house, number).cancelled_by == ""
    house.others.team.does = lambda entry: succeeded()
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert len(attempts(house, number)) == 3


def test_asked_for_attempts_count_so_that_the_policy_has_none_left_but_those_it_had_not_used(house: House) -> None:
    policy = RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=1))
    number = failed_run(house, retry_policy=policy)
    assert len(attempts(house, number)) == 2
    house.others.team.does = lambda entry: failed()
    retry(house, number)
    house.settle()
    assert house.run(number).state is RunState.FAILED
    assert len(attempts(house, number)) == 3


def test_it_goes_behind_whoever_has_begun_in_its_pool_and_then_by_its_instant(house: House) -> None:
    number = failed_run(house, pool="nuit")
    house.others.team.does = lambda entry: None
    begun, behind = (house.start(house.task(pool="nuit")) for _ in range(2))
    house.work()
    retry(house, number)
    house.work()
    assert [house.run(each).state for each in (begun, number, behind)] == [
        RunState.WAITING,
        RunState.PENDING,
        RunState.PENDING,
    ]
    house.others.team.finish(house.others.team.asked[-1], succeeded())
    house.poll()
    house.work()
    assert [house.run(each).state for each in (begun, number, behind)] == [
        RunState.SUCCEEDED,
        RunState.WAITING,
        RunState.PENDING,
    ]
    assert house.others.team.done[-1].run == f"runs/{number}"


def test_a_skipped_run_runs_for_its_last_instant_and_stands_for_all_it_stood_for(house: House) -> None:
    skipped = skip_three(house)
    assert (skipped.state, skipped.occurrences) == (RunState.SKIPPED, 3)
    run = retry(house, skipped.number)
    assert (run.nominal_time, run.occurrences, run.reason) == (skipped.nominal_time, 3, None)
    house.settle()
    assert house.run(skipped.number).state is RunState.SUCCEEDED
    assert house.others.team.done[0].nominal_time.ToDatetime(tzinfo=skipped.nominal_time.tzinfo) == skipped.nominal_time
    with house.open_work() as work:  # and so its instant is fired no second time
        brought = work.reruns.brought(run.task, run.nominal_time, run.nominal_time)
    assert brought == {run.nominal_time: run.number}


def test_a_skipped_run_whose_instant_was_made_up_for_meanwhile_cannot_run_again(house: House) -> None:
    skipped = skip_three(house)
    with house.open_work() as work:
        task = work.tasks.get(skipped.task)
    backfill(house, task, skipped.nominal_time, skipped.nominal_time)
    refused = refusal(house, "retry", skipped.number)
    assert isinstance(refused, CannotRunAgain)
    assert "made up for by runs/2" in str(refused)


def test_a_run_of_a_site_that_is_offline_is_held_until_it_is_back(house: House) -> None:
    number = failed_run(house, pool="nuit")
    site_is(house, online=False)
    run = retry(house, number)
    assert (run.state, run.reason, run.hold_expire_time) == (RunState.HELD, SkipReason.SITE_OFFLINE, None)


@pytest.mark.parametrize("mode", ["isolated", "training"])
def test_it_goes_in_the_mode_that_its_site_is_in_now(house: House, mode: str) -> None:
    number = failed_run(house)
    site_is(house, mode=mode)
    retry(house, number)
    house.settle()
    assert (house.run(number).state, house.run(number).mode) == (RunState.SUCCEEDED, OperatingMode(mode))


def test_a_run_whose_files_were_refused_makes_new_ones(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: failed()
    number = house.start(house.task(**EXPORT))
    house.settle()
    assert house.run(number).state is RunState.SPOOLED
    refused = refusal(house, "retry", number)
    assert isinstance(refused, WrongState)
    assert "never executes again" in str(refused)


def test_files_that_may_have_been_sealed_are_not_made_again(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    number = house.start(house.task(**EXPORT))
    house.work()
    house.poll()
    with house.open_work() as work:  # as a step is given up whose every answer was lost
        work.connection.exec_driver_sql(
            "UPDATE operation SET state = 'parked', end_time = now() WHERE kind = 'scheduler.deliver-run'"
        )
        house.parts.recover_runs(work)
    assert house.run(number).state is RunState.FAILED
    refused = refusal(house, "retry", number)
    assert isinstance(refused, CannotRunAgain)
    assert "RunTask" in str(refused)


def test_what_has_not_ended_or_never_was_cannot_run_again(house: House) -> None:
    number = house.start(house.task())
    assert isinstance(refusal(house, "retry", number), WrongState)
    assert isinstance(refusal(house, "retry", 99), UnknownResource)


def skip_three(house: House) -> Run:
    """A run that stands for three instants that were skipped."""
    now = house.now()
    task = house.task(cron=DAILY, due=now + timedelta(days=1))
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET create_time = create_time - interval '9 days'")
        first, second, last = islice(task.draft.schedule.instants(now - timedelta(days=4), PARIS), 3)
        assert first < second < last
        skipped = SkippedRun(
            task=task.number, reason=SkipReason.MISFIRE, first_time=first, last_time=last, occurrences=3
        )
        work.runs.skip([skipped])
    return house.runs()[-1]
