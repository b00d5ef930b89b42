"""Modes of a site: what it had begun by itself stays where it is, whatever it was at, and goes on from there."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from backroom.type.v1 import type_pb2
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import RetryPolicy
from tests.scheduler.conftest import House
from tests.scheduler.sites import (
    EXPORT,
    ISOLATED,
    NORMAL,
    SECOND,
    TRAINING,
    fired,
    last,
    make_site,
    put,
    task_at,
    watch,
)
from tests.scheduler.team import Times, drop, failed, succeeded

PENDING, HELD, RUNNING, WAITING = RunState.PENDING, RunState.HELD, RunState.RUNNING, RunState.WAITING


def not_begun(house: House) -> None:
    fired(house)


def behind_another_in_its_pool(house: House) -> None:
    house.others.team.does = lambda entry: None
    fired(house, pool="nuit")
    house.work()
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET site = 'default'")  # the one before is another site's
    fired(house, pool="nuit")
    house.work()


def its_handler_away(house: House) -> None:
    house.others.team.before_start = Times(1, drop)
    fired(house)
    house.work()
    house.rest()


def at_its_handler(house: House) -> None:
    house.others.team.does = lambda entry: None
    fired(house)
    house.work()


def between_two_attempts(house: House) -> None:
    answers = [failed(), succeeded()]
    house.others.team.does = lambda entry: answers.pop(0)
    fired(house, retry_policy=RetryPolicy(max_attempts=2, initial_backoff=timedelta(hours=1)))
    house.worker().drain("runs")
    house.poll()


def its_files_not_sealed(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.before_send = Times(1, drop)
    fired(house, **EXPORT)
    house.work()
    house.poll()
    house.work()
    house.rest()


def its_files_on_their_way(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: None
    fired(house, **EXPORT)
    house.work()
    house.poll()
    house.work()


BEGUN: dict[Callable[[House], None], tuple[RunState, RunState]] = {
    not_begun: (PENDING, PENDING),
    behind_another_in_its_pool: (PENDING, PENDING),
    its_handler_away: (RUNNING, PENDING),
    at_its_handler: (WAITING, WAITING),
    between_two_attempts: (PENDING, PENDING),
    its_files_not_sealed: (RUNNING, PENDING),
    its_files_on_their_way: (WAITING, WAITING),
}


def finish(house: House) -> None:
    """Whatever stands at a handler or at delivery has been done."""
    for handler in (house.others.team, house.others.carrier.handler):
        for attempt, state in list(handler.attempts.items()):
            if state.state == state.STATE_RUNNING:
                handler.finish(attempt, succeeded())


@pytest.mark.parametrize("begin", BEGUN, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("mode", [ISOLATED, TRAINING])
def test_a_run_that_had_begun_stays_where_it_is_until_its_site_is_normal_again(
    house: House, begin: Callable[[House], None], mode: OperatingMode
) -> None:
    make_site(house)
    begin(house)
    before, after = BEGUN[begin]
    assert last(house).state is before
    put(house, mode)
    held = last(house)
    assert (held.state, held.reason) == (HELD, SkipReason(mode.value))
    assert (held.operation is None) is (before is WAITING or begin is behind_another_in_its_pool)
    entries, sent = len(house.others.team.asked), len(house.others.carrier.sent)
    finish(house)
    house.settle()
    watch(house)
    assert (last(house), len(house.others.carrier.sent)) == (held, sent)
    assert len(house.others.team.asked) == entries

    put(house, NORMAL)
    assert (last(house).state, last(house).reason) == (after, None)
    assert held.operation in (None, last(house).operation)
    for _ in range(4):
        house.work()
        finish(house)
        house.poll()
        house.poll("delivery")
    over = RunState.DELIVERED if last(house).files else RunState.SUCCEEDED
    assert [run.state for run in house.runs()][-1] is over


def test_in_training_that_follows_isolation_runs_are_held_for_the_training(house: House) -> None:
    make_site(house)
    fired(house)
    put(house, ISOLATED)
    put(house, TRAINING)
    assert (last(house).state, last(house).reason) == (HELD, SkipReason.TRAINING)
    put(house, NORMAL)
    house.settle()
    assert last(house).state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("mode", "wire"), [(ISOLATED, type_pb2.OPERATING_MODE_ISOLATED), (TRAINING, type_pb2.OPERATING_MODE_TRAINING)]
)
def test_a_start_by_hand_works_in_the_mode_of_its_site_and_is_tried_again_in_it(
    house: House, mode: OperatingMode, wire: type_pb2.OperatingMode
) -> None:
    answers = [failed(), succeeded()]
    house.others.team.does = lambda entry: answers.pop(0)
    make_site(house, mode=mode)
    house.start(task_at(house, retry_policy=RetryPolicy(max_attempts=2)))
    house.settle()
    assert last(house).state is RunState.SUCCEEDED
    assert [entry.mode for entry in house.others.team.done] == [wire, wire]


def test_what_falls_due_at_a_site_that_is_not_normal_is_skipped_with_the_reason(house: House) -> None:
    make_site(house, mode=ISOLATED)
    fired(house)
    assert (last(house).state, last(house).reason) == (RunState.SKIPPED, SkipReason.ISOLATED)
    put(house, TRAINING)
    fired(house)
    assert (last(house).state, last(house).reason) == (RunState.SKIPPED, SkipReason.TRAINING)


def test_the_pool_of_a_run_that_is_held_before_it_began_goes_on_for_other_sites(house: House) -> None:
    make_site(house)
    fired(house, pool="nuit")
    other = house.start(house.task("ailleurs", pool="nuit"), house.now() + timedelta(hours=1))
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET operation = NULL WHERE number = %(n)s", {"n": other})
    put(house, ISOLATED)
    house.settle()
    assert house.run(other).state is RunState.SUCCEEDED


def test_a_run_that_has_begun_keeps_its_pool_while_it_is_held(house: House) -> None:
    make_site(house)
    its_files_on_their_way(house)
    with house.open_work() as work:
        work.pools.ensure("nuit")
        work.connection.exec_driver_sql("UPDATE run SET pool = 'nuit'")
    other = house.start(house.task("ailleurs", pool="nuit"))
    put(house, ISOLATED)
    house.settle()
    assert house.run(other).state is PENDING


def test_other_sites_do_not_notice(house: House) -> None:
    make_site(house)
    make_site(house, "nice")
    fired(house)
    task_at(house, "nice", cron="30 22 * * *", due=house.now() - SECOND)
    house.plan()
    put(house, ISOLATED)
    house.settle()
    assert [run.state for run in house.runs()] == [HELD, RunState.SUCCEEDED]


def test_the_journal_says_who_changed_the_mode_from_what_to_what(house: House) -> None:
    make_site(house)
    put(house, TRAINING)
    put(house, TRAINING)
    with house.open_work() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT text, user_name, peer FROM journal_entry WHERE source = 'sites' ORDER BY number"
        ).all()
    assert [tuple(row) for row in rows[1:]] == [("sites/lyon passe du mode normal au mode école", "wolf", "here")]
