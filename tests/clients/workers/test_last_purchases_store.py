"""`clients.last-purchases-store` (seed: Magasin des 10 derniers achats)."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import grpc
import pytest

from chassis.operations import OperatingMode, OperationState
from chassis.operations.execution import Execution
from chassis.operations.keeper import Keeper, Times
from chassis.operations.worker import Worker
from chassis.work import Fence
from services.clients.application.link_last_purchases_store import LinkLastPurchasesStore
from services.clients.storage.work import ClientsWork
from tests.clients.conftest import READ, Keep, SalesPlace, Task
from tests.clients.people import client, purchases

BEFORE = {"1": "5", "2": "5", "3": "5", "4": "5", "5": "", "6": "5", "7": "5"}
AFTER = {"1": "8", "2": "5", "3": "8", "4": "9", "5": "8", "6": "5", "7": "8"}


@pytest.fixture
def night(keep: Keep, sales: SalesPlace) -> Keep:
    """Seven clients, six of whom bought something; five of them elsewhere than where they are linked."""
    keep.import_all(*(client(code, store=store) for code, store in BEFORE.items()))
    sales.sales.tickets = {
        "1": purchases("8"),
        "2": purchases("5", "8", "5"),
        "3": purchases("5", "8"),
        "4": purchases(*"5555", *"999999"),
        "unknown": purchases("8"),
        "5": purchases("8"),
        "7": purchases(*"55555", *"8888888888"),
    }
    return keep


def entries(keep: Keep) -> list[tuple[object, ...]]:
    with keep.database.begin() as connection:
        rows = connection.exec_driver_sql("SELECT source, user_name, correlation, text FROM journal_entry")
        return [tuple(row) for row in rows]


def test_each_client_is_linked_to_the_store_of_its_last_purchases(night: Keep, task: Task) -> None:
    done = task.run()
    assert done.state is OperationState.SUCCEEDED
    assert night.stores() == AFTER
    assert done.outcome is not None
    assert done.outcome.result == {"examined": 7, "linked": 5}
    assert done.outcome.report == (
        "Nombre de familles clients examinées : 7\nNombre de familles clients à mettre à jour : 5"
    )
    assert entries(night) == [
        ("clients.last-purchases-store", "marie", "runs/7", "Nombre de familles clients à mettre à jour : 5")
    ]
    assert task.registry.get_sample_value("backroom_clients_stores_linked_total") == 5
    assert task.registry.get_sample_value("backroom_clients_purchases_examined_total") == 7


def test_in_training_it_reports_as_in_earnest_and_changes_nothing(night: Keep, task: Task) -> None:
    task.mode = OperatingMode.TRAINING
    practised = task.run()
    assert practised.state is OperationState.SUCCEEDED
    assert night.stores() == BEFORE
    assert reading(night, []) is None
    assert practised.outcome is not None
    assert practised.outcome.result == {"examined": 7, "linked": 5}
    assert practised.outcome.report == (
        "Mode école : rien n'a été modifié ; voici ce qui aurait été fait.\n"
        "Nombre de familles clients examinées : 7\nNombre de familles clients à mettre à jour : 5"
    )
    said = "Mode école : aucune fiche modifiée ; nombre de familles clients qui auraient été mises à jour : 5"
    assert entries(night) == [("clients.last-purchases-store", "marie", "runs/7", said)]
    assert task.registry.get_sample_value("backroom_clients_stores_linked_total") == 0
    task.mode = OperatingMode.NORMAL
    task.run()
    assert night.stores() == AFTER


def test_run_twice_it_changes_nothing_the_second_time(night: Keep, task: Task) -> None:
    task.run()
    with night.database.begin() as connection:
        rows = "SELECT code, store, xmin::text FROM client ORDER BY code"
        before = connection.exec_driver_sql(rows).all()
    again = task.run(full_synchronisation=True)
    assert again.outcome is not None
    assert again.outcome.result == {"examined": 7, "linked": 0}
    with night.database.begin() as connection:
        assert connection.exec_driver_sql(rows).all() == before


def test_by_default_only_clients_with_tickets_since_the_last_run_are_read(
    night: Keep, task: Task, sales: SalesPlace
) -> None:
    task.run()
    sales.sales.tickets["2"] += purchases("9", "9", "9", first=READ + timedelta(hours=1))
    sales.sales.read_time = READ + timedelta(days=1)
    again = task.run()
    assert again.outcome is not None
    assert again.outcome.result == {"examined": 1, "linked": 1}
    assert night.stores() == AFTER | {"2": "9"}
    asked = [
        (each.HasField("recorded_after"), each.recorded_after.ToDatetime(READ.tzinfo)) for each in sales.sales.asked
    ]
    assert asked[0][0] is False
    assert asked[1] == (True, READ)
    task.run(full_synchronisation=True)
    assert not sales.sales.asked[2].HasField("recorded_after")


def test_a_run_without_new_tickets_keeps_the_mark(night: Keep, task: Task, sales: SalesPlace) -> None:
    task.run()
    nothing = task.run()
    assert nothing.outcome is not None
    assert nothing.outcome.result == {"examined": 0, "linked": 0}
    assert reading(night, []) == READ


def test_each_choice_of_stores_has_a_mark_of_its_own(night: Keep, task: Task, sales: SalesPlace) -> None:
    chosen = task.run(stores=["9", "8", "9"])
    assert chosen.outcome is not None
    assert night.stores() == AFTER | {"2": "8"}  # its tickets of store 5 do not count
    assert (reading(night, ["8", "9"]), reading(night, [])) == (READ, None)
    task.run()
    assert not sales.sales.asked[1].HasField("recorded_after")


def test_the_report_speaks_the_language_of_the_task_and_the_journal_that_of_the_service(
    night: Keep, task: Task
) -> None:
    identifier = task.add()
    with night.database.begin() as connection:
        connection.exec_driver_sql('UPDATE operation SET context = context || \'{"locale": "en"}\'')
    task.worker().drain("default")
    outcome = task.get(identifier).outcome
    assert outcome is not None
    assert outcome.report == "Client families examined: 7\nClient families to update: 5"
    assert entries(night)[0][3] == "Nombre de familles clients à mettre à jour : 5"


@pytest.mark.parametrize("options", [{"stores": ["Paris"]}, {"shoe_size": 3}, {"full_synchronisation": "si"}])
def test_options_that_are_none_never_touch_a_client(night: Keep, task: Task, options: dict[str, object]) -> None:
    task.run(**options)
    assert night.stores() == BEFORE


@pytest.mark.parametrize("message", [0, 1, 2, -1])
def test_a_sales_service_that_breaks_off_is_asked_again_later(
    night: Keep, task: Task, sales: SalesPlace, message: int
) -> None:
    def break_off(number: int, context: grpc.ServicerContext) -> None:
        if number == message:
            context.abort(grpc.StatusCode.UNAVAILABLE, "leaving")

    sales.sales.before = break_off
    identifier = task.add()
    task.worker().drain("default")
    assert task.get(identifier).state is OperationState.QUEUED
    assert reading(night, []) is None
    sales.sales.before = lambda number, context: None
    task.release(identifier)
    task.worker().drain("default")
    check_night(night, task, identifier)


class Died(BaseException):
    """The process is gone; nothing catches it."""


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("transaction", [1, 2, 3, 4, 5])
def test_killed_around_any_commit_and_done_again_the_table_is_the_same(
    night: Keep, task: Task, sales: SalesPlace, transaction: int, after_commit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = 0

    @contextmanager
    def dying(fence: Fence | None = None) -> Iterator[ClientsWork]:
        nonlocal opened
        opened += 1
        mine = opened
        with ClientsWork(night.database, night.bell, fence) as work:
            yield work
            if mine == transaction and not after_commit:
                raise Died
        if mine == transaction and after_commit:
            raise Died

    link = LinkLastPurchasesStore.__call__
    with monkeypatch.context() as patched:

        def run(self: LinkLastPurchasesStore, execution: Execution, **options: object) -> None:
            self._open_work = dying
            link(self, execution, **options)  # type: ignore[arg-type]  # handed through

        patched.setattr(LinkLastPurchasesStore, "__call__", run)
        identifier = task.add()
        with pytest.raises(Died):
            task.worker().drain("default")
    assert opened == transaction
    if task.get(identifier).state is not OperationState.SUCCEEDED:
        task.release(identifier)
        task.worker().drain("default")
    check_night(night, task, identifier)


def test_a_worker_killed_between_chunks_is_taken_over(
    night: Keep, task: Task, sales: SalesPlace, held: threading.Event
) -> None:
    reached = threading.Event()

    def hold(number: int, context: grpc.ServicerContext) -> None:
        if number == 2 and not held.is_set():
            reached.set()
            held.wait(30)

    sales.sales.before = hold
    identifier = task.add()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.clients.worker_process", night.database.url, sales.address]
    )
    try:
        assert reached.wait(30)
        wait_until(lambda: night.stores()["4"] == "9")  # the second chunk is committed
    finally:
        process.kill()
        process.wait()
    assert night.stores() == BEFORE | {"1": "8", "3": "8", "4": "9"}
    held.set()
    worker = task.worker()
    impatient = Times(lease=timedelta(seconds=0.5), heartbeat=timedelta(seconds=0.1), relay=timedelta(seconds=0.1))
    keeper = Keeper(worker, night.database, night.bell, impatient, pytest.fail)
    keeper.start()
    try:
        wait_until(lambda: drained(worker) and task.get(identifier).ended)
    finally:
        keeper.stop()
    check_night(night, task, identifier)


def check_night(night: Keep, task: Task, identifier: UUID) -> None:
    """As after an undisturbed night: the table, the count, one line in the journal, the mark."""
    done = task.get(identifier)
    assert done.state is OperationState.SUCCEEDED
    assert night.stores() == AFTER
    assert done.outcome is not None
    assert done.outcome.result == {"examined": 7, "linked": 5}
    assert [entry[3] for entry in entries(night)] == ["Nombre de familles clients à mettre à jour : 5"]
    assert reading(night, []) == READ


def reading(night: Keep, stores: list[str]) -> object:
    with night.open_work() as work:
        return work.readings.read_time(stores)


def drained(worker: Worker) -> bool:
    worker.drain("default")
    return True


def wait_until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
