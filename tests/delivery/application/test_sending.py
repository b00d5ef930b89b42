"""Sending, failing, retrying, parking."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from chassis.operations import NewOperation, OperationState
from services.delivery.application.failing_tries import retry_of
from services.delivery.domain.backoff import TRIES_BEFORE_PARKED
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.kinds import RETRY_LEFTOVERS, SEND_SPOOL
from services.delivery.storage.tables import spool_file
from tests.delivery.far_end import FarEnd
from tests.delivery.house import NIGHT, House

QUEUED_RETRIES = f"SELECT count(*) FROM operation WHERE kind = '{RETRY_LEFTOVERS}' AND state = 'queued'"


def test_a_sending_reports_each_file_and_leaves_nothing_in_the_spool(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    attempt = house.seal(
        house.stage(b"one", file_name="été 1.csv"),
        house.stage(b"", file_name="empty.csv", ordinal=1),
        destination="shop",
    )
    house.drain()
    operation = house.operation(attempt)
    assert operation.state is OperationState.SUCCEEDED
    assert operation.outcome is not None
    assert operation.outcome.report == (
        "Fichier été 1.csv envoyé vers destinations/shop (3 octets)\n"
        "Fichier empty.csv envoyé vers destinations/shop (0 octets)"
    )
    assert far_end.files() == {"été 1.csv": b"one", "empty.csv": b""}
    assert house.on_disk() == []
    assert house.meter.sent_files == 2
    assert house.count(QUEUED_RETRIES) == 0


def test_a_run_without_files_is_sent_at_once(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    attempt = house.seal(destination="shop")
    house.drain()
    assert house.operation(attempt).state is OperationState.SUCCEEDED


def test_what_cannot_be_sent_stays_is_told_and_goes_later(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    attempt = house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain()
    operation = house.operation(attempt)
    assert operation.state is OperationState.FAILED
    assert operation.error is not None
    assert operation.error.reason == "LEFT_IN_SPOOL"
    assert operation.error.message.startswith("Le serveur 127.0.0.1 refuse")
    assert operation.error.message.endswith("\nVérifiez l'adresse et le port, et que le serveur est démarré.")
    assert house.states() == {"a.csv": "SEALED"}
    assert len(house.on_disk()) == 1
    assert house.count(QUEUED_RETRIES) == 1

    house.come(timedelta(minutes=5))
    house.drain()  # still down: it comes back again
    assert house.states() == {"a.csv": "SEALED"}
    assert house.count(QUEUED_RETRIES) == 1

    far_end.start()
    house.come(timedelta(minutes=10))
    house.drain()
    assert far_end.files() == {"a.csv": b"one"}
    assert house.states() == {"a.csv": "DELIVERED"}
    assert house.count(QUEUED_RETRIES) == 0
    assert house.on_disk() == []


def test_the_next_run_takes_older_leftovers_along_oldest_first(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    house.seal(house.stage(b"first", file_name="same.csv", run=1), destination="shop", run=1)
    house.drain()
    far_end.start()
    newer = house.stage(b"second", file_name="same.csv", run=2)
    house.seal(newer, destination="shop", run=2, nominal_time=NIGHT + timedelta(days=1))
    house.drain("sending")
    assert far_end.files() == {"same.csv": b"second"}
    assert len(far_end.behaviour.renames) == 2


def test_a_newer_file_waits_for_an_older_one_of_its_name(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    (far_end.root / "same.csv").mkdir()
    old, other = house.stage(b"old", file_name="same.csv", run=1), house.stage(b"x", file_name="b.csv", run=1)
    house.seal(old, other, destination="shop", run=1)
    house.drain("sending")
    assert house.states() == {"same.csv": "RENAMING", "b.csv": "DELIVERED"}
    attempt = house.seal(
        house.stage(b"new", file_name="same.csv", run=2),
        destination="shop",
        run=2,
        nominal_time=NIGHT + timedelta(days=1),
    )
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.FAILED
    assert "HELD_BACK" in house.meter.failures
    (far_end.root / "same.csv").rmdir()
    house.come()
    house.drain()
    assert far_end.files() == {"same.csv": b"new", "b.csv": b"x"}
    assert house.count("SELECT count(*) FROM spool_file WHERE state <> 'DELIVERED'") == 0


def test_after_the_last_try_a_file_is_parked_with_an_alert_and_rejoins_the_next_sending(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    house.seal(house.stage(b"one", file_name="a.csv", run=1), destination="shop", run=1)
    with house.database.begin() as connection:
        connection.execute(sa.update(spool_file).values(tried=TRIES_BEFORE_PARKED - 1))
    house.drain("sending")
    assert house.states() == {"a.csv": "PARKED"}
    assert house.count(QUEUED_RETRIES) == 0
    assert house.count("SELECT count(*) FROM journal_entry WHERE level = 'error'") == 1
    far_end.start()
    house.seal(house.stage(b"two", file_name="b.csv", run=2), destination="shop", run=2)
    house.drain("sending")
    assert far_end.files() == {"a.csv": b"one", "b.csv": b"two"}


def test_a_parked_renaming_that_had_happened_is_not_sent_again(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    house.seal(house.stage(b"one", file_name="a.csv", run=1), destination="shop", run=1)
    with house.database.begin() as connection:
        place = ServerPath(folder=str(house.outgoing)).place
        connection.execute(sa.update(spool_file).values(state="PARKED", place=place, attempts=1))
        connection.execute(sa.text("DELETE FROM operation"))
    house.seal(destination="shop", run=2)
    assert house.states() == {"a.csv": "RENAMING"}
    house.drain("sending")
    assert house.states() == {"a.csv": "DELIVERED"}
    assert list(house.outgoing.iterdir()) == []


def test_leftovers_for_another_destination_go_there_beside(house: House, far_end: FarEnd) -> None:
    house.destination("first", far_end.method(folder="first"))
    house.destination("second", far_end.method(folder="second"))
    far_end.stop()
    house.seal(house.stage(b"one", file_name="a.csv", run=1), destination="first", run=1)
    house.drain("sending")
    with house.database.begin() as connection:
        connection.execute(sa.text("DELETE FROM operation WHERE state = 'queued'"))
    far_end.start()
    attempt = house.seal(house.stage(b"two", file_name="b.csv", run=2), destination="second", run=2)
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert far_end.files() == {"second/b.csv": b"two"}
    house.come()
    house.drain("retrying")
    assert far_end.files() == {"first/a.csv": b"one", "second/b.csv": b"two"}


def test_two_workers_never_write_to_one_destination_at_once(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    with house.work() as work:
        other = work.operations.add(NewOperation(kind=SEND_SPOOL, request={}))
        assert work.leases.take("shop", other, 4)
    with house.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET state = 'running', epoch = 4 WHERE id = :id"), {"id": other})
    attempt = house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.QUEUED
    assert far_end.files() == {}
    with house.database.begin() as connection:  # taken over: what the other still thinks it holds is free
        connection.execute(sa.text("UPDATE operation SET epoch = 5 WHERE id = :id"), {"id": other})
    house.come()
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED


def test_a_damaged_file_of_the_spool_is_never_sent(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    damaged, whole = house.stage(b"one", file_name="a.csv"), house.stage(b"two", file_name="b.csv", ordinal=1)
    house.spool.path(damaged.task, damaged.id).write_bytes(b"0ne")
    attempt = house.seal(damaged, whole, destination="shop")
    house.drain("sending")
    assert far_end.files() == {"b.csv": b"two"}
    error = house.operation(attempt).error
    assert error is not None
    assert "a.csv est abîmé" in error.message


def test_a_write_that_fails_in_mid_file_fails_the_file_and_leaves_no_temporary(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.behaviour.fail_write = 10
    attempt = house.seal(house.stage(b"x" * 3_000_000, file_name="a.csv"), destination="shop")
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.FAILED
    assert far_end.files() == {}
    house.come()
    house.drain()
    assert far_end.files() == {"a.csv": b"x" * 3_000_000}


def test_a_process_that_has_to_leave_does_not_wait_for_a_big_file(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    content = bytes(12_000_000)
    attempt = house.seal(house.stage(content, file_name="big.bin"), destination="shop")
    worker = house.worker()

    def leave(number: int) -> None:
        if number == 5:
            worker.leave()

    far_end.behaviour.on_write = leave
    worker.drain("sending")
    assert house.operation(attempt).state is OperationState.QUEUED
    assert far_end.behaviour.writes < len(content) // (32 * 1024)
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert far_end.files() == {"big.bin": content}


def test_a_cancelled_sending_is_adopted_by_the_sweep(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    attempt = house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    with house.work() as work:
        work.operations.cancel([attempt], "test")
    house.drain()
    assert house.operation(attempt).state is OperationState.CANCELLED
    assert house.sweep()().adopted == 1
    assert house.sweep()().adopted == 0
    house.drain()
    assert far_end.files() == {"a.csv": b"one"}


@pytest.mark.parametrize("secret", ["hunter-2", "privkey://:hunter-2"])
def test_secrets_appear_neither_in_rows_nor_in_errors(house: House, far_end: FarEnd, secret: str) -> None:
    house.destination("shop", far_end.method(password=secret, private_key="-----BEGIN X-----\nzz\n-----END X-----"))
    house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain()
    with house.database.begin() as connection:
        tables = ("destination", "spool_file", "operation", "journal_entry")
        rows = [str(connection.execute(sa.text(f"SELECT * FROM {table}")).all()) for table in tables]
    assert not any(secret in row for row in rows)


def test_a_first_retry_does_not_wait_for_that_of_a_file_that_has_failed_for_hours(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain("sending")
    with house.database.begin() as connection:
        connection.execute(sa.update(spool_file).values(tried=10))
    house.come()
    house.drain("retrying")  # a.csv comes back in an hour
    folder = house.outgoing / "near"
    house.destination("near", ServerPath(folder=str(folder)), folder_must_exist=True)
    house.seal(house.stage(b"two", file_name="b.csv", run=2), destination="near", run=2)
    house.drain("sending")
    folder.mkdir()
    house.come(timedelta(minutes=2))
    house.drain("retrying")
    assert (folder / "b.csv").read_bytes() == b"two"
    assert house.states() == {"a.csv": "SEALED", "b.csv": "DELIVERED"}
    house.come(timedelta(minutes=2))
    house.drain("retrying")
    assert house.count(QUEUED_RETRIES) == 1  # that of a.csv, and none beside it


def test_what_fails_while_leftovers_are_being_sent_is_not_left_to_an_operation_that_has_looked_already(
    house: House,
) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / "in")), folder_must_exist=True)
    with house.work() as work:
        work.operations.add(retry_of(7, "default"))
    with house.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET state = 'running', ready = false, worker = gen_random_uuid()"))
    house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain("sending")
    assert house.count(QUEUED_RETRIES) == 1
