"""A database session of its own, outside the pool and outside any transaction: what REINDEX and VACUUM need."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import sqlalchemy as sa
import structlog
from psycopg import errors, sql

from chassis.database import Database, passes, reason_of
from chassis.errors import Unavailable
from chassis.operations.execution import ComeBack, Execution, Stopped

LOOK = 0.5  #: seconds between two looks at whether the work is to stop
CANCEL_TIMEOUT = 5.0  #: seconds
LATER = timedelta(seconds=10)  #: after which work that found another at the database looks again

log = structlog.get_logger(__name__)

#: A limit that somebody has set on the role or the server is for calls, not for hours of upkeep.
NO_LIMITS = (
    "SELECT set_config(name, '0', false) FROM pg_settings"
    " WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout')"
)
ALONE = "SELECT pg_try_advisory_lock(hashtext('backroom upkeep'), 0)"
TABLES = """
    SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY relname, nspname
"""
#: What an interrupted REINDEX CONCURRENTLY leaves: the index it was making, or the one it had replaced.
LEFTOVERS = """
    SELECT nspname, relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$' ORDER BY relname, nspname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or an index."""

    schema: str
    name: str

    def __str__(self) -> str:
        """As people read it."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


class Busy(Exception):
    """Others hold what the statement needs, for longer than it was willing to wait."""


class Refused(Exception):
    """The server said no, for a reason that does not pass by itself. Its text is the reason's name."""


class Session:
    """Statements that each stand alone."""

    def __init__(self, connection: sa.Connection, execution: Execution) -> None:
        self._connection = connection
        self._execution = execution

    def server_version(self) -> int:
        """The server's major version."""
        return int(self._connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000

    def tables(self) -> Sequence[Relation]:
        """Every table of the database, by name."""
        return self._relations(TABLES)

    def leftovers(self) -> Sequence[Relation]:
        """Invalid indexes that an interrupted REINDEX CONCURRENTLY has left."""
        return self._relations(LEFTOVERS)

    def run(self, statement: sql.SQL, relation: Relation) -> None:
        """Runs the statement on the relation; one that is gone needs nothing.

        Raises `Busy`, `Refused`, `Stopped` where the work was told to stop meanwhile, `Unavailable` without a server.
        """
        text = statement.format(sql.Identifier(relation.schema, relation.name)).as_string()
        try:
            self._connection.exec_driver_sql(text)
        except sa.exc.DBAPIError as error:
            self._execution.check()
            if error.connection_invalidated:
                raise Unavailable(f"the database cannot answer now ({reason_of(error)})") from error
            match error.orig:
                case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.QueryCanceled():
                    raise Busy from error
                case errors.UndefinedTable() | errors.UndefinedObject():
                    return
                case _:
                    raise Refused(reason_of(error)) from error

    def _relations(self, query: str) -> Sequence[Relation]:
        return [Relation(schema=schema, name=name) for schema, name in self._connection.exec_driver_sql(query)]


@contextmanager
def open_session(database: Database, execution: Execution, patience: timedelta) -> Iterator[Session]:
    """A session that waits `patience` for a lock and for nothing else, and whose statement ends when the work must.

    Only one is open in a database at a time: upkeep would wait for the snapshot of a backup, table after table. Raises
    `ComeBack` where there is another.
    """
    try:
        options = {"isolation_level": "AUTOCOMMIT", "no_parameters": True}  # a name's % is no placeholder
        with database.engine.connect().execution_options(**options) as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells mypy which driver the engine has
            connection.detach()  # what is set here is for this session alone, and the pool gets another
            connection.exec_driver_sql(NO_LIMITS)
            connection.exec_driver_sql(f"SET lock_timeout = {int(patience.total_seconds() * 1000)}")
            if not connection.exec_driver_sql(ALONE).scalar_one():
                raise ComeBack(LATER)
            with _stopping(driver, execution):
                yield Session(connection, execution)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        execution.check()
        if not passes(error):
            raise
        raise Unavailable(f"the database cannot answer now ({reason_of(error)})") from error


@contextmanager
def _stopping(driver: psycopg.Connection[object], execution: Execution) -> Iterator[None]:
    """Cancels the running statement once the work is to stop: an index of hours is not waited for."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK):
            try:
                execution.check()
            except Stopped:
                try:
                    driver.cancel_safe(timeout=CANCEL_TIMEOUT)
                except psycopg.Error as error:
                    log.warning("a statement could not be cancelled; another try follows", why=type(error).__name__)

    watcher = threading.Thread(target=watch, name="upkeep-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
