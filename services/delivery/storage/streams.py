"""Who is sending a file past the spool just now.

Each sending has a database session of its own that holds the file for as long as it lasts, shared with other tries.
So there is no clock to agree on: however the process ends, its session ends with it, and then nobody holds the file.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import sqlalchemy as sa

from chassis.database import Database, passes, reason_of
from chassis.errors import Unavailable

#: Of a row of spool_file.
HOLD_KEY = "hashtextextended('delivery stream ' || attempt || '/' || ordinal, 0)"
HOLD = sa.text(
    f"""
    SELECT pg_advisory_lock_shared({HOLD_KEY}), set_config('idle_session_timeout', '0', false)
    FROM (SELECT CAST(:attempt AS uuid), CAST(:ordinal AS integer)) AS file(attempt, ordinal)
    """  # noqa: S608 - made of constants
)


class Streams:
    """Files under way past the spool."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, attempt: UUID, ordinal: int) -> Iterator[None]:
        """Holds a file. Take it before any row says that the file is being sent. Raises `Unavailable`."""
        with ExitStack() as session:
            try:
                connection = session.enter_context(
                    self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                )
                connection.detach()  # it lasts for hours: the pool gets another
                connection.execute(HOLD, {"attempt": attempt, "ordinal": ordinal})
            except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
                if not passes(error):
                    raise
                raise Unavailable(f"the database cannot answer now ({reason_of(error)})") from error
            yield
