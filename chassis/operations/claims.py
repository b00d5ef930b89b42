"""The engine's statements: claim, settle, give back. Whole batches at once.

Every statement that ends or moves a running operation names its epoch: whoever lost the lease moves nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.holding import HELD_BACK, QUEUE
from chassis.operations.model import JSON, Lane, OperationError, TaskContext
from chassis.operations.rows import context_from_json, error_to_json, json_text

SUSPECT_DEATHS = 2  #: after so many deaths an operation runs alone
PARKING_DEATHS = 3  #: after so many it is parked


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An operation this process holds, at one epoch."""

    id: UUID
    kind: str
    epoch: int
    attempts: int
    request: dict[str, Any]
    context: TaskContext | None
    caller: str
    traceparent: str
    checkpoint: JSON
    cancel_asked: bool
    held_back: bool  #: its site left normal mode while it was being claimed
    expired: bool  #: its deadline passed before it was begun


READY = "state = 'queued' AND ready AND lane = :lane AND kind = ANY(:kinds)"
CLAIMABLE = f"{READY} AND deaths < {SUSPECT_DEATHS}"
SUSPECT = f"{READY} AND deaths >= {SUSPECT_DEATHS}"
URGENT = "priority = (SELECT priority FROM urgent)"  # as a value: joined, min() and LIMIT would read every row
TAKE = f"""
    UPDATE operation SET state = 'running', epoch = epoch + 1, attempts = attempts + 1, worker = :worker,
           start_time = coalesce(start_time, now())
    FROM picked WHERE operation.id = picked.id
    RETURNING operation.id, kind, epoch, attempts, request, context, caller, traceparent, checkpoint, operation.site,
        EXISTS (SELECT FROM operation_cancel WHERE operation_cancel.operation = operation.id) AS cancel_asked,
        {HELD_BACK} AS held_back,
        coalesce(operation.expire_time < now(), false) AS expired,
        (SELECT count(site) FROM turn) AS sites
"""  # noqa: S608 - made of constants
CLAIM = sa.text(
    f"""
    WITH RECURSIVE
    urgent AS (
        SELECT priority, site FROM operation WHERE {CLAIMABLE}
        ORDER BY priority, site, next_attempt_time LIMIT 1 FOR UPDATE SKIP LOCKED
    ),
    turn AS (
        (SELECT site, 1 AS place FROM operation
         WHERE {CLAIMABLE} AND {URGENT} AND site > :after AND site >= (SELECT site FROM urgent) ORDER BY site LIMIT 1)
        UNION ALL
        SELECT (SELECT operation.site FROM operation
                WHERE {CLAIMABLE} AND {URGENT} AND operation.site > turn.site
                ORDER BY operation.site LIMIT 1), place + 1
        FROM turn WHERE turn.site IS NOT NULL AND place < :batch
    ),
    picked AS (
        SELECT mine.id FROM turn, LATERAL (
            SELECT operation.id FROM operation
            WHERE {CLAIMABLE} AND {URGENT} AND operation.site = turn.site
            ORDER BY next_attempt_time
            LIMIT ceil(CAST(:batch AS numeric) / (SELECT greatest(count(site), 1) FROM turn))
            FOR UPDATE SKIP LOCKED
        ) AS mine
        LIMIT :batch
    )
    {TAKE}
    """  # noqa: S608 - made of constants above
)
CLAIM_SUSPECT = sa.text(
    f"""
    WITH turn AS (SELECT CAST(NULL AS text) AS site),
    picked AS (
        SELECT id FROM operation WHERE {SUSPECT}
        ORDER BY priority, next_attempt_time LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    {TAKE}
    """  # noqa: S608 - made of constants above
)
ANY_SUSPECT = sa.text(f"SELECT EXISTS (SELECT FROM operation WHERE {SUSPECT})")  # noqa: S608 - a constant
RUNNING_OF_KINDS = sa.text(
    "SELECT kind, count(*) AS running FROM operation WHERE state = 'running' AND kind = ANY(:kinds) GROUP BY kind"
)
CLAIM_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('backroom claim'), hashtext(:lane))")

SETTLE = """
    UPDATE operation SET state = done.state, outcome = done.outcome, error = done.error, worker = NULL,
           end_time = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS done(id uuid, epoch integer, state text, outcome jsonb, error jsonb)
    WHERE operation.id = done.id AND operation.epoch = done.epoch AND operation.state = 'running'
    RETURNING operation.id
"""
SETTLE_MANY = sa.text(SETTLE)
RETRY = sa.text(
    f"""
    UPDATE operation SET ready = false, hold_time = CASE WHEN {HELD_BACK} THEN now() END,
           worker = NULL, attempts = attempts - :uncounted,
           error = coalesce(CAST(:error AS jsonb), error), next_attempt_time = now() + CAST(:after AS interval),
           state = CASE WHEN asked THEN 'cancelled' ELSE 'queued' END,
           end_time = CASE WHEN asked THEN now() END
    FROM (SELECT EXISTS (SELECT FROM operation_cancel WHERE operation = :id) AS asked) AS cancel
    WHERE id = :id AND epoch = :epoch AND state = 'running'
    """  # noqa: S608 - made of constants
)
RELEASE = sa.text(
    f"""
    UPDATE operation SET state = 'queued', {QUEUE}, worker = NULL, attempts = attempts - 1
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS held(id uuid, epoch integer)
    WHERE operation.id = held.id AND operation.epoch = held.epoch AND operation.state = 'running'
    """  # noqa: S608 - made of constants
)
CONFIRM = sa.text(  # a transaction after the one that ended it is still this try's
    "SELECT FROM operation WHERE id = :id AND epoch = :epoch AND state IN ('running', 'succeeded') FOR NO KEY UPDATE"
)
CHECKPOINT = sa.text(
    "UPDATE operation SET checkpoint = CAST(:checkpoint AS jsonb)"
    " WHERE id = :id AND epoch = :epoch AND state = 'running'"
)
PROGRESS = sa.text(
    """
    INSERT INTO operation_progress (operation, done, total, text) VALUES (:id, :done, :total, :text)
    ON CONFLICT (operation) DO UPDATE
    SET done = excluded.done, total = excluded.total, text = excluded.text, update_time = now()
    """
)


@dataclass(slots=True)
class Turn:
    """Where a lane's round over the sites stands, as one process sees it."""

    kinds: Mapping[str, int | None]  #: of the lane, with how many may run at once over all workers
    after: str = ""  #: the site that was served last; empty begins the round


def claim(connection: sa.Connection, lane: Lane, turn: Turn, worker: UUID) -> list[Claimed]:
    """Takes up to a batch of operations, site by site in turn, within the limits of their kinds."""
    kinds = within_limits(connection, lane, turn)
    if not kinds:
        return []
    parameters = {"lane": lane.name, "kinds": kinds, "worker": worker, "batch": lane.batch}
    rows = connection.execute(CLAIM, parameters | {"after": turn.after}).all()
    if not rows and turn.after:
        rows = connection.execute(CLAIM, parameters | {"after": ""}).all()
    turn.after = max(row.site for row in rows) if rows and rows[0].sites == lane.batch else ""
    return claimed(rows)


def claim_suspect(connection: sa.Connection, lane: Lane, turn: Turn, worker: UUID) -> list[Claimed]:
    """Takes one operation that must run alone, if there is one."""
    kinds = within_limits(connection, lane, turn)
    return claimed(connection.execute(CLAIM_SUSPECT, {"lane": lane.name, "kinds": kinds, "worker": worker}).all())


def any_suspect(connection: sa.Connection, lane: Lane, turn: Turn) -> bool:
    """True where an operation waits that must run alone."""
    return bool(connection.execute(ANY_SUSPECT, {"lane": lane.name, "kinds": list(turn.kinds)}).scalar_one())


def within_limits(connection: sa.Connection, lane: Lane, turn: Turn) -> list[str]:
    """The kinds that may start one more. Where one is limited, claims of its lane go one at a time."""
    limits = {kind: limit for kind, limit in turn.kinds.items() if limit is not None}
    if not limits:
        return list(turn.kinds)
    connection.execute(CLAIM_LOCK, {"lane": lane.name})
    running = {row.kind: row.running for row in connection.execute(RUNNING_OF_KINDS, {"kinds": list(limits)})}
    return [kind for kind in turn.kinds if kind not in limits or running.get(kind, 0) < limits[kind]]


def claimed(rows: Sequence[sa.Row[Any]]) -> list[Claimed]:
    return [
        Claimed(
            id=row.id,
            kind=row.kind,
            epoch=row.epoch,
            attempts=row.attempts,
            request=row.request,
            context=context_from_json(row.context),
            caller=row.caller,
            traceparent=row.traceparent,
            checkpoint=row.checkpoint,
            cancel_asked=row.cancel_asked,
            held_back=row.held_back,
            expired=row.expired,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a claimed operation ended."""

    id: UUID
    epoch: int
    state: str
    outcome: Mapping[str, Any] | None = None  #: as JSON
    error: OperationError | None = None


def settle(connection: sa.Connection, settlements: Sequence[Settlement]) -> set[UUID]:
    """Ends operations; answers those that were still ours to end."""
    rows = [
        {
            "id": str(end.id),
            "epoch": end.epoch,
            "state": end.state,
            "outcome": end.outcome,
            "error": error_to_json(end.error),
        }
        for end in settlements
    ]
    return set(connection.execute(SETTLE_MANY, {"rows": json_text(rows)}).scalars())


def retry(connection: sa.Connection, held: Claimed, backoff: timedelta, error: OperationError) -> None:
    """Queues an operation again, after a while."""
    why = json_text(error_to_json(error))
    connection.execute(RETRY, {"id": held.id, "epoch": held.epoch, "after": backoff, "uncounted": 0, "error": why})


def come_back(connection: sa.Connection, held: Claimed, after: timedelta) -> None:
    """Queues an operation again, after a while, as if this try had never been."""
    connection.execute(RETRY, {"id": held.id, "epoch": held.epoch, "after": after, "uncounted": 1, "error": None})


def release(connection: sa.Connection, held: Iterable[tuple[UUID, int]]) -> None:
    """Gives operations, by (id, epoch), back as if they had never been claimed."""
    rows = [{"id": str(identifier), "epoch": epoch} for identifier, epoch in held]
    connection.execute(RELEASE, {"rows": json_text(rows)})
