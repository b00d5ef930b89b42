from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chassis.database import Database
from services.sales.storage.tables import metadata


def test_the_migrated_schema_is_the_declared_one(make_database: Callable[[str | None], Database]) -> None:
    def ours(object: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return kind != "table" or name in metadata.tables

    with make_database("services.sales.storage.migrations").begin() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []
