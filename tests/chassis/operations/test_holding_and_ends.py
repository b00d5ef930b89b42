"""What is held back, and how it ends: deadlines, cancels, and what it costs meanwhile."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.operations import (
    Execution,
    Kind,
    Lane,
    NewOperation,
    OperationState,
    claims,
    holding,
    keeping,
)
from tests.chassis.operations.conftest import Shop
from tests.chassis.operations.modes import ISOLATED, NORMAL, drain, kept, nothing, row, set_mode


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
