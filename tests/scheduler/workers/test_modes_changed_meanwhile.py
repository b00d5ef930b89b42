"""Modes that change while runs are handed over, files are sealed or the planner is at work."""

import threading

import grpc
import pytest

from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House
from tests.scheduler.sites import EXPORT, ISOLATED, NORMAL, SECOND, fired, get_site, last, make_site, put, task_at
from tests.scheduler.team import Times, succeeded

PENDING, HELD = RunState.PENDING, RunState.HELD


def test_a_site_that_is_isolated_while_its_runs_are_handed_over_goes_on_with_the_same_attempts(house: House) -> None:
    make_site(house)

    def isolate(context: grpc.ServicerContext) -> None:
        put(house, ISOLATED)

    house.others.team.after_start = Times(1, isolate)
    fired(house)
    house.work()
    assert last(house).state is HELD
    put(house, NORMAL)
    house.settle()
    assert last(house).state is RunState.SUCCEEDED
    assert len(house.others.team.asked) == 2
    assert len(house.others.team.done) == 1


def test_a_site_that_is_isolated_and_normal_again_while_its_runs_are_handed_over_loses_nothing(house: House) -> None:
    make_site(house)

    def to_and_fro(context: grpc.ServicerContext) -> None:
        put(house, ISOLATED)
        put(house, NORMAL)

    house.others.team.after_start = Times(1, to_and_fro)
    fired(house)
    house.work()
    house.settle()
    assert last(house).state is RunState.SUCCEEDED
    assert len(house.others.team.done) == 1
    assert not [step for step in tries(house) if step > 2]


def tries(house: House) -> list[int]:
    with house.open_work() as work:
        return list(work.connection.exec_driver_sql("SELECT attempts FROM operation WHERE lane = 'runs'").scalars())


@pytest.mark.parametrize("refused", [False, True])
def test_a_site_that_is_isolated_while_files_are_sealed_sends_them_again_once_it_is_normal(
    house: House, refused: bool
) -> None:
    make_site(house)
    house.others.team.does = lambda entry: succeeded("fait", ["a"])

    def isolate(context: grpc.ServicerContext) -> None:
        put(house, ISOLATED)
        if refused:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no")

    house.others.carrier.before_send = Times(1, isolate)
    fired(house, **EXPORT)
    house.settle()
    assert last(house).state is HELD
    put(house, NORMAL)
    house.settle()
    assert last(house).state is RunState.DELIVERED
    assert len({request.attempt for request in house.others.carrier.sent}) == 1


def test_a_mode_waits_for_the_planner_and_holds_what_it_has_just_made(house: House) -> None:
    make_site(house)
    task_at(house, cron="30 22 * * *", due=house.now() - SECOND)
    work = house.open_work()
    work.__enter__()
    assert house.parts.plan_due(work) == 1
    changing = threading.Thread(target=put, args=(house, ISOLATED))
    changing.start()
    changing.join(0.5)
    assert changing.is_alive()
    work.__exit__(None, None, None)
    changing.join(10)
    assert (last(house).state, get_site(house).mode) == (HELD, ISOLATED)


def test_a_mode_that_is_not_committed_has_held_nothing(house: House) -> None:
    make_site(house)
    fired(house)
    work = house.open_work()
    work.__enter__()
    house.parts.site_use_cases().set_mode(work, "lyon", ISOLATED, caller="wolf", peer="here")
    work.__exit__(RuntimeError, RuntimeError("killed"), None)
    assert (last(house).state, get_site(house).mode) == (PENDING, NORMAL)
    house.settle()
    assert last(house).state is RunState.SUCCEEDED
