"""One fetch of a destination at a time: two would take files away under each other's hands."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import psycopg
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import Unavailable
from services.delivery.domain.destinations import destination_name

#: And a limit that somebody has set for forgotten sessions is not for one that waits for a big file.
PATIENCE = "SELECT set_config('lock_timeout', %s, false), set_config('idle_session_timeout', '0', false)"
TAKE = "SELECT pg_advisory_lock(hashtextextended('delivery fetch ' || %s, 0))"
STILL_OURS = "SELECT"


class FetchGuard:
    """A lock of the database's session, on a session of its own: it dies with its holder, whatever becomes of it."""

    def __init__(self, database: Database, patience: timedelta) -> None:
        self._database = database
        self._patience = patience  #: how long a fetch waits for the end of another

    @contextmanager
    def __call__(self, destination: str) -> Iterator[Callable[[], None]]:
        """Holds the destination; gives a check that raises `Unavailable` once it was lost. Raises it where taken."""
        with self._session() as session:
            with _session_errors(f"{destination_name(destination)} is being fetched from by another call"):
                session.execute(PATIENCE, (str(int(self._patience / timedelta(milliseconds=1))),))
                session.execute(TAKE, (destination,))
            yield lambda: _check(session)

    @contextmanager
    def _session(self) -> Iterator[psycopg.Connection[object]]:
        """One that the pool has made, and has no more: a fetch may take long. No transaction stays open on it."""
        with _session_errors("the database cannot answer now"):
            taken = self._database.engine.raw_connection()
            session = taken.driver_connection
            assert isinstance(session, psycopg.Connection)  # noqa: S101 - tells mypy which driver the engine has
            taken.detach()
        with closing(session):
            session.autocommit = True
            yield session


def _check(session: psycopg.Connection[object]) -> None:
    with _session_errors("the database has ended this fetch's session"):
        session.execute(STILL_OURS)


@contextmanager
def _session_errors(what: str) -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise Unavailable(f"{what}; try again in a moment", timedelta(seconds=1)) from error
