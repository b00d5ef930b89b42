"""Retention: what is forgotten, what stays, and in which steps."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydantic import SecretStr, ValidationError

from chassis.journal import NewEntry
from chassis.operations import Kind, NewOperation, keeping, purging
from chassis.operations.keeper import Keeper, Times
from chassis.operations.purging import Purge, common_purges
from chassis.settings import ServiceSettings
from tests.chassis.operations.conftest import Shop

DAY = timedelta(days=1)
COMMON = {
    purge.what.rpartition(".")[2]: purge
    for purge in common_purges(
        operations=30 * DAY, repeats=20 * DAY, journal=10 * DAY, business_journals=10 * 366 * DAY
    )
}


def forget(shop: Shop, what: str) -> int:
    with shop.database.begin() as connection:
        return purging.forget(connection, COMMON[what])


def execute(shop: Shop, statement: str) -> None:
    with shop.database.begin() as connection:
        connection.execute(sa.text(statement))


def count(shop: Shop, table: str) -> int:
    with shop.database.begin() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def add_ended(shop: Shop, *days_ago: int) -> None:
    shop.kind(Kind(name="a.step", run=lambda execution: None))
    with shop.work() as work:
        ids = [work.operations.add(NewOperation(kind="a.step")) for _ in days_ago]
        for id, days in zip(ids, days_ago, strict=True):
            ended = {"id": id, "ago": days * DAY}
            work.connection.execute(
                sa.text("UPDATE operation SET state = 'succeeded', end_time = now() - :ago WHERE id = :id"), ended
            )
            work.connection.execute(
                sa.text("INSERT INTO operation_progress (operation, done, total, text) VALUES (:id, 1, 1, '')"), ended
            )


def write_journal(shop: Shop, journal: str, *days_ago: int) -> None:
    with shop.work() as work:
        work.journal.write_many([NewEntry(text=str(days), source="test", journal=journal) for days in days_ago])
        work.connection.execute(
            sa.text(
                "UPDATE journal_entry SET create_time = now() - text::int * interval '1 day' WHERE journal = :name"
            ),
            {"name": journal},
        )


def left(shop: Shop, journal: str) -> list[str]:
    with shop.database.begin() as connection:
        query = sa.text("SELECT text FROM journal_entry WHERE journal = :name ORDER BY number")
        return list(connection.execute(query, {"name": journal}).scalars())


def test_operations_are_forgotten_with_their_progress_and_only_once_they_are_old(shop: Shop) -> None:
    add_ended(shop, 29, 31, 400)
    assert forget(shop, "operations") == 2
    assert (count(shop, "operation"), count(shop, "operation_progress")) == (1, 1)


def test_an_operation_that_has_not_ended_is_never_forgotten(shop: Shop) -> None:
    shop.kind(Kind(name="a.step", run=lambda execution: None))
    shop.add("a.step")
    execute(shop, "UPDATE operation SET create_time = now() - interval '4 years'")
    assert forget(shop, "operations") == 0


def test_tombstones_and_answers_go_at_their_own_time(shop: Shop) -> None:
    for days in (19, 21, 31):
        execute(
            shop,
            "INSERT INTO operation_cancel (operation, reason, create_time)"
            f" VALUES ('{uuid4()}', '', now() - interval '{days} days')",
        )
        execute(
            shop,
            "INSERT INTO request_result (caller, method, request_id, body_hash, create_time)"
            f" VALUES ('a', 'b', '{uuid4()}', '', now() - interval '{days} days')",
        )
    assert (forget(shop, "cancels"), forget(shop, "repeats")) == (1, 2)
    assert (count(shop, "operation_cancel"), count(shop, "request_result")) == (2, 1)


def test_technical_journals_go_after_days_and_business_journals_after_years(shop: Shop) -> None:
    write_journal(shop, "technical", 9, 11)
    write_journal(shop, "Client masse", 11, 3_000, 3_700)
    write_journal(shop, "zz", 3_700)
    assert (forget(shop, "technical"), forget(shop, "business")) == (1, 2)
    assert (left(shop, "technical"), left(shop, "Client masse"), left(shop, "zz")) == (["9"], ["11", "3000"], [])


def test_old_technical_entries_are_no_business_of_the_business_purge(shop: Shop) -> None:
    write_journal(shop, "technical", 4_000)
    assert forget(shop, "business") == 0


def test_the_keeper_forgets_batch_by_batch_and_comes_again_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 4)
    add_ended(shop, *[40] * 10)
    keeper = Keeper(shop.worker(), shop.database, shop.bell, Times(), shop.deaths.append, [COMMON["operations"]])
    lefts = []
    for _ in range(4):
        keeper.tick()
        lefts.append(count(shop, "operation"))
    assert lefts == [6, 2, 0, 0]


def test_the_keeper_leaves_the_purge_to_whoever_relays(shop: Shop) -> None:
    add_ended(shop, 40)
    keeper = Keeper(shop.worker(), shop.database, shop.bell, Times(), shop.deaths.append, [COMMON["operations"]])
    with shop.database.begin() as other:
        assert keeping.only_one_relay(other)
        keeper.tick()
    assert count(shop, "operation") == 1


def test_the_keeper_forgets_what_a_service_declares(shop: Shop) -> None:
    execute(shop, "CREATE TABLE visit (number int, create_time timestamptz)")
    execute(shop, "INSERT INTO visit SELECT n, now() - n * interval '1 day' FROM generate_series(1, 10) AS n")
    own = Purge(what="purge.visits", statement=purging.older("visit", "number"), kept=7 * DAY)
    keeper = Keeper(shop.worker(), shop.database, shop.bell, Times(), shop.deaths.append, [own])
    keeper.tick()
    assert count(shop, "visit") == 6


def test_the_keeper_keeps_its_lease_however_long_it_forgets(shop: Shop) -> None:
    execute(shop, "CREATE TABLE beat (age interval)")
    slow = sa.text("SELECT pg_sleep(0.3), CAST(:kept AS interval), CAST(:batch AS int)")
    look = sa.text(
        "INSERT INTO beat SELECT clock_timestamp() - heartbeat_time FROM worker WHERE :kept > interval '0' LIMIT :batch"
    )
    purges = [Purge(what=str(place), statement=one, kept=DAY) for place, one in enumerate((slow, look))]
    times = Times(heartbeat=timedelta(seconds=0.2))
    worker = shop.worker()
    with shop.database.begin() as connection:
        connection.execute(keeping.REGISTER, {"id": worker.id, "application_name": "test", "host": "h", "pid": 1})
    Keeper(worker, shop.database, shop.bell, times, shop.deaths.append, purges).tick()
    with shop.database.begin() as connection:
        (age,) = connection.execute(sa.text("SELECT age FROM beat")).scalars()
    assert age < timedelta(seconds=0.2)


def told(**more: object) -> ServiceSettings:
    urls = {"database_url": SecretStr("postgresql://nowhere/none"), "broker_url": SecretStr("redis://nowhere")}
    return ServiceSettings.model_validate({**urls, **more})


@pytest.mark.parametrize("days", [5, 10, 30])
def test_technical_journals_are_kept_for_five_to_thirty_days(days: int) -> None:
    assert told(journal_days=days).journal_kept == days * DAY


@pytest.mark.parametrize("days", [4, 31, 0, -1])
def test_other_lives_of_technical_journals_are_refused(days: int) -> None:
    with pytest.raises(ValidationError, match="journal_days"):
        told(journal_days=days)


def test_journals_are_kept_as_the_seed_and_the_law_have_it_by_default() -> None:
    assert told().journal_kept == 10 * DAY
    assert told().business_journals_kept >= 10 * 365 * DAY
