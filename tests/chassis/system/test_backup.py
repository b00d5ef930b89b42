"""A backup is worth what its restore is: dumped, restored into an empty database, compared row by row."""

import os
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.embedded import EmbeddedPostgres
from chassis.errors import RemoteRefused, Unavailable
from chassis.migrations import check_migrated
from chassis.operations import Cancelled, Execution, OperationState
from chassis.system import backup, dumping
from chassis.system.dumping import Dump
from chassis.system.programs import find_pg_dump
from tests.chassis.system.conftest import Shop
from tests.chassis.system.restoring import contents, restore


def program(folder: Path, script: str) -> Path:
    """A stand-in for pg_dump that fails as the test says."""
    path = folder / "pg_dump"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[Database]:
    name = f"restored_{uuid4().hex}"
    database = Database(postgres.create_database(name), application_name=name)
    yield database
    database.close()
    postgres.drop_database(name)


def test_a_restored_backup_has_every_row_and_every_index(shop: Shop, empty: Database, tmp_path: Path) -> None:
    shop.execute(
        "CREATE TABLE adresses"
        " (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, town text, kept numeric, raw bytea)",
        "INSERT INTO adresses (town, kept, raw)"
        " SELECT 'Été & Co ' || n, n / 7.0, sha256(n::text::bytea) FROM generate_series(1, 50000) AS n",
        "CREATE INDEX adresses_town_idx ON adresses (town)",
    )
    with shop.work() as work:
        work.journal.write("ligne\nsur deux", source="test")
    before = contents(shop.database)
    done = shop.do("shop.backup", file_name="nuit.dump")
    assert done.outcome is not None
    assert done.outcome.files == ()  # it has arrived: nothing is left to be sent
    assert shop.shelf.sent_to == ["destinations/safe"]
    assert done.outcome.report.endswith(f"nuit.dump, {len(shop.shelf.files[0])} octets")
    (tmp_path / "nuit.dump").write_bytes(shop.shelf.files[0])
    restore(tmp_path / "nuit.dump", empty)
    after = contents(empty)
    under_way = {"operation", "operation_progress"}  # the backup itself
    assert after.keys() == before.keys()
    assert len(after["adresses"]) == 50_000
    assert {table: after[table] for table in after.keys() - under_way} == {
        table: before[table] for table in before.keys() - under_way
    }
    with empty.begin() as connection:
        names = connection.execute(sa.text("SELECT indexname FROM pg_indexes WHERE tablename = 'adresses' ORDER BY 1"))
        assert names.scalars().all() == ["adresses_pkey", "adresses_town_idx"]
        number = sa.text("INSERT INTO adresses (town) VALUES ('neuf') RETURNING number")
        assert connection.execute(number).scalar_one() == 50_001  # its sequence came along


@pytest.mark.parametrize("service", ["clients", "delivery", "mail", "sales", "scheduler"])
def test_a_service_runs_on_its_restored_database(
    service: str, make_database: Callable[[str | None], Database], empty: Database, tmp_path: Path
) -> None:
    migrations = f"services.{service}.storage.migrations"
    database = make_database(migrations)
    program = find_pg_dump(18)
    assert program is not None
    file = tmp_path / "whole.dump"
    file.write_bytes(b"".join(Dump.of(program, database).chunks(lambda: None)))
    restore(file, empty)
    check_migrated(empty, migrations)
    assert contents(empty) == contents(database)


def test_without_a_file_name_it_is_called_after_service_and_day(shop: Shop) -> None:
    done = shop.do("shop.backup")
    assert done.outcome is not None
    assert "shop-20170131.dump" in done.outcome.report


def test_the_password_stands_on_no_command_line_and_our_own_settings_are_not_handed_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKROOM_DATABASE_URL", "postgresql://secret")
    password = sa.make_url(shop.database.url).password
    assert password
    dump = Dump.of(Path("pg_dump"), shop.database)
    assert not [word for word in dump.command if password in word]
    assert password not in repr(dump)
    assert dump.environment["PGPASSWORD"] == password
    assert not [name for name in dump.environment if name.startswith("BACKROOM_")]


def test_what_pg_dump_said_last_is_the_failure_and_holds_no_secret(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = program(
        tmp_path, 'printf begun; echo "pg_dump: error: first" >&2; echo "no $PGPASSWORD here" >&2; exit 1'
    )
    monkeypatch.setattr(backup, "find_pg_dump", lambda version: failing)
    done = shop.do("shop.backup")
    assert done.state is OperationState.FAILED
    assert done.error is not None
    assert (done.error.reason, done.error.message) == ("BACKUP_FAILED", "pg_dump a échoué : no ******** here")
    assert shop.shelf.files == {}


def test_a_dump_that_was_killed_without_a_word_is_a_failure(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = program(tmp_path, "printf begun; kill -9 $$")
    monkeypatch.setattr(backup, "find_pg_dump", lambda version: killed)
    done = shop.do("shop.backup")
    assert done.error is not None
    assert "status -9" in done.error.message
    assert shop.shelf.files == {}


def test_a_process_with_very_many_open_files_reads_its_dump_all_the_same(shop: Shop) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2_048, hard), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        done = shop.do("shop.backup")
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert done.state is OperationState.SUCCEEDED


def test_no_pg_dump_is_told_with_what_to_install(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "find_pg_dump", lambda version: None)
    done = shop.do("shop.backup")
    assert done.error is not None
    assert "installez le paquet client de PostgreSQL 18" in done.error.message


def test_only_a_pg_dump_that_is_no_older_than_the_server_will_do() -> None:
    assert find_pg_dump(18) is not None
    assert find_pg_dump(99) is None


def test_a_delivery_that_is_away_is_told_and_asked_again(shop: Shop) -> None:
    shop.shelf.error = Unavailable("delivery does not answer now")
    done = shop.do("shop.backup")
    assert (done.state, done.attempts) == (OperationState.QUEUED, 1)
    assert done.error is not None
    assert "delivery does not answer now" in done.error.message


def test_a_far_end_that_says_no_ends_it_with_its_words(shop: Shop) -> None:
    shop.shelf.error = RemoteRefused("FAILED_PRECONDITION", "DISK_FULL", "delivery: il n'y a plus de place")
    done = shop.do("shop.backup")
    assert done.state is OperationState.FAILED
    assert done.error is not None
    assert done.error.message == (
        "La sauvegarde n'a pas pu être déposée à sa destination : delivery: il n'y a plus de place"
    )


def test_it_ends_with_its_program_when_somebody_cancels_it(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = program(tmp_path, f"echo $$ > {tmp_path}/pid; printf begun; exec sleep 600")
    monkeypatch.setattr(backup, "find_pg_dump", lambda version: endless)
    monkeypatch.setattr(dumping, "LOOK", 0.05)
    check = Execution.check

    def cancelled(self: Execution) -> None:
        if shop.shelf.taken:
            self.stop(Cancelled)
        check(self)

    monkeypatch.setattr(Execution, "check", cancelled)
    assert shop.do("shop.backup").state is OperationState.CANCELLED
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
