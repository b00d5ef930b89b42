"""The migrated schema is the declared one."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chassis.database import Database
from services.scheduler.storage.tables import METADATA

MIGRATIONS = "services.scheduler.storage.migrations"


def test_the_migrations_make_the_tables_that_the_code_declares(
    make_database: Callable[[str | None], Database],
) -> None:
    def ours(item: object, name: str | None, kind: str, reflected: bool, compared_to: object) -> bool:
        return kind != "table" or name in METADATA.tables

    with make_database(MIGRATIONS).engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
