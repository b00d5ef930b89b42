"""A restore as the page for operators says it, and what it is compared by."""

import os
import subprocess
from pathlib import Path

import sqlalchemy as sa

from chassis.database import Database
from chassis.embedded import EmbeddedPostgres

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"


def contents(database: Database) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with database.begin() as connection:
        tables = connection.execute(sa.text(TABLES)).scalars().all()
        return {
            table: sorted(connection.execute(sa.text(f'SELECT one::text FROM "{table}" AS one')).scalars())
            for table in tables
        }


def restore(file: Path, database: Database) -> None:
    """As the page for operators says."""
    url = sa.make_url(database.url)
    assert url.password is not None
    target = f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"
    subprocess.run(
        [
            EmbeddedPostgres.binary("pg_restore"),
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={target}",
            file,
        ],
        env={**os.environ, "PGPASSWORD": url.password},
        check=True,
    )
