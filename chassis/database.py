"""A service's own PostgreSQL: one engine, short transactions, rows in by COPY."""

import select
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import psycopg
import sqlalchemy as sa

from chassis import telemetry
from chassis.errors import FieldProblem, InvalidInput, Unavailable

T = TypeVar("T")

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

SHORTEN = sa.text("SELECT set_config('statement_timeout', :milliseconds, true)")


def new_metadata() -> sa.MetaData:
    """Metadata whose constraints and indexes are named as PostgreSQL would name them."""
    return sa.MetaData(naming_convention=NAMES)


class Database:
    """The database of one service, as one process sees it.

    `application_name` names this process's sessions, so that a successor can end them once it has fallen silent.
    `time_left` says how long the call being answered still has, where there is one: no statement of it takes longer.
    """

    def __init__(
        self,
        url: str,
        *,
        application_name: str,
        pool_size: int = 5,
        statement_timeout: timedelta | None = None,
        time_left: Callable[[], timedelta | None] = lambda: None,
    ) -> None:
        self.url = url
        self.application_name = application_name
        self._time_left = time_left
        options = "-c timezone=UTC"
        if statement_timeout is not None:
            options += f" -c statement_timeout={int(statement_timeout.total_seconds() * 1000)}"
        self.engine = sa.create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            hide_parameters=True,
            connect_args={
                "application_name": application_name,
                "options": options,
                "connect_timeout": 5,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 30_000,
            },
        )
        self._closed = False
        sa.event.listen(self.engine, "checkout", still_there)
        sa.event.listen(self.engine, "checkin", self._end_after_close)
        telemetry.trace_engine(self.engine)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: committed on a clean exit, rolled back by an exception.

        A lost server, a lock or a statement that took too long raise `Unavailable`: the same may succeed later.
        A NUL in a text, which PostgreSQL cannot hold, raises `InvalidInput`.
        """
        try:
            with self.engine.begin() as connection:
                left = self._time_left()
                if left is not None:
                    milliseconds = max(int(left.total_seconds() * 1000), 1)
                    connection.execute(SHORTEN, {"milliseconds": str(milliseconds)})
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            if isinstance(error, sa.exc.DataError) and "NUL" in str(error.orig):
                raise InvalidInput(FieldProblem("text", "a text holds a NUL character; leave it out")) from error
            if not passes(error):
                raise
            raise Unavailable(f"the database cannot answer now ({reason_of(error)})") from error

    def close(self) -> None:
        """Ends every session of this process: those that are at work when they are given back."""
        self._closed = True
        self.engine.dispose()

    def _end_after_close(self, _session: object, record: sa.pool.ConnectionPoolEntry) -> None:
        if self._closed:
            record.close()  # the pool it goes back to is nobody's any more


def passes(error: sa.exc.DBAPIError | sa.exc.TimeoutError) -> bool:
    """True where the same may succeed later: a lost server, a lock, a timeout, no connection free."""
    if isinstance(error, sa.exc.DBAPIError):
        return error.connection_invalidated or isinstance(error, sa.exc.OperationalError)
    return True


def reason_of(error: BaseException) -> str:
    """The SQL state's name where the server gave one, else the kind of failure; never the server's text."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, psycopg.Error) and cause.sqlstate:
        return type(cause).__name__
    return "connection lost" if isinstance(cause, psycopg.OperationalError) else type(cause).__name__


def copy_rows(connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes rows by COPY inside the connection's transaction; answers how many."""
    count = 0
    statement = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(
        psycopg.sql.Identifier(*table.split(".")),
        psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns)),
    )
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - tells mypy which driver the engine has
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def still_there(session: psycopg.Connection[object], record: object, proxy: object) -> None:
    """Has the pool replace a session that the server has ended: its last word lies unread. A ping costs three trips.

    A host that vanished without a word is found by TCP's keepalives instead.
    """
    poll = select.poll()
    poll.register(session.pgconn.socket, select.POLLIN)
    if poll.poll(0):
        raise sa.exc.DisconnectionError


def among(column: sa.ColumnElement[T], values: Iterable[T]) -> sa.ColumnElement[bool]:
    """Whether the column is one of these; one parameter and one statement, however many there are."""
    return column == sa.any_(sa.literal(list(values), sa.ARRAY(column.type)))
