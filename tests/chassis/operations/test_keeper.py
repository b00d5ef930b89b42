"""How the keeper keeps: through errors and outages, without harm to others, to the orderly end."""

import threading
import time

import sqlalchemy as sa

from chassis.operations import Execution, Kind, OperationState
from chassis.operations.keeping import RELAY_LOCK
from tests.chassis.operations.conftest import Shop


def test_the_keeper_survives_what_it_does_not_expect(shop: Shop) -> None:
    worker = shop.worker()
    keeper = shop.keeper(worker)
    keeper.start()
    with shop.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE worker RENAME COLUMN heartbeat_time TO gone"))
    time.sleep(0.5)
    with shop.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE worker RENAME COLUMN gone TO heartbeat_time"))
        connection.execute(sa.text("UPDATE worker SET heartbeat_time = now() - interval '1 h'"))
    until = time.monotonic() + 10
    beaten = sa.text("SELECT heartbeat_time > now() - interval '1 min' FROM worker")
    while True:
        with shop.database.begin() as connection:
            if connection.execute(beaten).scalar_one():
                break
        assert time.monotonic() < until, "it beats no more"
    keeper.stop()


def test_after_an_outage_the_first_keeper_back_rescues_nobody_for_a_lease(shop: Shop) -> None:
    worker, other = shop.worker(), shop.worker()
    keeper = shop.keeper(worker, lease=60.0)
    keeper._cut_off = True
    with shop.database.begin() as connection:
        for one in (worker, other):
            connection.execute(
                sa.text(
                    "INSERT INTO worker (id, application_name, host, pid, heartbeat_time)"
                    " VALUES (:id, 'x', 'h', 1, now() - interval '1 h')"
                ),
                {"id": one.id},
            )
    keeper.tick()
    with shop.database.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM worker")).scalar_one() == 2


def test_an_orderly_leave_counts_no_death(shop: Shop) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def linger(execution: Execution) -> None:
        begun.set()
        go_on.wait(20)

    shop.kind(Kind(name="a.linger", run=linger))
    identifier = shop.add("a.linger")
    worker = shop.worker()
    keeper = shop.keeper(worker)
    keeper.start()
    thread = threading.Thread(target=worker.drain, args=("default",))
    thread.start()
    begun.wait(10)
    worker.leave()
    keeper.stop()  # the drain's patience is over
    left = shop.get(identifier)
    go_on.set()
    thread.join()
    assert (left.state, left.deaths, left.attempts) == (OperationState.QUEUED, 0, 0)


def test_only_one_process_relays_at_a_time(shop: Shop) -> None:
    with shop.database.begin() as one, shop.database.begin() as other:
        assert one.execute(RELAY_LOCK).scalar_one()
        assert not other.execute(RELAY_LOCK).scalar_one()
