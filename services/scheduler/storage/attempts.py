"""Attempts as they are kept."""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.database import among
from services.scheduler.domain.changes import AttemptChange, Crowd, NewAttempt
from services.scheduler.domain.runs import AT_HANDLER, ATTEMPT_ENDED, Attempt, Purpose, RunState
from services.scheduler.storage import forms
from services.scheduler.storage.tables import attempt, run

ADD = sa.text(
    """
    INSERT INTO attempt (id, run, number, purpose, handler, state, expire_time)
    SELECT new.id, new.run, 1 + (SELECT count(*) FROM attempt a WHERE a.run = new.run AND a.purpose = new.purpose),
        new.purpose, new.handler, 'starting',
        CASE WHEN new.purpose = 'work'
            THEN now() + CAST(run.terms ->> 'attempt_timeout' AS double precision) * interval '1 second' END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(id uuid, run bigint, purpose text, handler text)
        JOIN run ON run.number = new.run
    """
)
CHANGE = sa.text(
    """
    UPDATE attempt SET state = new.state, end_time = CASE WHEN new.ends THEN now() END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(id uuid, state text, ends boolean)
    WHERE attempt.id = new.id
    """
)
#: An attempt that its handler is asked about: not while its run is held. Asked so because few runs are; whether each of
#: them waits would be read of every run there ever was.
AT_WORK = sa.and_(
    attempt.c.state.in_(sorted(AT_HANDLER)),
    ~sa.exists().where(run.c.number == attempt.c.run, run.c.state == RunState.HELD),
)


class Attempts:
    """Attempts, inside one transaction. Whoever changes one holds its run."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[NewAttempt]) -> None:
        """Keeps attempts whose handlers have not been called yet."""
        rows = [
            {"id": str(each.id), "run": each.run, "purpose": each.purpose.value, "handler": each.handler}
            for each in new
        ]
        if rows:
            self._connection.execute(ADD, {"rows": json.dumps(rows)})

    def change(self, changes: Sequence[AttemptChange]) -> None:
        """Applies changes in one statement."""
        rows = [
            {"id": str(each.id), "state": each.state.value, "ends": each.state in ATTEMPT_ENDED} for each in changes
        ]
        if rows:
            self._connection.execute(CHANGE, {"rows": json.dumps(rows)})

    def get_many(self, ids: Iterable[UUID]) -> dict[UUID, Attempt]:
        """Those that exist."""
        query = sa.select(attempt).where(among(attempt.c.id, ids))
        return {row.id: forms.attempt_from_row(row) for row in self._connection.execute(query)}

    def open_of(self, run: int, purpose: Purpose) -> Attempt | None:
        """The run's attempt of this purpose that has not ended, if there is one; there is never more than one."""
        query = sa.select(attempt).where(
            attempt.c.run == run, attempt.c.purpose == purpose.value, attempt.c.end_time.is_(None)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else forms.attempt_from_row(row)

    def open_of_runs(self, runs: Iterable[int]) -> dict[int, Attempt]:
        """The attempts of runs that have not ended, at most one a run."""
        query = sa.select(attempt).where(among(attempt.c.run, runs), attempt.c.end_time.is_(None))
        return {row.run: forms.attempt_from_row(row) for row in self._connection.execute(query)}

    def of_runs(self, runs: Iterable[int], purpose: Purpose = Purpose.WORK) -> dict[int, list[Attempt]]:
        """The attempts of runs, oldest first."""
        query = (
            sa.select(attempt)
            .where(among(attempt.c.run, runs), attempt.c.purpose == purpose.value)
            .order_by(attempt.c.run, attempt.c.number)
        )
        found: dict[int, list[Attempt]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.run, []).append(forms.attempt_from_row(row))
        return found

    def at_handler(self, handler: str, limit: int) -> Sequence[UUID]:
        """The attempts that a handler is asked about, oldest first."""
        query = (
            sa.select(attempt.c.id)
            .where(attempt.c.handler == handler, AT_WORK)
            .order_by(attempt.c.create_time)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def crowds(self) -> dict[str, Crowd]:
        """Of each handler where somebody stands: how many, and since when the newest of them."""
        query = (
            sa.select(
                attempt.c.handler, sa.func.count().label("attempts"), sa.func.max(attempt.c.create_time).label("newest")
            )
            .where(AT_WORK)
            .group_by(attempt.c.handler)
        )
        return {row.handler: Crowd(attempts=row.attempts, newest=row.newest) for row in self._connection.execute(query)}
