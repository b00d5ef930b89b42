import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from chassis.database import Database
from services.mail.storage.tables import METADATA


def test_the_migrated_schema_is_the_declared_one(mail_database: Database) -> None:
    with mail_database.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _thing, name, kind, _reflected, _other: (
                    kind != "table" or name in METADATA.tables
                ),
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, METADATA) == []
        checks = set(connection.execute(sa.text("SELECT conname FROM pg_constraint WHERE contype = 'c'")).scalars())
    assert {"mail_state_check", "mail_next_time_check", "recipient_state_check"} <= checks
