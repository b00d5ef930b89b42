"""Sites that leave normal mode: their operations wait as they are, manual starts go on, and all goes on in the end."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.errors import Unavailable
from chassis.operations import (
    ComeBack,
    Execution,
    Kind,
    Lane,
    OperatingMode,
    OperationState,
    SiteMode,
    keeping,
)
from chassis.operations.keeper import HELD_BACK
from tests.chassis.operations.conftest import Shop
from tests.chassis.operations.modes import ISOLATED, NORMAL, TRAINING, drain, kept, nothing, row, set_mode


@pytest.mark.parametrize("mode", [ISOLATED, TRAINING])
@pytest.mark.parametrize("when", ["added before", "added after"])
def test_what_a_site_asked_for_by_itself_waits_until_it_is_normal_again(
    shop: Shop, mode: OperatingMode, when: str
) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    if when == "added after":
        set_mode(shop, "lille", mode, 1)
    waits, goes = shop.add("a.step", site="lille"), shop.add("a.step", site="lyon")
    if when == "added before":
        set_mode(shop, "lille", mode, 1)
    drain(shop)
    assert shop.get(goes).state is OperationState.SUCCEEDED
    assert (shop.get(waits).state, row(shop, waits).ready, row(shop, waits).attempts) == ("queued", False, 0)
    shop.bell.rung.clear()
    set_mode(shop, "lille", NORMAL, 2)
    assert shop.bell.rung == ["default"]
    drain(shop)
    assert shop.get(waits).state is OperationState.SUCCEEDED


def test_a_manual_start_goes_on_whatever_the_mode(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    before = shop.add("a.step", site="lille", mode=ISOLATED)
    set_mode(shop, "lille", TRAINING, 1)
    after = shop.add("a.step", site="lille", mode=TRAINING)
    drain(shop)
    assert {shop.get(before).state, shop.get(after).state} == {OperationState.SUCCEEDED}


def test_an_older_mode_changes_nothing_and_a_repeat_neither(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    set_mode(shop, "lille", ISOLATED, 5)
    waits = shop.add("a.step", site="lille")
    set_mode(shop, "lille", NORMAL, 4)
    set_mode(shop, "lille", ISOLATED, 5)
    drain(shop)
    assert shop.get(waits).state is OperationState.QUEUED
    with shop.work() as work:  # the highest of one request counts
        work.operations.set_modes(
            [SiteMode(site="lille", mode=mode, version=version) for mode, version in ((NORMAL, 7), (ISOLATED, 6))]
        )
    drain(shop)
    assert shop.get(waits).state is OperationState.SUCCEEDED


def test_the_relay_lets_nothing_through_and_a_delay_is_a_delay_again_afterwards(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    with shop.work() as work:
        later = work.now() + timedelta(hours=1)
    due, delayed = shop.add("a.step", site="lille"), shop.add("a.step", site="lille", not_before=later)
    set_mode(shop, "lille", ISOLATED, 1)
    worker, keeper = kept(shop)
    keeper.tick()
    assert (row(shop, due).ready, row(shop, delayed).ready) == (False, False)
    assert HELD_BACK.labels("default")._value.get() == 2
    set_mode(shop, "lille", NORMAL, 2)
    keeper.tick()
    assert (row(shop, due).ready, row(shop, delayed).ready) == (True, False)
    assert HELD_BACK.labels("default")._value.get() == 0
    assert worker.held() == []


def test_a_retry_waits_too(shop: Shop) -> None:
    faults = [Unavailable("the far end sleeps")]

    def stumble(execution: Execution) -> None:
        set_mode(shop, "lille", ISOLATED, 1)
        if faults:
            raise faults.pop()

    shop.kind(Kind(name="a.stumble", run=stumble, first_backoff=timedelta(0)))
    identifier = shop.add("a.stumble", site="lille")
    worker, keeper = kept(shop)
    worker.drain("default")
    keeper.tick()
    worker.drain("default")
    assert (shop.get(identifier).state, row(shop, identifier).attempts) == ("queued", 1)
    set_mode(shop, "lille", NORMAL, 2)
    worker.drain("default")
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_what_asked_to_come_back_waits_too(shop: Shop) -> None:
    wishes = [ComeBack(after=timedelta(0))]

    def wait(execution: Execution) -> None:
        set_mode(shop, "lille", ISOLATED, 1)
        if wishes:
            raise wishes.pop()

    shop.kind(Kind(name="a.wait", run=wait))
    identifier = shop.add("a.wait", site="lille")
    drain(shop)
    assert (shop.get(identifier).state, row(shop, identifier).ready) == ("queued", False)
    assert row(shop, identifier).hold_time is not None
    set_mode(shop, "lille", NORMAL, 2)
    drain(shop)
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_what_a_dead_worker_held_waits_too(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    identifier = shop.add("a.step", site="lille")
    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET state = 'running', worker = gen_random_uuid()"))
    set_mode(shop, "lille", ISOLATED, 1)
    with shop.database.begin() as connection:
        keeping.take_over(connection, lease=timedelta(seconds=15))
    assert (shop.get(identifier).state, row(shop, identifier).ready) == ("queued", False)
    set_mode(shop, "lille", NORMAL, 2)
    drain(shop)
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_a_claim_that_crossed_the_change_is_given_back_unbegun(shop: Shop) -> None:
    begun: list[UUID] = []
    shop.kind(Kind(name="a.step", run=lambda execution: begun.append(execution.id)))
    shop.lanes.append(Lane(name="default", batch=10))
    set_mode(shop, "lille", ISOLATED, 1)
    crossed, other = shop.add("a.step", site="lille"), shop.add("a.step", site="lyon")
    with shop.database.begin() as connection:  # as a transaction leaves it that began before the change was committed
        connection.execute(sa.text("UPDATE operation SET ready = true, hold_time = NULL"))
    worker = shop.worker()
    worker.drain("default")
    assert begun == [other]
    left = row(shop, crossed)
    assert (shop.get(crossed).state, left.ready, left.attempts) == ("queued", False, 0)
    assert left.hold_time is not None
    assert worker.held() == []


def test_one_queued_as_held_back_just_as_its_site_was_normal_again_is_found_by_the_relay(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    set_mode(shop, "lille", ISOLATED, 1)
    set_mode(shop, "lille", NORMAL, 2)
    identifier = shop.add("a.step", site="lille")
    with shop.database.begin() as connection:  # as a transaction leaves it that began before the change was committed
        connection.execute(sa.text("UPDATE operation SET ready = false, hold_time = now()"))
    worker, keeper = kept(shop)
    keeper.tick()
    worker.drain("default")
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_a_running_one_stops_at_its_next_step_and_goes_on_from_there(shop: Shop) -> None:
    steps: list[int] = []

    def walk(execution: Execution) -> None:
        start = execution.checkpoint if isinstance(execution.checkpoint, int) else 0
        for step in range(start, 4):
            execution.check()
            steps.append(step)
            with shop.work(execution.fence) as work:
                execution.save(work, step + 1)
            if step == 1 and start == 0:
                set_mode(shop, "lille", TRAINING, 1)
                keeper.tick()

    shop.kind(Kind(name="a.walk", run=walk))
    identifier = shop.add("a.walk", site="lille")
    worker, keeper = kept(shop)
    worker.drain("default")
    assert steps == [0, 1]
    left = shop.get(identifier)
    assert (left.state, left.attempts, left.deaths) == (OperationState.QUEUED, 0, 0)
    assert not row(shop, identifier).ready
    set_mode(shop, "lille", NORMAL, 2)
    worker.drain("default")
    assert steps == [0, 1, 2, 3]
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_a_running_manual_start_is_not_stopped(shop: Shop) -> None:
    def walk(execution: Execution) -> None:
        set_mode(shop, "lille", TRAINING, 1)
        keeper.tick()
        execution.check()

    shop.kind(Kind(name="a.walk", run=walk))
    identifier = shop.add("a.walk", site="lille", mode=ISOLATED)
    worker, keeper = kept(shop)
    worker.drain("default")
    assert shop.get(identifier).state is OperationState.SUCCEEDED
