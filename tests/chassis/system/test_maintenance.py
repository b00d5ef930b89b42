"""Maintenance on a real PostgreSQL: rebuilt, cleared of leftovers, vacuumed, and never in the way for long."""

import re
import threading
import time

import psycopg
import pytest
import sqlalchemy as sa

from chassis.operations import Cancelled, Execution, Interrupted, OperationState
from chassis.system import session
from tests.chassis.system.conftest import Shop

BREAK_INDEX = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"


def make_addresses(shop: Shop) -> None:
    shop.execute(
        "CREATE TABLE adresses (number int PRIMARY KEY, town text)",
        "INSERT INTO adresses SELECT n, 'Ville ' || n FROM generate_series(1, 1000) AS n",
        "CREATE INDEX adresses_town_idx ON adresses (town)",
    )


def of_addresses(shop: Shop) -> list[str]:
    return [line for line in shop.journal() if "adresses" in line]


def test_every_table_is_rebuilt_and_vacuumed_and_noted_as_the_seed_prints_it(shop: Shop) -> None:
    make_addresses(shop)
    before = shop.ask(
        "SELECT relfilenode FROM pg_class WHERE relname LIKE 'adresses_%idx' OR relname = 'adresses_pkey'"
    )
    done = shop.do("shop.maintenance")
    after = shop.ask("SELECT relfilenode FROM pg_class WHERE relname LIKE 'adresses_%idx' OR relname = 'adresses_pkey'")
    assert done.outcome is not None
    report = done.outcome.report
    assert re.fullmatch(r"La maintenance de la base de données s'est déroulée sans erreur en \d+secs", report)
    assert not set(before) & set(after)
    assert shop.ask("SELECT relname FROM pg_stat_user_tables WHERE vacuum_count = 1 AND analyze_count = 1 ORDER BY 1")[
        :2
    ] == ["adresses", "alembic_version_chassis"]
    lines = shop.journal()
    assert lines[0] == "REINDEX «adresses»"
    tables = (len(lines) - 1) // 2
    assert lines[tables] == "VACUUM «adresses»"
    assert (
        lines[-1] == f"L'opération de maintenance de la base de données s'est terminée en {report.split()[-1][:-4]}s !"
    )
    assert shop.ask("SELECT DISTINCT source || ' ' || user_name FROM journal_entry") == ["maintenance ana"]


def test_the_report_is_in_the_language_of_the_owner(shop: Shop) -> None:
    done = shop.do("shop.maintenance", locale="en")
    assert done.outcome is not None
    assert done.outcome.report.startswith("The maintenance of the database ran without error")


def test_what_an_interrupted_rebuild_left_is_dropped_and_noted(shop: Shop) -> None:
    make_addresses(shop)
    shop.execute(
        "CREATE INDEX adresses_town_idx_ccnew ON adresses (town)",
        "CREATE INDEX adresses_town_idx_ccold1 ON adresses (town)",
        "CREATE INDEX adresses_sound_ccnew ON adresses (town)",
        "CREATE INDEX adresses_own_idx ON adresses (town)",
        *(
            BREAK_INDEX.format(name)
            for name in ("adresses_town_idx_ccnew", "adresses_town_idx_ccold1", "adresses_own_idx")
        ),
    )
    done = shop.do("shop.maintenance")
    assert done.outcome is not None
    assert shop.ask(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'adresses'::regclass ORDER BY 1"
    ) == [
        "adresses_own_idx",  # invalid, but nothing of a REINDEX: whoever began it knows why
        "adresses_pkey",
        "adresses_sound_ccnew",
        "adresses_town_idx",
    ]
    dropped = ["adresses_town_idx_ccnew", "adresses_town_idx_ccold1"]
    assert [line for line in shop.journal() if "DROP" in line] == [f"DROP INDEX «{name}»" for name in dropped]
    assert f"Index inachevés supprimés : {', '.join(dropped)}" in done.outcome.report


def test_what_a_real_interruption_left_is_dropped(shop: Shop) -> None:
    make_addresses(shop)
    url = sa.make_url(shop.database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as reader, psycopg.connect(url, autocommit=True) as other:
        reader.execute("SELECT count(*) FROM adresses")  # an open transaction holds the rebuild up
        other.execute("SET lock_timeout = 300")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("REINDEX TABLE CONCURRENTLY adresses")
    assert shop.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") != [0]
    shop.do("shop.maintenance")
    assert shop.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [0]


def test_a_table_that_cannot_be_had_is_tried_again_at_the_end_and_then_left(shop: Shop) -> None:
    make_addresses(shop)
    with shop.database.engine.connect() as holder:
        holder.execute(sa.text("LOCK TABLE adresses IN ACCESS EXCLUSIVE MODE"))
        begun = time.monotonic()
        done = shop.do("shop.maintenance")
        assert time.monotonic() - begun < 10
    assert done.outcome is not None
    assert done.outcome.report.splitlines()[1:] == [
        "Tables occupées, laissées pour la prochaine fois : REINDEX adresses, VACUUM adresses"
    ]
    assert of_addresses(shop) == [
        "REINDEX «adresses» : occupée, nouvel essai à la fin",
        "REINDEX «adresses» : toujours occupée, laissée pour la prochaine fois",
        "VACUUM «adresses» : occupée, nouvel essai à la fin",
        "VACUUM «adresses» : toujours occupée, laissée pour la prochaine fois",
    ]
    assert "VACUUM «operation»" in shop.journal()


def test_a_table_that_is_free_again_by_the_end_is_done_then(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_addresses(shop)
    with shop.database.engine.connect() as holder:
        holder.execute(sa.text("LOCK TABLE adresses IN ACCESS EXCLUSIVE MODE"))
        run = session.Session.run

        def run_and_free(self: session.Session, statement: psycopg.sql.SQL, relation: session.Relation) -> None:
            if relation.name == "worker" and holder.in_transaction():
                holder.rollback()
            run(self, statement, relation)

        monkeypatch.setattr(session.Session, "run", run_and_free)
        done = shop.do("shop.maintenance")
    assert done.outcome is not None
    assert len(done.outcome.report.splitlines()) == 1
    assert of_addresses(shop) == [
        "REINDEX «adresses» : occupée, nouvel essai à la fin",
        "REINDEX «adresses»",
        "VACUUM «adresses»",
    ]


def test_a_step_that_the_server_refuses_is_told_and_the_others_are_done(shop: Shop) -> None:
    make_addresses(shop)
    shop.execute(
        "CREATE FUNCTION twisted(town text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT town'",
        "CREATE INDEX adresses_twisted_idx ON adresses (twisted(town))",
        "CREATE OR REPLACE FUNCTION twisted(town text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT (1 / 0)::text'",
    )
    done = shop.do("shop.maintenance")
    assert done.state is OperationState.FAILED
    assert done.error is not None
    assert done.error.reason == "MAINTENANCE_INCOMPLETE"
    assert "REINDEX adresses (DivisionByZero)" in done.error.message
    assert shop.ask("SELECT text FROM journal_entry WHERE level = 'error' ORDER BY number") == [
        "REINDEX «adresses» : échec (DivisionByZero)",
        "VACUUM «adresses» : échec (DivisionByZero)",
    ]
    assert "VACUUM «operation»" in shop.journal()


def test_it_ends_between_two_tables_when_somebody_cancels_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_addresses(shop)
    run = session.Session.run

    def run_and_cancel(self: session.Session, statement: psycopg.sql.SQL, relation: session.Relation) -> None:
        run(self, statement, relation)
        self._execution.stop(Cancelled)

    monkeypatch.setattr(session.Session, "run", run_and_cancel)
    assert shop.do("shop.maintenance").state is OperationState.CANCELLED
    assert shop.journal() == ["REINDEX «adresses»"]


def test_a_later_try_goes_on_behind_the_last_table_that_was_done(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_addresses(shop)
    run = session.Session.run

    def run_and_leave(self: session.Session, statement: psycopg.sql.SQL, relation: session.Relation) -> None:
        run(self, statement, relation)
        self._execution.stop(Interrupted)

    monkeypatch.setattr(session.Session, "run", run_and_leave)
    done = shop.do("shop.maintenance")  # one step a try: what is given back is claimed again at once
    assert (done.state, done.attempts) == (OperationState.SUCCEEDED, 1)
    lines = shop.journal()
    assert len(lines) == len(set(lines))
    assert of_addresses(shop) == ["REINDEX «adresses»", "VACUUM «adresses»"]


def test_an_index_under_way_holds_nobody_up_and_ends_when_the_work_must(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_addresses(shop)
    monkeypatch.setattr(session, "LOOK", 0.05)
    shop.execute("CREATE FUNCTION slow(town text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT town'")
    shop.execute("CREATE INDEX adresses_slow_idx ON adresses (slow(town))")
    slow = "CREATE OR REPLACE FUNCTION slow(town text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS"
    shop.execute(f"{slow} 'BEGIN PERFORM pg_sleep(0.05); RETURN town; END'")  # 50 s for the table
    held: list[Execution] = []
    kind = shop.kinds["shop.maintenance"]
    run = kind.run

    def told(execution: Execution) -> object:
        held.append(execution)
        return run(execution)

    object.__setattr__(kind, "run", told)
    identifier = shop.add("shop.maintenance")
    thread = threading.Thread(target=shop.worker().drain, args=("default",))
    thread.start()
    until = time.monotonic() + 20
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    while shop.ask(asleep) == [0]:
        assert time.monotonic() < until
        time.sleep(0.02)
    shop.execute(
        "SET LOCAL lock_timeout = 500",
        "INSERT INTO adresses VALUES (2000, 'Lyon')",
        "UPDATE adresses SET town = 'Paris' WHERE number = 2000",
        "DELETE FROM adresses WHERE number = 2000",
    )  # the shop goes on meanwhile
    assert shop.ask(asleep) != [0]
    stopped = time.monotonic()
    held[0].stop(Cancelled)
    thread.join(20)
    assert time.monotonic() - stopped < 5
    assert shop.get(identifier).state is OperationState.CANCELLED


def test_a_second_one_waits_until_the_first_is_through(shop: Shop) -> None:
    with shop.database.engine.connect() as other:
        other.execute(sa.text(session.ALONE))
        identifier = shop.add("shop.maintenance")
        shop.worker().drain("default")
        waiting = shop.get(identifier)
        assert (waiting.state, waiting.attempts, shop.journal()) == (OperationState.QUEUED, 0, [])
        other.execute(sa.text("SELECT pg_advisory_unlock_all()"))
    shop.hurry()
    shop.worker().drain("default")
    assert shop.get(identifier).state is OperationState.SUCCEEDED


def test_a_limit_on_statements_does_not_hold_for_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    name = shop.ask("SELECT current_database()")[0]
    shop.execute(f"ALTER DATABASE {name} SET statement_timeout = 1234")
    shop.database.engine.dispose()
    assert shop.ask("SELECT current_setting('statement_timeout')") == ["1234ms"]
    limits: list[object] = []
    tables = session.Session.tables

    def look(self: session.Session) -> object:
        limits.append(self._connection.exec_driver_sql("SHOW statement_timeout").scalar_one())
        return tables(self)

    monkeypatch.setattr(session.Session, "tables", look)
    assert shop.do("shop.maintenance").state is OperationState.SUCCEEDED
    assert limits == ["0"]
    assert shop.ask("SELECT current_setting('statement_timeout')") == ["1234ms"]  # of the others


def test_a_lost_database_is_a_fault_and_the_work_goes_on_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    make_addresses(shop)
    run = session.Session.run

    def cut_off(self: session.Session, statement: psycopg.sql.SQL, relation: session.Relation) -> None:
        if relation.name == "worker":
            pid = self._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            shop.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        run(self, statement, relation)

    monkeypatch.setattr(session.Session, "run", cut_off)
    broken = shop.do("shop.maintenance")
    assert (broken.state, broken.attempts) == (OperationState.QUEUED, 1)
    monkeypatch.setattr(session.Session, "run", run)
    shop.hurry()
    shop.worker().drain("default")
    assert shop.get(broken.id).state is OperationState.SUCCEEDED
    assert of_addresses(shop) == ["REINDEX «adresses»", "VACUUM «adresses»"]


def test_names_that_need_quoting_are_quoted(shop: Shop) -> None:
    shop.execute(
        'CREATE SCHEMA "Caisse 1"',
        'CREATE TABLE "Caisse 1"."100% ""neuf""" (number int PRIMARY KEY)',
        'CREATE TABLE "Caisse 1".parted (number int PRIMARY KEY) PARTITION BY RANGE (number)',
        'CREATE TABLE "Caisse 1".part PARTITION OF "Caisse 1".parted FOR VALUES FROM (1) TO (9)',
        'CREATE MATERIALIZED VIEW "Order" AS SELECT 1 AS number',
    )
    shop.execute('CREATE UNIQUE INDEX "100%_ccnew" ON "Order" (number)', BREAK_INDEX.format('"100%_ccnew"'))
    done = shop.do("shop.maintenance")
    assert done.error is None
    lines = shop.journal()
    assert {'REINDEX «Caisse 1.100% "neuf"»', "REINDEX «Caisse 1.part»", "VACUUM «Order»"} <= set(lines)
    assert "DROP INDEX «100%_ccnew»" in lines
    assert shop.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [0]
