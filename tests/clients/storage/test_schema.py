"""The migrations make what the tables declare."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from services.clients.storage.tables import METADATA
from tests.clients.conftest import Keep


def test_the_migrated_schema_is_the_declared_one(keep: Keep) -> None:
    declared = set(METADATA.tables)

    def ours(name: str | None, kind: str, parents: object) -> bool:
        return kind != "table" or name in declared

    with keep.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_tables_that_are_changed_by_the_mass_leave_room_on_their_pages(keep: Keep) -> None:
    with keep.database.begin() as connection:
        rows = connection.exec_driver_sql(
            "SELECT relname FROM pg_class WHERE 'fillfactor=50' = ANY(reloptions) ORDER BY relname"
        )
        assert rows.scalars().all() == ["address", "client", "consent"]
