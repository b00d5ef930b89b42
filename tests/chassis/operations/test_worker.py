"""How operations are done: once, in turn, again after a fault, never against a fence."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa

from chassis.errors import Unavailable, WrongState
from chassis.operations import Execution, FenceLost, Kind, Lane, NewOperation, OperationState, Outcome
from tests.chassis.operations.conftest import Shop


def nothing(execution: Execution) -> None:
    execution.check()


def make_due(shop: Shop) -> None:
    """Lets time pass: what waits for its next try is due."""
    with shop.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET ready = true, next_attempt_time = now()"))


def test_an_operation_is_done_once_and_keeps_its_outcome(shop: Shop) -> None:
    shop.kind(Kind(name="a.count", run=lambda execution: Outcome(result={"sum": 3}, report="fait")))
    identifier = shop.add("a.count", request={"of": [1, 2]})
    worker = shop.worker()
    worker.drain("default")
    worker.drain("default")
    done = shop.get(identifier)
    assert done.state is OperationState.SUCCEEDED
    assert done.outcome == Outcome(result={"sum": 3}, report="fait")
    assert (done.attempts, done.deaths) == (1, 0)
    assert worker.held() == []


def test_a_commit_rings_the_lane_and_a_rollback_rings_nothing(shop: Shop) -> None:
    shop.kind(Kind(name="a.one", run=nothing, lane="steps"))
    shop.add("a.one")
    assert shop.bell.rung == ["steps"]
    with suppress(Unavailable), shop.work() as work:
        work.operations.add(NewOperation(kind="a.one"))
        raise Unavailable("the work stumbles before its commit")
    assert shop.bell.rung == ["steps"]


def test_two_workers_on_several_threads_do_each_operation_once(shop: Shop) -> None:
    done: Counter[str] = Counter()
    lock = threading.Lock()

    def count(execution: Execution) -> None:
        with lock:
            done[str(execution.id)] += 1

    shop.kind(Kind(name="a.count", run=count, lane="steps"))
    shop.lanes.append(Lane(name="steps", batch=20))
    ids = {str(shop.add("a.count")) for _ in range(300)}
    workers = [shop.worker(), shop.worker()]
    threads = [threading.Thread(target=worker.drain, args=("steps",)) for worker in workers * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == Counter(ids)


def test_a_fault_is_tried_again_and_parked_in_the_end(shop: Shop) -> None:
    def break_down(execution: Execution) -> None:
        raise Unavailable("the far end sleeps")

    shop.kind(Kind(name="a.break", run=break_down, max_attempts=2))
    identifier = shop.add("a.break")
    shop.worker().drain("default")
    first = shop.get(identifier)
    assert (first.state, first.attempts) == (OperationState.QUEUED, 1)
    make_due(shop)
    shop.worker().drain("default")
    last = shop.get(identifier)
    assert last.state is OperationState.PARKED
    assert last.error is not None
    assert (last.error.reason, last.error.message) == ("UNAVAILABLE", "the far end sleeps")


def test_what_breaks_unexpectedly_tells_people_no_stack(shop: Shop) -> None:
    def break_down(execution: Execution) -> None:
        raise RuntimeError("secret inner workings")

    shop.kind(Kind(name="a.break", run=break_down, max_attempts=1))
    identifier = shop.add("a.break")
    shop.worker().drain("default")
    error = shop.get(identifier).error
    assert error is not None
    assert error.reason == "INTERNAL"
    assert "secret" not in error.message


def test_a_refusal_of_the_business_ends_it_at_once(shop: Shop) -> None:
    def refuse(execution: Execution) -> None:
        raise WrongState("days/1", "closed", "open")

    shop.kind(Kind(name="a.refuse", run=refuse))
    identifier = shop.add("a.refuse")
    shop.worker().drain("default")
    failed = shop.get(identifier)
    assert failed.state is OperationState.FAILED
    assert failed.error is not None
    assert failed.error.reason == "WRONG_STATE"


def test_a_transaction_of_an_operation_that_was_taken_over_is_rolled_back(shop: Shop) -> None:
    lost: list[FenceLost] = []

    def write(execution: Execution) -> None:
        with shop.database.begin() as connection:  # another worker claims it meanwhile
            connection.execute(sa.text("UPDATE operation SET epoch = epoch + 1"))
        try:
            with shop.work(execution.fence) as work:
                work.journal.write("an effect that must not be", source="test")
        except FenceLost as why:
            lost.append(why)
            raise

    shop.kind(Kind(name="a.write", run=write))
    shop.add("a.write")
    shop.worker().drain("default")
    with shop.database.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM journal_entry")).scalar_one() == 0
    assert len(lost) == 1


def test_the_end_commits_with_the_last_effect(shop: Shop) -> None:
    def write(execution: Execution) -> Outcome | None:
        with shop.work() as work:
            work.journal.write("an effect", source="test")
            execution.succeed(work, Outcome(report="fini"))
        return None

    shop.kind(Kind(name="a.write", run=write))
    identifier = shop.add("a.write")
    shop.worker().drain("default")
    done = shop.get(identifier)
    assert done.state is OperationState.SUCCEEDED
    assert done.outcome == Outcome(report="fini")


def test_a_checkpoint_is_where_the_next_try_goes_on(shop: Shop) -> None:
    seen: list[object] = []

    def chunks(execution: Execution) -> None:
        seen.append(execution.checkpoint)
        if execution.checkpoint is None:
            with shop.work() as work:
                execution.save(work, {"chunk": 1})
            raise Unavailable("the process stumbles")

    shop.kind(Kind(name="a.chunks", run=chunks))
    shop.add("a.chunks")
    shop.worker().drain("default")
    make_due(shop)
    shop.worker().drain("default")
    assert seen == [None, {"chunk": 1}]


def test_lanes_take_turns_over_sites(shop: Shop) -> None:
    order: list[str] = []

    def note(execution: Execution) -> None:
        order.append(str(execution.request["site"]))

    shop.kind(Kind(name="a.note", run=note))
    for site in ("flood", "flood", "flood", "flood", "small"):
        shop.add("a.note", site=site, request={"site": site})
    shop.worker().drain("default")
    assert order.index("small") == 1


def test_the_more_urgent_goes_first(shop: Shop) -> None:
    order: list[object] = []
    shop.kind(Kind(name="a.note", run=lambda execution: order.append(execution.request["n"])))
    shop.add("a.note", request={"n": "later"}, priority=200)
    shop.add("a.note", request={"n": "first"}, priority=10)
    shop.worker().drain("default")
    assert order == ["first", "later"]


def test_a_limited_kind_never_runs_more_often_at_once(shop: Shop) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work(execution: Execution) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1

    shop.kind(Kind(name="a.alone", run=work, limit=1))
    ids = [shop.add("a.alone") for _ in range(6)]
    worker = shop.worker()
    while any(not shop.get(identifier).ended for identifier in ids):
        threads = [threading.Thread(target=worker.drain, args=("default",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_an_unknown_kind_is_left_to_the_release_that_knows_it(shop: Shop) -> None:
    shop.kind(Kind(name="a.new", run=nothing))
    identifier = shop.add("a.new")
    del shop.kinds["a.new"]
    shop.worker().drain("default")
    left = shop.get(identifier)
    assert (left.state, left.attempts) == (OperationState.QUEUED, 0)


def test_cancelled_before_it_began_it_is_never_done(shop: Shop) -> None:
    ran: list[object] = []
    shop.kind(Kind(name="a.run", run=lambda execution: ran.append(execution.id)))
    identifier = uuid4()
    with shop.work() as work:
        work.operations.cancel([identifier], "not wanted")
    shop.add("a.run", id=identifier)  # what StartTasks' check of tombstones can miss by a hair
    shop.worker().drain("default")
    assert ran == []
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_a_queued_operation_is_cancelled_at_once(shop: Shop) -> None:
    shop.kind(Kind(name="a.run", run=nothing))
    identifier = shop.add("a.run")
    with shop.work() as work:
        work.operations.cancel([identifier], "not wanted")
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_a_running_one_stops_at_its_next_step(shop: Shop) -> None:
    steps: list[int] = []

    def walk(execution: Execution) -> None:
        for step in range(5):
            execution.check()
            steps.append(step)
            if step == 1:
                with shop.work() as work:
                    work.operations.cancel([execution.id], "enough")
                keeper.tick()

    shop.kind(Kind(name="a.walk", run=walk))
    identifier = shop.add("a.walk")
    worker = shop.worker()
    keeper = shop.keeper(worker)
    keeper.start()
    worker.drain("default")
    keeper.stop()
    assert steps == [0, 1]
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_past_its_deadline_it_is_asked_to_stop(shop: Shop) -> None:
    def linger(execution: Execution) -> None:
        for _ in range(100):
            keeper.tick()
            execution.check()
            threading.Event().wait(0.01)

    shop.kind(Kind(name="a.linger", run=linger))
    with shop.work() as work:
        soon = work.now() + timedelta(seconds=0.2)
    identifier = shop.add("a.linger", expire_time=soon)
    worker = shop.worker()
    keeper = shop.keeper(worker)
    keeper.start()
    worker.drain("default")
    keeper.stop()
    ended = shop.get(identifier)
    assert ended.state is OperationState.FAILED
    assert ended.error is not None
    assert ended.error.reason == "DEADLINE_PASSED"


def test_a_leaving_process_gives_back_what_it_holds(shop: Shop) -> None:
    shop.lanes.append(Lane(name="steps", batch=10))

    def first(execution: Execution) -> None:
        worker.leave()
        execution.check()

    shop.kind(Kind(name="a.step", run=first, lane="steps"))
    ids = [shop.add("a.step") for _ in range(5)]
    worker = shop.worker()
    worker.drain("steps")
    assert {(shop.get(each).state, shop.get(each).attempts) for each in ids} == {(OperationState.QUEUED, 0)}
    assert worker.held() == []
