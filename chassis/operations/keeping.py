"""What keeps operations going when something breaks: heartbeats, leases, deadlines, late rings. SQL only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.claims import PARKING_DEATHS
from chassis.operations.holding import HELD_BACK, QUEUE
from chassis.operations.model import OperationError
from chassis.operations.rows import error_to_json, json_text

RELAY_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('backroom relay'), 0)")
REGISTER = sa.text("INSERT INTO worker (id, application_name, host, pid) VALUES (:id, :application_name, :host, :pid)")
BEAT = sa.text("UPDATE worker SET heartbeat_time = clock_timestamp() WHERE id = :id RETURNING 1")
LEAVE = sa.text("DELETE FROM worker WHERE id = :id")

WATCH = sa.text(
    f"""
    SELECT id, epoch, state = 'running' AND worker = :worker AS held, coalesce(expire_time < now(), false) AS expired,
           {HELD_BACK} AS held_back,
           EXISTS (SELECT FROM operation_cancel WHERE operation_cancel.operation = operation.id) AS cancel_asked
    FROM operation WHERE id = ANY(CAST(:ids AS uuid[]))
    """  # noqa: S608 - made of constants
)
HELD = sa.text("SELECT id, epoch FROM operation WHERE worker = :worker AND state = 'running'")

PROMOTE = sa.text(
    f"""
    UPDATE operation SET {QUEUE} FROM (
        SELECT id FROM operation
        WHERE state = 'queued' AND NOT ready AND hold_time IS NULL AND next_attempt_time <= now()
        ORDER BY next_attempt_time LIMIT 20000 FOR NO KEY UPDATE SKIP LOCKED
    ) AS due WHERE operation.id = due.id
    """  # noqa: S608 - made of constants
)
SILENT = sa.text(
    "SELECT id, application_name FROM worker WHERE heartbeat_time < now() - CAST(:lease AS interval)"
    " FOR UPDATE SKIP LOCKED"
)
END_SESSIONS = sa.text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = ANY(:names) AND usename = current_user AND pid <> pg_backend_pid()"
)
TAKE_OVER = sa.text(
    f"""
    UPDATE operation SET worker = NULL, deaths = deaths + 1, attempts = attempts - 1, epoch = epoch + 1,
           state = CASE WHEN deaths + 1 >= :parking_deaths THEN 'parked' ELSE 'queued' END,
           {QUEUE}, next_attempt_time = now(),
           error = CAST(:error AS jsonb),
           end_time = CASE WHEN deaths + 1 >= :parking_deaths THEN now() END
    WHERE id IN (
        SELECT id FROM operation AS held
        WHERE state = 'running' AND (worker = ANY(CAST(:workers AS uuid[])) OR NOT EXISTS (
            SELECT FROM worker WHERE worker.id = held.worker))
        FOR NO KEY UPDATE SKIP LOCKED  -- a row that is locked is taken next time: the relay waits for nobody
    )
    RETURNING id, kind, state
    """  # noqa: S608 - made of constants
)
FORGET_WORKERS = sa.text("DELETE FROM worker WHERE id = ANY(CAST(:workers AS uuid[]))")
EXPIRE = sa.text(
    """
    UPDATE operation SET state = 'failed', epoch = epoch + 1, worker = NULL, end_time = now(),
           error = CAST(:error AS jsonb)
    WHERE id IN (
        SELECT id FROM operation
        WHERE end_time IS NULL AND expire_time < now() - CAST(:grace AS interval) AND state IN ('queued', 'running')
          AND hold_time IS NULL  -- no deadline runs while the site holds it back
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id, kind
    """
)
WAITING = sa.text(
    """
    SELECT known.lane, count(*) AS operations,
           extract(epoch FROM now() - min(next_attempt_time))::float8 AS oldest_seconds
    FROM unnest(CAST(:lanes AS text[])) AS known(lane), LATERAL (
        SELECT next_attempt_time FROM operation
        WHERE state = 'queued' AND ready AND operation.lane = known.lane LIMIT 10000) AS waiting
    GROUP BY known.lane
    """
)
DIED = OperationError(
    reason="WORKER_DIED", message="the process that did it fell silent; after three such deaths it is parked"
)
EXPIRED = OperationError(reason="DEADLINE_PASSED", message="it took longer than it may, and did not stop when asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """An operation taken from a silent worker."""

    id: UUID
    kind: str
    state: str  #: queued again, or parked


def only_one_relay(connection: sa.Connection) -> bool:
    """True in one process at a time: the others' turn of the relay is superfluous."""
    return bool(connection.execute(RELAY_LOCK).scalar_one())


def take_over(connection: sa.Connection, lease: timedelta) -> list[Rescued]:
    """Ends the sessions of workers silent for longer than the lease, then queues or parks what they held.

    Their sessions go first: a process frozen inside a transaction would keep its row locks for ever.
    """
    silent = connection.execute(SILENT, {"lease": lease}).all()
    if silent:
        connection.execute(END_SESSIONS, {"names": [row.application_name for row in silent]})
    workers = [row.id for row in silent]
    rows = connection.execute(
        TAKE_OVER,
        {"workers": workers, "parking_deaths": PARKING_DEATHS, "error": json_text(error_to_json(DIED))},
    ).all()
    if silent:
        connection.execute(FORGET_WORKERS, {"workers": workers})
    return [Rescued(id=row.id, kind=row.kind, state=row.state) for row in rows]


def expire(connection: sa.Connection, grace: timedelta) -> list[UUID]:
    """Ends operations that ignored their deadline for longer than the grace; their workers lose the fence."""
    parameters = {"grace": grace, "error": json_text(error_to_json(EXPIRED))}
    return [row.id for row in connection.execute(EXPIRE, parameters)]


def strangers(connection: sa.Connection, worker: UUID, known: Iterable[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """What the rows say this worker holds and its process knows nothing of: an answer was lost on the way."""
    rows = connection.execute(HELD, {"worker": worker})
    return {(row.id, row.epoch) for row in rows} - set(known)
