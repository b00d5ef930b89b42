"""What once went wrong, or would have: each test failed before its mending."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis.errors import InvalidInput, Unavailable
from chassis.operations import Execution, FenceLost, Kind, Lane, NewOperation, OperationState, Outcome, claims, keeping
from tests.chassis.operations.conftest import Shop


def nothing(execution: Execution) -> None:
    execution.check()


def queue(shop: Shop, kind: str, count: int, sites: int = 1) -> None:
    with shop.work() as work:
        work.operations.add_many([NewOperation(kind=kind, site=f"s{n % sites:04}") for n in range(count)])


@contextmanager
def locked(shop: Shop, identifier: UUID) -> Iterator[None]:
    """Somebody holds the operation's row meanwhile."""
    with shop.database.begin() as connection:
        connection.execute(sa.text("SELECT FROM operation WHERE id = :id FOR UPDATE"), {"id": identifier})
        yield


def test_a_claim_reads_what_it_takes_and_not_what_waits(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing, lane="steps"))
    queue(shop, "a.step", 20_000, sites=100)
    parameters = {"lane": "steps", "kinds": ["a.step"], "worker": uuid4(), "batch": 50, "after": ""}
    with shop.database.begin() as connection:
        connection.execute(sa.text("ANALYZE operation"))
        plan = connection.execute(
            sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {claims.CLAIM.text}"), parameters
        ).scalar_one()

    def rows(node: dict[str, object]) -> float:
        children = node.get("Plans", [])
        assert isinstance(children, list)
        return max([float(str(node["Actual Rows"])) * float(str(node["Actual Loops"])), *map(rows, children)])

    assert rows(json.loads(json.dumps(plan))[0]["Plan"]) < 2_000


@pytest.mark.parametrize(
    "answer",
    [{"text": "a\0b"}, {"text": "half \ud800"}, {"number": float("nan")}, {"span": timedelta(1)}],
    ids=["NUL", "surrogate", "NaN", "no JSON"],
)
def test_an_answer_that_cannot_be_stored_spoils_no_other_of_its_batch(shop: Shop, answer: dict[str, object]) -> None:
    shop.lanes.append(Lane(name="steps", batch=10))

    def careless(execution: Execution) -> Outcome:
        return Outcome(result=answer)  # type: ignore[arg-type]  # what mypy would have told

    shop.kind(Kind(name="a.odd", run=careless, lane="steps", max_attempts=1))
    shop.kind(Kind(name="a.good", run=nothing, lane="steps"))
    odd = shop.add("a.odd")
    good = [shop.add("a.good") for _ in range(3)]
    worker = shop.worker()
    worker.drain("steps")
    assert {shop.get(each).state for each in good} == {OperationState.SUCCEEDED}
    assert shop.get(odd).ended
    assert worker.held() == []


def test_even_an_exit_inside_the_work_ends_one_try_only(shop: Shop) -> None:
    def leave(execution: Execution) -> None:
        raise SystemExit(3)

    shop.kind(Kind(name="a.exit", run=leave, max_attempts=1))
    identifier = shop.add("a.exit")
    shop.worker().drain("default")
    assert shop.get(identifier).state is OperationState.PARKED


def test_a_locked_urgent_operation_hides_no_other(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    urgent = shop.add("a.step", priority=1)
    others = [shop.add("a.step", priority=50) for _ in range(3)]
    with locked(shop, urgent):
        shop.worker().drain("default")
        assert {shop.get(each).state for each in others} == {OperationState.SUCCEEDED}


def test_the_round_over_the_sites_goes_on_from_drain_to_drain(shop: Shop) -> None:
    order: list[str] = []
    shop.kind(Kind(name="a.long", run=lambda execution: order.append(str(execution.request["site"])), limit=1))
    for site in "aaabc":
        shop.add("a.long", site=site, request={"site": site})
    worker = shop.worker()
    for _ in range(3):  # each drain yields after one long operation
        held = worker._claim(worker.lanes["default"])
        worker._run(held)
    assert order == ["a", "b", "c"]


def test_a_row_that_somebody_holds_does_not_stop_the_relay(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    held = shop.add("a.step")
    with shop.database.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE operation"
                " SET state = 'running', worker = gen_random_uuid(), expire_time = now() - interval '1 h'"
            )
        )
    with locked(shop, held), shop.database.begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '500ms'"))
        connection.execute(keeping.PROMOTE)
        assert keeping.take_over(connection, timedelta(seconds=15)) == []
        assert keeping.expire(connection, timedelta()) == []


def test_what_never_began_ends_at_its_deadline_too(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    with shop.work() as work:
        past = work.now() - timedelta(seconds=5)
    identifier = shop.add("a.step", expire_time=past)
    with shop.database.begin() as connection:
        keeping.expire(connection, timedelta())
    assert shop.get(identifier).state is OperationState.FAILED


def test_a_suspect_waits_a_moment_for_long_work_and_holds_up_nobody(shop: Shop) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def linger(execution: Execution) -> None:
        begun.set()
        go_on.wait(30)

    shop.kind(Kind(name="a.long", run=linger, lane="long"))
    shop.kind(Kind(name="a.step", run=nothing))
    shop.lanes.append(Lane(name="long"))
    shop.add("a.long")
    suspect = shop.add("a.step")
    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET deaths = 2 WHERE id = :id"), {"id": suspect})
    worker = shop.worker()
    thread = threading.Thread(target=worker.drain, args=("long",))
    thread.start()
    begun.wait(10)
    worker.drain("default")  # the suspect gives up its turn
    innocent = shop.add("a.step")
    worker.drain("default")
    assert shop.get(innocent).state is OperationState.SUCCEEDED
    assert shop.get(suspect).state is OperationState.QUEUED
    go_on.set()
    thread.join()
    worker.drain("default")
    assert shop.get(suspect).state is OperationState.SUCCEEDED


def test_an_end_that_was_rolled_back_leaves_later_transactions_fenced(shop: Shop) -> None:
    lost: list[FenceLost] = []

    def stumble(execution: Execution) -> None:
        try:
            with shop.work(execution.fence) as work:
                execution.succeed(work)
                raise Unavailable("the work stumbles before its commit")
        except Unavailable:
            with shop.database.begin() as connection:
                connection.execute(sa.text("UPDATE operation SET epoch = epoch + 1"))  # taken over
        try:
            with shop.work(execution.fence) as work:
                work.journal.write("an effect that must not be", source="test")
        except FenceLost as why:
            lost.append(why)
            raise

    shop.kind(Kind(name="a.stumble", run=stumble))
    shop.add("a.stumble")
    shop.worker().drain("default")
    assert len(lost) == 1


def test_bells_that_piled_up_are_passed_over_once_the_lane_is_empty(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    worker = shop.worker()
    rung_before = time.time()
    worker.drain("default", rung_before)
    late = shop.add("a.step")
    worker.drain("default", rung_before)  # an old bell: it told of nothing that is still there
    assert shop.get(late).state is OperationState.QUEUED
    worker.drain("default", time.time())
    assert shop.get(late).state is OperationState.SUCCEEDED


def test_a_worker_whose_clock_is_set_back_is_not_deaf_until_it_has_caught_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    worker = shop.worker()
    now = time.time()
    monkeypatch.setattr("chassis.operations.worker.time.time", lambda: now + 3600)
    worker.drain("default", now + 3600)
    monkeypatch.undo()
    added = shop.add("a.step")
    worker.drain("default", time.time())
    assert shop.get(added).state is OperationState.SUCCEEDED


def test_a_fault_of_what_is_to_be_cancelled_ends_it(shop: Shop) -> None:
    def stumble(execution: Execution) -> None:
        with shop.work() as work:
            work.operations.cancel([execution.id], "enough")
        raise Unavailable("the far end sleeps")

    shop.kind(Kind(name="a.stumble", run=stumble))
    identifier = shop.add("a.stumble")
    shop.worker().drain("default")
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_cancelling_in_different_orders_never_deadlocks(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    faults: list[Exception] = []

    def cancel(ids: list[UUID]) -> None:
        try:
            with shop.work() as work:
                work.operations.cancel(ids, "enough")
        except Unavailable as fault:
            faults.append(fault)

    for _ in range(10):
        ids = [shop.add("a.step") for _ in range(30)]
        threads = [threading.Thread(target=cancel, args=(order,)) for order in (ids, ids[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert faults == []


def test_a_text_that_postgresql_cannot_hold_is_the_caller_s_mistake(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=nothing))
    with pytest.raises(InvalidInput, match="NUL"), shop.work() as work:
        work.journal.write("a\0b", source="test")
