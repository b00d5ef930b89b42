"""When tasks fire next, and the alarm that wakes planners when that moves earlier."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.scheduler.domain.planning import Plan
from services.scheduler.storage import forms

CHANNEL = "scheduler_earlier"

CLAIM = sa.text(
    """
    SELECT task FROM task_schedule WHERE fire_time <= now()
    ORDER BY fire_time LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
SET = sa.text(
    """
    WITH new AS (
        SELECT task, next_time, fire_time FROM jsonb_to_recordset(CAST(:rows AS jsonb))
            AS given(task bigint, next_time timestamptz, fire_time timestamptz)
    ),
    before AS (SELECT task, fire_time FROM task_schedule WHERE task IN (SELECT task FROM new)),
    changed AS (
        UPDATE task_schedule SET next_time = new.next_time, fire_time = new.fire_time
        FROM new WHERE task_schedule.task = new.task RETURNING new.task, new.fire_time
    )
    SELECT pg_notify(:channel, '') WHERE EXISTS (
        SELECT FROM before JOIN changed USING (task) WHERE changed.fire_time IS NOT NULL
            AND (before.fire_time IS NULL OR changed.fire_time < before.fire_time)
    )
    """
)
ADVANCE = sa.text(
    """
    UPDATE task_schedule SET next_time = new.next_time, fire_time = new.fire_time,
        skip = CASE WHEN NOT new.fired THEN skip END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS new(task bigint, next_time timestamptz, fire_time timestamptz, fired boolean)
    WHERE task_schedule.task = new.task
    """
)
WAKE = sa.text("SELECT pg_notify(:channel, '')")
STOP = sa.text("UPDATE task_schedule SET fire_time = NULL WHERE task = ANY(:tasks)")
UNTIL_NEXT = sa.text("SELECT min(fire_time) - clock_timestamp() FROM task_schedule WHERE fire_time IS NOT NULL")
#: By the clock at the beginning of the statement: one that moves meanwhile would have every schedule looked at.
OVERDUE = sa.text(
    "SELECT count(*) AS tasks, coalesce(statement_timestamp() - min(fire_time), interval '0') AS oldest"
    " FROM task_schedule WHERE fire_time <= statement_timestamp()"
)


class Schedule:
    """Next instants, inside one transaction. The database's clock decides what is due."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def claim_due(self, limit: int) -> Sequence[int]:
        """Tasks that are due and that no other planner holds; they are held until this transaction ends."""
        return [int(number) for number in self._connection.execute(CLAIM, {"limit": limit}).scalars()]

    def set(self, task: int, next_time: datetime | None, fire_time: datetime | None) -> None:
        """Says when a task fires next; planners are woken, on commit, only where that moves earlier."""
        self.set_many({task: (next_time, fire_time)})

    def set_many(self, times: Mapping[int, tuple[datetime | None, datetime | None]]) -> None:
        """The same of many tasks, in one statement: each one's next instant, and when it is due."""
        if times:
            rows = [
                {"task": task, "next_time": _text(next_time), "fire_time": _text(fire_time)}
                for task, (next_time, fire_time) in times.items()
            ]
            self._connection.execute(SET, {"rows": json.dumps(rows), "channel": CHANNEL})

    def advance(self, plans: Sequence[Plan]) -> None:
        """Moves schedules on to a later time or to none, in one statement; nobody needs to be woken for that."""
        rows = [
            {
                "task": plan.task,
                "next_time": _text(plan.next_time),
                "fire_time": _text(plan.fire_time),
                "fired": bool(plan.fires or plan.hold),
            }
            for plan in plans
        ]
        self._connection.execute(ADVANCE, {"rows": json.dumps(rows)})

    def wake(self) -> None:
        """Wakes planners on commit: something may have moved earlier."""
        self._connection.execute(WAKE, {"channel": CHANNEL})

    def stop(self, tasks: Sequence[int]) -> None:
        """Lets tasks fire no more. What they miss from now on is known by their next instant."""
        self._connection.execute(STOP, {"tasks": list(tasks)})

    def until_next(self) -> timedelta | None:
        """How long until the next instant of any task; negative where it has come, None where there is none."""
        left: timedelta | None = self._connection.execute(UNTIL_NEXT).scalar_one()
        return left

    def overdue(self) -> tuple[int, timedelta]:
        """How many tasks are due, and for how long the first of them has been."""
        row = self._connection.execute(OVERDUE).one()
        return int(row.tasks), row.oldest


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else forms.instant_text(instant)
