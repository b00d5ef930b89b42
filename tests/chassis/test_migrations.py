"""The migrated schema is the declared one."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chassis.database import Database
from chassis.embedded import EmbeddedPostgres
from chassis.errors import Unavailable
from chassis.journal.tables import journal_entry
from chassis.migrations import check_migrated, migrate

OURS = set(journal_entry.metadata.tables)


def test_chassis_tables_are_what_its_migrations_make(make_database: Callable[[str | None], Database]) -> None:
    def ours(object: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return kind != "table" or name in OURS

    with make_database(None).begin() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, journal_entry.metadata) == []


def test_migrating_twice_changes_nothing(make_database: Callable[[str | None], Database]) -> None:
    database = make_database(None)
    migrate(database, None)
    check_migrated(database, None)


def test_a_database_that_was_never_migrated_is_refused_with_what_to_do(postgres: EmbeddedPostgres) -> None:
    database = Database(postgres.create_database("never_migrated"), application_name="test")
    with pytest.raises(Unavailable, match="run `migrate` first"):
        check_migrated(database, None)
    database.close()
    postgres.drop_database("never_migrated")


def test_every_statement_speaks_utc(make_database: Callable[[str | None], Database]) -> None:
    with make_database(None).begin() as connection:
        assert connection.execute(sa.text("SHOW timezone")).scalar_one() == "UTC"
