"""Walks every arrow of an operation's state machine on a real row."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from chassis.errors import NotAllowed, Unavailable
from chassis.operations import Cancelled, Execution, Kind, OperationState, keeping
from chassis.operations.model import MOVES
from tests.chassis.operations.conftest import Shop


def walk(shop: Shop, to: OperationState) -> list[OperationState]:
    """Takes one operation along an arrow out of RUNNING; answers the states its row showed."""
    seen: list[OperationState] = []

    def look(execution: Execution) -> None:
        seen.append(shop.get(execution.id).state)
        match to:
            case OperationState.QUEUED:
                worker.leave()
                execution.check()
            case OperationState.FAILED:
                raise NotAllowed("anne", "the right")
            case OperationState.PARKED:
                raise Unavailable("the far end sleeps")
            case OperationState.CANCELLED:
                raise Cancelled

    shop.kind(Kind(name=f"walk.{to}", run=look, max_attempts=1))
    identifier = shop.add(f"walk.{to}")
    seen.append(shop.get(identifier).state)
    worker = shop.worker()
    worker.drain("default")
    seen.append(shop.get(identifier).state)
    return seen


@pytest.mark.parametrize("to", sorted(MOVES[OperationState.RUNNING]))
def test_an_operation_walks_each_arrow_out_of_running(shop: Shop, to: OperationState) -> None:
    assert walk(shop, to) == [OperationState.QUEUED, OperationState.RUNNING, to]


def test_an_operation_is_cancelled_while_it_is_queued(shop: Shop) -> None:
    shop.kind(Kind(name="walk.nothing", run=lambda execution: None))
    identifier = shop.add("walk.nothing")
    with shop.work() as work:
        work.operations.cancel([identifier], "not wanted")
    assert shop.get(identifier).state is OperationState.CANCELLED


@pytest.mark.parametrize("ended", sorted(state for state, targets in MOVES.items() if not targets))
def test_nothing_moves_an_operation_that_has_ended(shop: Shop, ended: OperationState) -> None:
    shop.kind(Kind(name="walk.nothing", run=lambda execution: None))
    identifier = shop.add("walk.nothing")
    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET state = :state, end_time = now()"), {"state": ended})
    with shop.work() as work:
        work.operations.cancel([identifier], "too late")
    with shop.database.begin() as connection:
        assert keeping.take_over(connection, lease=timedelta()) == []
        assert keeping.expire(connection, grace=timedelta()) == []
    shop.worker().drain("default")
    assert shop.get(identifier).state is ended
