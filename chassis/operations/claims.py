"""The engine's statements: claim, settle, release, take over. One round trip each, whole batches at once.

Every statement that ends or moves a running operation names its epoch: whoever lost the lease moves nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.model import JSON, Lane, OperationError, Outcome, TaskContext
from chassis.operations.rows import context_from_json, outcome_to_json

SITES_A_TURN = 16  #: a claim looks at no more sites than this; the next one goes on behind them
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
    expired: bool  #: its deadline passed before it was begun


CLAIMABLE = "state = 'queued' AND ready AND lane = :lane AND kind = ANY(:kinds) AND deaths < :suspect_deaths"
TAKE = """
    UPDATE operation SET state = 'running', epoch = epoch + 1, attempts = attempts + 1, worker = :worker,
           start_time = coalesce(start_time, now())
    FROM picked WHERE operation.id = picked.id
    RETURNING operation.id, kind, epoch, attempts, request, context, caller, traceparent, checkpoint, operation.site,
        EXISTS (SELECT FROM operation_cancel WHERE operation_cancel.operation = operation.id) AS cancel_asked,
        coalesce(operation.expire_time < now(), false) AS expired,
        (SELECT count(site) FROM turn) AS sites
"""
CLAIM = sa.text(
    f"""
    WITH RECURSIVE
    urgent AS (SELECT priority FROM operation WHERE {CLAIMABLE} ORDER BY priority LIMIT 1),
    turn AS (
        (SELECT min(site) AS site, 1 AS place FROM operation, urgent
         WHERE {CLAIMABLE} AND operation.priority = urgent.priority AND site > :after)
        UNION ALL
        SELECT (SELECT min(operation.site) FROM operation, urgent
                WHERE {CLAIMABLE} AND operation.priority = urgent.priority AND operation.site > turn.site), place + 1
        FROM turn WHERE turn.site IS NOT NULL AND place < :sites
    ),
    picked AS (
        SELECT mine.id FROM turn, urgent, LATERAL (
            SELECT operation.id FROM operation
            WHERE {CLAIMABLE} AND operation.priority = urgent.priority AND operation.site = turn.site
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
        SELECT id FROM operation
        WHERE state = 'queued' AND ready AND lane = :lane AND kind = ANY(:kinds) AND deaths >= :suspect_deaths
        ORDER BY priority, next_attempt_time LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    {TAKE}
    """  # noqa: S608 - made of constants above
)
RUNNING_OF_KINDS = sa.text(
    "SELECT kind, count(*) AS running FROM operation WHERE state = 'running' AND kind = ANY(:kinds) GROUP BY kind"
)
CLAIM_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('backroom claim'), hashtext(:lane))")

SETTLE = """
    UPDATE operation SET state = done.state, outcome = done.outcome, error = done.error, worker = NULL, end_time = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS done(id uuid, epoch integer, state text, outcome jsonb, error jsonb)
    WHERE operation.id = done.id AND operation.epoch = done.epoch AND operation.state = 'running'
    RETURNING operation.id
"""
SETTLE_MANY = sa.text(SETTLE)
RETRY = sa.text(
    """
    UPDATE operation SET state = 'queued', ready = false, worker = NULL, error = CAST(:error AS jsonb),
           next_attempt_time = now() + CAST(:backoff AS interval)
    WHERE id = :id AND epoch = :epoch AND state = 'running'
    """
)
RELEASE = sa.text(
    """
    UPDATE operation SET state = 'queued', worker = NULL, attempts = attempts - 1
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS held(id uuid, epoch integer)
    WHERE operation.id = held.id AND operation.epoch = held.epoch AND operation.state = 'running'
    """
)
CONFIRM = sa.text("SELECT FROM operation WHERE id = :id AND epoch = :epoch AND state = 'running' FOR NO KEY UPDATE")
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
    """Where a lane's round over the sites stands, as one worker thread sees it."""

    after: str = ""
    limited: dict[str, int] = field(default_factory=dict)  #: kind → how many may run at once


def claim(
    connection: sa.Connection,
    *,
    lane: Lane,
    kinds: Sequence[str],
    worker: UUID,
    turn: Turn,
    suspects: bool = False,
) -> list[Claimed]:
    """Takes up to a batch of operations, site by site in turn, within the limits of their kinds."""
    open_kinds = within_limits(connection, lane, kinds, turn)
    parameters = {
        "lane": lane.name,
        "kinds": open_kinds,
        "worker": worker,
        "suspect_deaths": SUSPECT_DEATHS,
    }
    if suspects:
        return claimed(connection.execute(CLAIM_SUSPECT, parameters).all())
    parameters |= {"after": turn.after, "sites": SITES_A_TURN, "batch": lane.batch}
    rows = connection.execute(CLAIM, parameters).all()
    if not rows and turn.after:
        turn.after = ""
        rows = connection.execute(CLAIM, parameters | {"after": ""}).all()
    turn.after = max(row.site for row in rows) if rows and (lane.batch == 1 or rows[0].sites == SITES_A_TURN) else ""
    return claimed(rows)


def within_limits(connection: sa.Connection, lane: Lane, kinds: Sequence[str], turn: Turn) -> list[str]:
    """The kinds that may start one more. Where one is limited, claims of its lane go one at a time."""
    limited = [kind for kind in kinds if kind in turn.limited]
    if not limited:
        return list(kinds)
    connection.execute(CLAIM_LOCK, {"lane": lane.name})
    running = {row.kind: row.running for row in connection.execute(RUNNING_OF_KINDS, {"kinds": limited})}
    return [kind for kind in kinds if running.get(kind, 0) < turn.limited.get(kind, 1 << 30)]


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
    outcome: Outcome | None = None
    error: OperationError | None = None


def settle(connection: sa.Connection, settlements: Sequence[Settlement]) -> set[UUID]:
    """Ends operations; answers those that were still ours to end."""
    rows = [
        {
            "id": str(end.id),
            "epoch": end.epoch,
            "state": end.state,
            "outcome": None if end.outcome is None else outcome_to_json(end.outcome),
            "error": error_to_json(end.error),
        }
        for end in settlements
    ]
    return set(connection.execute(SETTLE_MANY, {"rows": json.dumps(rows)}).scalars())


def retry(connection: sa.Connection, held: Claimed, backoff: timedelta, error: OperationError) -> None:
    """Queues an operation again, after a while."""
    connection.execute(
        RETRY,
        {"id": held.id, "epoch": held.epoch, "backoff": backoff, "error": json.dumps(error_to_json(error))},
    )


def release(connection: sa.Connection, held: Sequence[Claimed]) -> None:
    """Gives operations back as if they had never been claimed."""
    release_ids(connection, [(one.id, one.epoch) for one in held])


def release_ids(connection: sa.Connection, held: Iterable[tuple[UUID, int]]) -> None:
    """The same, by (id, epoch)."""
    rows = [{"id": str(identifier), "epoch": epoch} for identifier, epoch in held]
    connection.execute(RELEASE, {"rows": json.dumps(rows)})


def error_to_json(error: OperationError | None) -> dict[str, str] | None:
    return None if error is None else {"reason": error.reason, "message": error.message}


ANY_SUSPECT = sa.text(
    "SELECT EXISTS (SELECT FROM operation WHERE state = 'queued' AND ready AND lane = :lane AND deaths >= :deaths)"
)


def any_suspect(connection: sa.Connection, lane: str) -> bool:
    """True where an operation waits that must run alone."""
    return bool(connection.execute(ANY_SUSPECT, {"lane": lane, "deaths": SUSPECT_DEATHS}).scalar_one())
