"""When tasks fire next, and the alarm that wakes planners when that moves earlier."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

CHANNEL = "scheduler_earlier"

CLAIM = sa.text(
    """
    SELECT task FROM task_schedule WHERE next_time <= now()
    ORDER BY next_time LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
SET = sa.text(
    """
    WITH before AS (SELECT next_time FROM task_schedule WHERE task = :task),
    changed AS (UPDATE task_schedule SET next_time = CAST(:next AS timestamptz) WHERE task = :task RETURNING next_time)
    SELECT pg_notify(:channel, '') FROM before, changed
    WHERE changed.next_time IS NOT NULL AND (before.next_time IS NULL OR changed.next_time < before.next_time)
    """
)
ADVANCE = sa.text(
    """
    UPDATE task_schedule SET next_time = new.next_time
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(task bigint, next_time timestamptz)
    WHERE task_schedule.task = new.task
    """
)
UNTIL_NEXT = sa.text("SELECT min(next_time) - clock_timestamp() FROM task_schedule WHERE next_time IS NOT NULL")
OVERDUE = sa.text(
    "SELECT count(*) AS tasks, coalesce(clock_timestamp() - min(next_time), interval '0') AS oldest"
    " FROM task_schedule WHERE next_time <= clock_timestamp()"
)


class Schedule:
    """Next instants, inside one transaction. The database's clock decides what is due."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def claim_due(self, limit: int) -> Sequence[int]:
        """Tasks that are due and that no other planner holds; they are held until this transaction ends."""
        return [int(number) for number in self._connection.execute(CLAIM, {"limit": limit}).scalars()]

    def set(self, task: int, next_time: datetime | None) -> None:
        """Says when a task fires next; planners are woken, on commit, only where that moves earlier."""
        self._connection.execute(SET, {"task": task, "next": next_time, "channel": CHANNEL})

    def advance(self, next_times: Mapping[int, datetime | None]) -> None:
        """Moves schedules on to a later time or to none, in one statement; nobody needs to be woken for that."""
        rows = [{"task": task, "next_time": None if at is None else at.isoformat()} for task, at in next_times.items()]
        self._connection.execute(ADVANCE, {"rows": json.dumps(rows)})

    def until_next(self) -> timedelta | None:
        """How long until the next instant of any task; negative where it has come, None where there is none."""
        left: timedelta | None = self._connection.execute(UNTIL_NEXT).scalar_one()
        return left

    def overdue(self) -> tuple[int, timedelta]:
        """How many tasks are due, and for how long the first of them has been."""
        row = self._connection.execute(OVERDUE).one()
        return int(row.tasks), row.oldest
