"""The end of a database's sessions."""

from collections.abc import Callable

import psycopg
import sqlalchemy as sa

from chassis.database import Database


def session_of(connection: sa.Connection) -> psycopg.Connection[object]:
    session = connection.connection.driver_connection
    assert isinstance(session, psycopg.Connection)
    return session


def test_closing_ends_the_sessions_that_lie_in_the_pool(make_database: Callable[[str | None], Database]) -> None:
    database = make_database(None)
    with database.begin() as connection:
        session = session_of(connection)
    assert not session.closed
    database.close()
    assert session.closed


def test_a_session_at_work_while_all_are_closed_finishes_and_ends_then(
    make_database: Callable[[str | None], Database],
) -> None:
    database = make_database(None)
    with database.begin() as connection:
        session = session_of(connection)
        database.close()
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    assert session.closed
