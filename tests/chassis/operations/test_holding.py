"""Sites that leave normal mode: their operations wait as they are, manual starts go on, and all goes on in the end."""

import threading
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
    NewOperation,
    OperatingMode,
    OperationState,
    SiteMode,
    claims,
    holding,
    keeping,
)
from chassis.operations.keeper import HELD_BACK, Keeper
from chassis.operations.worker import Worker
from tests.chassis.operations.conftest import Shop

NORMAL, ISOLATED, TRAINING = OperatingMode.NORMAL, OperatingMode.ISOLATED, OperatingMode.TRAINING


def nothing(execution: Execution) -> None:
    execution.check()


def set_mode(shop: Shop, site: str, mode: OperatingMode, version: int) -> None:
    with shop.work() as work:
        work.operations.set_modes([SiteMode(site=site, mode=mode, version=version)])


def row(shop: Shop, identifier: UUID) -> sa.Row[tuple[bool, object, int]]:
    with shop.database.begin() as connection:
        return connection.execute(
            sa.text("SELECT ready, hold_time, attempts FROM operation WHERE id = :id"), {"id": identifier}
        ).one()


def drain(shop: Shop) -> None:
    shop.worker().drain("default")


def kept(shop: Shop) -> tuple[Worker, Keeper]:
    """A worker process whose keeper ticks when the test says, and only then."""
    worker = shop.worker()
    with shop.database.begin() as connection:
        registered = {"id": worker.id, "application_name": "test", "host": "h", "pid": 1}
        connection.execute(keeping.REGISTER, registered)
    return worker, shop.keeper(worker)


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


def test_no_deadline_runs_while_it_is_held_back(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    with shop.work() as work:
        soon = work.now() + timedelta(minutes=10)
    identifier = shop.add("a.step", site="lille", expire_time=soon)
    set_mode(shop, "lille", ISOLATED, 1)
    with shop.database.begin() as connection:  # an hour goes by
        connection.execute(
            sa.text(
                "UPDATE operation SET hold_time = hold_time - interval '1 h',"
                " expire_time = expire_time - interval '1 h'"
            )
        )
        assert keeping.expire(connection, grace=timedelta()) == []
    set_mode(shop, "lille", NORMAL, 2)
    with shop.database.begin() as connection:
        left = connection.execute(sa.text("SELECT expire_time - now() FROM operation")).scalar_one()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    drain(shop)
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_a_change_of_mode_moves_so_many_and_leaves_the_others_to_claims_and_relay(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MOST", 2)
    done: list[UUID] = []
    shop.kind(Kind(name="a.step", run=lambda execution: done.append(execution.id)))
    ids = [shop.add("a.step", site="lille") for _ in range(5)]
    set_mode(shop, "lille", ISOLATED, 1)
    assert sum(row(shop, id).ready for id in ids) == 3
    drain(shop)
    assert done == []
    assert [row(shop, id).attempts for id in ids] == [0] * 5
    set_mode(shop, "lille", NORMAL, 2)
    drain(shop)
    assert len(done) == 2
    _, keeper = kept(shop)
    for _ in range(2):
        keeper.tick()
        drain(shop)
    assert sorted(done) == sorted(ids)


def test_one_held_back_is_cancelled_at_once(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    set_mode(shop, "lille", ISOLATED, 1)
    identifier = shop.add("a.step", site="lille")
    with shop.work() as work:
        work.operations.cancel([identifier], "not wanted")
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_an_end_asked_for_while_it_was_on_its_way_back_is_honoured(shop: Shop) -> None:
    def stop(execution: Execution) -> None:
        set_mode(shop, "lille", ISOLATED, 1)
        keeper.tick()  # it learns of the mode first
        with shop.work() as work:
            work.operations.cancel([execution.id], "not wanted")
        execution.check()

    shop.kind(Kind(name="a.stop", run=stop))
    identifier = shop.add("a.stop", site="lille")
    worker, keeper = kept(shop)
    worker.drain("default")
    assert shop.get(identifier).state is OperationState.QUEUED
    keeper.tick()
    ended = shop.get(identifier)
    assert ended.state is OperationState.CANCELLED
    assert ended.error is not None
    assert ended.error.message == "not wanted"


def test_what_is_held_back_costs_neither_claims_nor_the_relay(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing, lane="steps"))
    set_mode(shop, "lille", ISOLATED, 1)
    with shop.work() as work:
        work.operations.add_many([NewOperation(kind="a.step", site="lille") for _ in range(20_000)])
        work.operations.add_many([NewOperation(kind="a.step", site="lyon") for _ in range(50)])
    parameters = {"lane": "steps", "kinds": ["a.step"], "worker": UUID(int=1), "batch": 50, "after": ""}
    with shop.database.begin() as connection:
        connection.execute(sa.text("ANALYZE operation"))
        for statement, given in ((claims.CLAIM, parameters), (keeping.PROMOTE, {})):
            explained = connection.execute(sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}"), given)
            assert most_rows(explained.scalar_one()[0]["Plan"]) < 2_000


def most_rows(node: dict[str, object]) -> float:
    children = node.get("Plans", [])
    assert isinstance(children, list)
    looked_at = float(str(node["Actual Rows"])) + float(str(node.get("Rows Removed by Filter", 0)))
    return max([looked_at * float(str(node["Actual Loops"])), *map(most_rows, children)])


def test_nothing_is_lost_or_done_twice_while_modes_change_under_load(shop: Shop) -> None:
    done: list[UUID] = []
    shop.kind(Kind(name="a.step", run=lambda execution: done.append(execution.id), lane="steps"))
    shop.lanes.append(Lane(name="steps", batch=7))
    worker, keeper = kept(shop)
    added: list[UUID] = []

    def add() -> None:
        added.extend(shop.add("a.step", site="lille") for _ in range(150))

    def change() -> None:
        for version in range(1, 41):
            set_mode(shop, "lille", NORMAL if version % 2 == 0 else ISOLATED, version)

    def work() -> None:
        while writers_live():
            worker.drain("steps")

    writers = [threading.Thread(target=each) for each in (add, change)]

    def writers_live() -> bool:
        return any(writer.is_alive() for writer in writers)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for thread in [*writers, *workers]:
        thread.start()
    for thread in [*writers, *workers]:
        thread.join(60)
    keeper.tick()  # what crossed a change is mended within one relay
    worker.drain("steps")
    assert sorted(done) == sorted(added)
