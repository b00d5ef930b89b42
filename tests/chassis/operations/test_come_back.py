"""Work that asks to be called again later: not counted, checkpoint kept, cancelled where somebody asked."""

from datetime import timedelta

import sqlalchemy as sa

from chassis.errors import Unavailable
from chassis.operations import ComeBack, Execution, Kind, OperationState, keeping
from tests.chassis.operations.conftest import Shop


def make_due(shop: Shop) -> None:
    """Lets time pass: what waits for its next try is due."""
    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET ready = true, next_attempt_time = now()"))


def test_it_comes_back_after_the_while_it_named_and_no_try_is_counted(shop: Shop) -> None:
    def wait(execution: Execution) -> None:
        raise ComeBack(after=timedelta(minutes=3))

    shop.kind(Kind(name="a.wait", run=wait, max_attempts=1))
    identifier = shop.add("a.wait")
    for _ in range(3):
        shop.worker().drain("default")
        left = shop.get(identifier)
        assert (left.state, left.attempts, left.deaths, left.error) == (OperationState.QUEUED, 0, 0, None)
        with shop.database.begin() as connection:
            ready, pause = connection.execute(sa.text("SELECT ready, next_attempt_time - now() FROM operation")).one()
        assert not ready
        assert timedelta(minutes=2) < pause <= timedelta(minutes=3)
        make_due(shop)


def test_it_goes_on_from_its_checkpoint(shop: Shop) -> None:
    seen: list[object] = []

    def chunks(execution: Execution) -> None:
        seen.append(execution.checkpoint)
        if execution.checkpoint is None:
            with shop.work(execution.fence) as work:
                execution.save(work, {"chunk": 1})
            raise ComeBack(after=timedelta(0))

    shop.kind(Kind(name="a.chunks", run=chunks))
    identifier = shop.add("a.chunks")
    shop.worker().drain("default")
    with shop.database.begin() as connection:
        connection.execute(keeping.PROMOTE)  # the relay finds it due
    shop.worker().drain("default")
    assert seen == [None, {"chunk": 1}]
    done = shop.get(identifier)
    assert (done.state, done.attempts) == (OperationState.SUCCEEDED, 1)


def test_a_fault_before_it_is_still_counted_and_told(shop: Shop) -> None:
    faults = [Unavailable("the far end sleeps")]

    def stumble_then_wait(execution: Execution) -> None:
        if faults:
            raise faults.pop()
        raise ComeBack(after=timedelta(hours=1))

    shop.kind(Kind(name="a.wait", run=stumble_then_wait))
    identifier = shop.add("a.wait")
    shop.worker().drain("default")
    make_due(shop)
    shop.worker().drain("default")
    left = shop.get(identifier)
    assert left.attempts == 1
    assert left.error is not None
    assert left.error.reason == "UNAVAILABLE"


def test_an_end_asked_for_meanwhile_is_honoured(shop: Shop) -> None:
    def wait(execution: Execution) -> None:
        with shop.work() as work:
            work.operations.cancel([execution.id], "enough")
        raise ComeBack(after=timedelta(hours=1))

    shop.kind(Kind(name="a.wait", run=wait))
    identifier = shop.add("a.wait")
    shop.worker().drain("default")
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_one_that_was_taken_over_moves_nothing(shop: Shop) -> None:
    def wait(execution: Execution) -> None:
        with shop.database.begin() as connection:  # another worker claims it meanwhile
            connection.execute(sa.text("UPDATE operation SET epoch = epoch + 1"))
        raise ComeBack(after=timedelta(hours=1))

    shop.kind(Kind(name="a.wait", run=wait))
    identifier = shop.add("a.wait")
    shop.worker().drain("default")
    assert shop.get(identifier).state is OperationState.RUNNING
