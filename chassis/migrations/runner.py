"""Runs Alembic revisions from plain folders of revision files, under an advisory lock."""

import importlib.util
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from chassis.database import Database
from chassis.errors import Unavailable

CHASSIS = "chassis.migrations"
LOCK = 0x6261636B726F6F6D  #: "backroom"; two migrations of one database never run at once
VERSION_TABLES = {CHASSIS: "alembic_version_chassis"}


def migrate(database: Database, service: str | None) -> None:
    """Brings the database to the newest revision of chassis and of `service`, the import path of its migrations."""
    with database.engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        for package in packages(service):
            upgrade(connection, package)


def check_migrated(database: Database, service: str | None) -> None:
    """Raises `Unavailable` unless the database is at the revision this code expects, or at one it does not know."""
    with database.begin() as connection:
        for package in packages(service):
            script = script_of(package)
            context = MigrationContext.configure(connection, opts={"version_table": version_table(package)})
            have = context.get_current_revision()
            known = {revision.revision for revision in script.walk_revisions()}
            if have != script.get_current_head() and (have is None or have in known):
                raise Unavailable(f"the database is at revision {have} of {package}; run `migrate` first")


def packages(service: str | None) -> list[str]:
    """Where revisions lie, in the order they are run."""
    return [CHASSIS] if service is None else [CHASSIS, service]


def upgrade(connection: sa.Connection, package: str) -> None:
    """Runs the revisions of one package that this database has not seen."""
    script = script_of(package)
    environment = EnvironmentContext(
        Config(),
        script,
        fn=lambda revision, _: script._upgrade_revs("head", revision),
    )
    with environment:
        environment.configure(connection=connection, version_table=version_table(package))
        environment.run_migrations()


def script_of(package: str) -> ScriptDirectory:
    """The revision files of a package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{package} holds no migrations")
    folder = Path(next(iter(spec.submodule_search_locations)))
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])


def version_table(package: str) -> str:
    """Chassis and service keep their revisions apart."""
    return VERSION_TABLES.get(package, "alembic_version")
