"""What is still to be sent, and whether an operation is there to send it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from chassis.operations import OperatingMode
from chassis.operations.holding import held_back
from services.delivery.domain.kinds import RETRY_LEFTOVERS, SEND_SPOOL

LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('delivery retry ' || :task, 0))")
# One that runs may have looked at what remains already: only one that waits will see what fails now.
SCHEDULED = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM operation
        WHERE kind = :kind AND state = 'queued' AND mode = :mode AND request ->> 'task' = CAST(:task AS text)
          AND next_attempt_time <= coalesce(CAST(:by AS timestamptz), 'infinity')
    )
    """
)
# What its site holds back is nobody's to send until the site is normal again: an operation of mode normal waits, too.
LEFT = sa.text(
    f"""
    SELECT destination, mode = 'training' AS training, min(coalesce(next_attempt_time, now())) AS next_attempt_time
    FROM spool_file
    WHERE task = :task AND state IN ('SEALED', 'SENDING', 'RENAMING') AND NOT unspooled
      AND NOT {held_back("spool_file")}
    GROUP BY destination, training
    ORDER BY destination, training
    """  # noqa: S608 - made of constants
)
HELD_SITE = sa.text(
    f"""
    SELECT min(site) FROM spool_file
    WHERE task = :task AND state IN ('SEALED', 'SENDING', 'RENAMING') AND NOT unspooled AND {held_back("spool_file")}
    """  # noqa: S608 - made of constants
)
FORGOTTEN = sa.text(
    """
    WITH cared_for AS MATERIALIZED (
        SELECT CAST(request ->> 'task' AS bigint) AS task FROM operation WHERE kind = ANY(:kinds) AND state = 'queued'
        UNION
        SELECT CAST(request ->> 'task' AS bigint) FROM operation WHERE kind = ANY(:kinds) AND state = 'running'
    )
    SELECT task, min(site) AS site FROM spool_file
    WHERE state IN ('SEALED', 'SENDING', 'RENAMING') AND NOT unspooled AND task NOT IN (SELECT task FROM cared_for)
    GROUP BY task
    ORDER BY task
    """
)


@dataclass(frozen=True, slots=True)
class Left:
    """Files of a task that a destination has still to receive."""

    destination: str
    training: bool  #: that is, its sandbox
    next_attempt_time: datetime  #: of the first of them


class Retries:
    """Leftovers of tasks, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def is_scheduled(self, task: int, mode: OperatingMode, by: datetime | None = None) -> bool:
        """Whether an operation of the mode waits to send leftovers, at `by` at the latest; nobody adds one until the
        commit.
        """
        self._connection.execute(LOCK, {"task": str(task)})
        values = {"kind": RETRY_LEFTOVERS, "mode": mode.value, "by": by, "task": str(task)}
        scheduled: bool = self._connection.execute(SCHEDULED, values).scalar_one()
        return scheduled

    def left(self, task: int) -> list[Left]:
        """What the task has still to send and may, by destination."""
        return [
            Left(row.destination, row.training, row.next_attempt_time)
            for row in self._connection.execute(LEFT, {"task": task})
        ]

    def held_site(self, task: int) -> str | None:
        """A site whose mode holds back what the task has still to send."""
        held: str | None = self._connection.execute(HELD_SITE, {"task": task}).scalar_one()
        return held

    def forgotten(self) -> list[tuple[int, str]]:
        """Tasks with their sites that have files to send and no operation that would: it was cancelled or parked."""
        rows = self._connection.execute(FORGOTTEN, {"kinds": [SEND_SPOOL, RETRY_LEFTOVERS]})
        return [(row.task, row.site) for row in rows]
