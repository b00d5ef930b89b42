"""Attempts whose end was asked for or is due, as they are kept. The database's clock decides."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.database import among
from services.scheduler.storage.tables import attempt

#: While a run is held no deadline runs: it moves by as long as the run was held.
STOP_CLOCKS = sa.text(
    """
    UPDATE attempt SET hold_time = now() WHERE id IN (
        SELECT attempt.id FROM run JOIN attempt ON attempt.run = run.number
        WHERE run.state = 'held' AND attempt.end_time IS NULL AND expire_time IS NOT NULL AND hold_time IS NULL
        FOR NO KEY UPDATE OF attempt SKIP LOCKED)
    """
)
START_CLOCKS = sa.text(
    """
    UPDATE attempt SET expire_time = expire_time + (now() - hold_time), hold_time = NULL WHERE id IN (
        SELECT attempt.id FROM attempt
        WHERE hold_time IS NOT NULL AND NOT EXISTS (
            SELECT FROM run WHERE run.number = attempt.run AND run.state = 'held')  -- few are: no look at every run
        FOR NO KEY UPDATE OF attempt SKIP LOCKED)
    """
)
AT_WORK = "attempt.end_time IS NULL AND hold_time IS NULL AND run.state IN ('running', 'waiting')"
EXPIRED = sa.text(
    f"""
    SELECT attempt.run FROM attempt JOIN run ON run.number = attempt.run
    WHERE expire_time <= now() AND cancel_time IS NULL AND {AT_WORK}
    ORDER BY expire_time LIMIT :limit
    """  # noqa: S608 - put together from constants
)
OUT_OF_TIME = sa.text(
    f"""
    SELECT attempt.run FROM attempt JOIN run ON run.number = attempt.run
    WHERE expire_time <= now() AND cancel_time <= now() - CAST(:grace AS interval) AND {AT_WORK}
    ORDER BY expire_time LIMIT :limit
    """  # noqa: S608 - put together from constants
)
#: Runs to be cancelled whose handler never said that it has the attempt, or is not known any more.
IN_VAIN = sa.text(
    f"""
    SELECT attempt.run FROM attempt JOIN run ON run.number = attempt.run
    WHERE cancel_time <= now() - CAST(:grace AS interval) AND run.cancelled_by <> '' AND {AT_WORK}
        AND (attempt.state = 'starting' OR attempt.handler = ANY(:unknown))
    ORDER BY cancel_time LIMIT :limit
    """  # noqa: S608 - put together from constants
)
LOSE = sa.text(
    """
    UPDATE attempt SET lost = true WHERE id IN (
        SELECT id FROM attempt WHERE handler = ANY(:unknown) AND state IN ('queued', 'running') AND NOT lost
        LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING run, handler
    """
)


class Deadlines:
    """Attempts by when they must end, inside one transaction. Whoever ends one holds its run."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def pass_over_holds(self) -> None:
        """Lets no deadline run while a run is held."""
        self._connection.execute(STOP_CLOCKS)
        self._connection.execute(START_CLOCKS)

    def expired(self, limit: int) -> Sequence[int]:
        """Runs whose attempt must have ended by now, and was not asked to end."""
        return list(self._connection.execute(EXPIRED, {"limit": limit}).scalars())

    def out_of_time(self, grace: timedelta, limit: int) -> Sequence[int]:
        """Runs whose attempt must have ended, and was asked to end longer than the grace ago."""
        return list(self._connection.execute(OUT_OF_TIME, {"grace": grace, "limit": limit}).scalars())

    def cancelled_in_vain(self, grace: timedelta, unknown: Sequence[str], limit: int) -> Sequence[int]:
        """Runs that somebody wanted to end longer than the grace ago, and of which no handler will say how they did."""
        values = {"grace": grace, "unknown": list(unknown), "limit": limit}
        return list(self._connection.execute(IN_VAIN, values).scalars())

    def note_asked(self, attempts: Iterable[UUID]) -> None:
        """Keeps since when their end is asked for."""
        query = sa.update(attempt).where(among(attempt.c.id, attempts), attempt.c.cancel_time.is_(None))
        self._connection.execute(query.values(cancel_time=sa.func.now()))

    def lose(self, unknown: Sequence[str], limit: int) -> Sequence[tuple[int, str]]:
        """Attempts that stand at handlers nobody knows, once each: (run, handler)."""
        rows = self._connection.execute(LOSE, {"unknown": list(unknown), "limit": limit})
        return [(row.run, row.handler) for row in rows]
