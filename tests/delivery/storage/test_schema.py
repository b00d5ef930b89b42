"""The migrated schema is the declared one."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chassis.database import Database
from services.delivery.storage.tables import METADATA


def test_the_migrations_make_the_declared_tables(make_database: Callable[[str | None], Database]) -> None:
    def ours(object_: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return kind != "table" or name in METADATA.tables

    with make_database("services.delivery.storage.migrations").begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, METADATA) == []
