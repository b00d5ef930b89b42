"""Runs that people ask for beside those that instants bring: ended ones once more, and instants that brought none."""

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.scheduler.domain.changes import MadeRun, NewRun
from services.scheduler.domain.runs import RETRIABLE
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.storage.making import COLUMNS, NEW
from services.scheduler.storage.tables import run

#: What the earlier end left goes; a run that has not begun again stands behind whoever has begun in its pool. A skipped
#: instant has a run of its own from now on, and what it stands for is kept.
AGAIN = sa.text(
    """
    UPDATE run SET state = 'pending', reason = '', hold_expire_time = NULL, cancelled_by = '', operation = NULL,
        start_time = NULL, end_time = NULL, report = '', failure = NULL, files = NULL, progress = NULL,
        mode = :mode, started_by = :by, manual = true,
        occurrence = occurrence OR (state = 'skipped' AND NOT manual),
        terms = CASE WHEN NOT :anew THEN terms END
    WHERE number = :number AND state = ANY(:states)
    """
)
BACKFILL = sa.text(
    f"""
    INSERT INTO run ({COLUMNS})
    SELECT t.number, t.title, t.task_type, t.handler, t.site, :mode, :pool, 'pending', new.nominal_time,
        new.nominal_time, 1, true, '', NULL, true, new.started_by, NULL, new.traceparent, NULL
    FROM {NEW} JOIN task t ON t.number = new.task
    ORDER BY new.nominal_time
    ON CONFLICT (task, nominal_time) WHERE occurrence DO NOTHING
    RETURNING number, task, nominal_time, operation
    """  # noqa: S608 - put together from constants
)


class Reruns:
    """Inside one transaction, by whoever holds the task's schedule."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def again(self, number: int, *, by: str, mode: OperatingMode, anew: bool) -> None:
        """Has a run wait for its next attempt; `anew`: what it starts with is frozen when it starts."""
        states = sorted(state.value for state in RETRIABLE)
        values = {"number": number, "by": by, "mode": mode.value, "anew": anew, "states": states}
        if self._connection.execute(AGAIN, values).rowcount != 1:
            raise AssertionError(f"run {number} was in a state that does not allow another attempt")

    def brought(self, task: int, first: datetime, last: datetime) -> dict[datetime, int]:
        """The instants of a range, bounds included, that have a run of their own, and its number."""
        query = sa.select(run.c.nominal_time, run.c.number).where(
            run.c.task == task, run.c.occurrence, run.c.nominal_time.between(first, last)
        )
        return {row.nominal_time: row.number for row in self._connection.execute(query)}

    def outside(self, task: int, pool: str) -> int | None:
        """A run of the task that has not ended and does not wait in this pool, if there is one."""
        query = sa.select(sa.func.min(run.c.number)).where(
            run.c.task == task, run.c.end_time.is_(None), run.c.pool != pool
        )
        number: int | None = self._connection.execute(query).scalar_one()
        return number

    def backfill(self, new: Sequence[NewRun], *, mode: OperatingMode, pool: str) -> Sequence[MadeRun]:
        """Makes runs without steps, ascending, of instants that have none of their own."""
        rows = [
            {
                "task": each.task,
                "nominal_time": each.nominal_time.isoformat(),
                "traceparent": each.traceparent,
                "started_by": each.started_by,
            }
            for each in new
        ]
        made = self._connection.execute(BACKFILL, {"rows": json.dumps(rows), "mode": mode.value, "pool": pool})
        runs = [
            MadeRun(number=row.number, task=row.task, nominal_time=row.nominal_time, operation=None) for row in made
        ]
        return sorted(runs, key=lambda each: each.nominal_time)
