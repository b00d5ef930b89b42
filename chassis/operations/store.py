"""Operations as a unit of work sees them: add, look, ask for the end. Claiming and settling are in claims.py."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis import listing, telemetry
from chassis.database import among
from chassis.errors import UnknownResource
from chassis.operations import holding
from chassis.operations.holding import held_back
from chassis.operations.model import JSON, NewOperation, Operation, OperationState, SiteMode
from chassis.operations.rows import context_to_json, json_text, operation_from_row
from chassis.operations.tables import operation, operation_cancel, operation_progress

ADD = sa.text(
    f"""
    INSERT INTO operation (id, kind, lane, site, mode, priority, state, ready, hold_time, request, context, caller,
                           traceparent, next_attempt_time, expire_time)
    SELECT id, kind, lane, site, mode, priority, 'queued',
           coalesce(not_before <= now(), true) AND NOT {held_back("new")},
           CASE WHEN {held_back("new")} THEN now() END,
           request, context, caller, traceparent, greatest(coalesce(not_before, now()), now()), expire_time
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        id uuid, kind text, lane text, site text, mode text, priority smallint, request jsonb, context jsonb,
        caller text, traceparent text, not_before timestamptz, expire_time timestamptz)
    ON CONFLICT (id) DO NOTHING
    RETURNING id
    """  # noqa: S608 - made of constants
)
CANCEL = sa.text(
    """
    WITH asked AS (
        INSERT INTO operation_cancel (operation, reason) SELECT unnest(CAST(:ids AS uuid[])), :reason
        ON CONFLICT (operation) DO NOTHING
    ),
    unbegun AS (
        SELECT id FROM operation WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'queued' ORDER BY id FOR UPDATE
    )
    UPDATE operation SET state = 'cancelled', end_time = now(), error = CAST(:error AS jsonb)
    FROM unbegun WHERE operation.id = unbegun.id
    """
)


class OperationStore:
    """The operations of a service, inside one transaction. Remembers which lanes to ring once it has committed."""

    def __init__(self, connection: sa.Connection, lane_of: Callable[[str], str]) -> None:
        self._connection = connection
        self._lane_of = lane_of
        self.to_ring: Counter[str] = Counter()  #: lane → operations added that are ready

    def add(self, new: NewOperation) -> UUID:
        """Stores one operation; answers its id. One with the id of another is not stored."""
        identifier = new.id or uuid4()
        self.add_many([new], ids=[identifier])
        return identifier

    def add_many(self, many: Sequence[NewOperation], ids: Sequence[UUID] | None = None) -> set[UUID]:
        """Stores operations in one statement; answers the ids that were new."""
        if not many:
            return set()
        named = ids or [new.id or uuid4() for new in many]
        trace = telemetry.traceparent()
        rows = [
            {
                "id": str(identifier),
                "kind": new.kind,
                "lane": self._lane_of(new.kind),
                "site": new.site,
                "mode": (new.mode if new.context is None else new.context.mode).value,
                "priority": new.priority,
                "request": new.request,
                "context": context_to_json(new.context),
                "caller": new.caller,
                "traceparent": trace if new.traceparent is None else new.traceparent,
                "not_before": text_of(new.not_before),
                "expire_time": text_of(new.expire_time),
            }
            for identifier, new in zip(named, many, strict=True)
        ]
        added = set(
            self._connection.execute(ADD, {"rows": json_text(sorted(rows, key=lambda row: str(row["id"])))}).scalars()
        )
        for identifier, new in zip(named, many, strict=True):
            if identifier in added and new.not_before is None:
                self.to_ring[self._lane_of(new.kind)] += 1
        return added

    def get(self, identifier: UUID) -> Operation:
        """Raises `UnknownResource`."""
        found = self.get_many([identifier])
        if not found:
            raise UnknownResource(f"operations/{identifier}")
        return found[identifier]

    def get_many(self, identifiers: Iterable[UUID]) -> dict[UUID, Operation]:
        """Those that exist."""
        query = with_progress().where(among(operation.c.id, identifiers))
        return {row.id: operation_from_row(row) for row in self._connection.execute(query)}

    def ended_or_unknown(self, identifiers: Sequence[UUID]) -> tuple[dict[UUID, Operation], set[UUID]]:
        """Of these, the ones that have ended, and the ones that do not exist."""
        known = sa.select(operation.c.id, operation.c.end_time).where(among(operation.c.id, identifiers))
        rows = self._connection.execute(known).all()
        unknown = set(identifiers) - {row.id for row in rows}
        return self.get_many(row.id for row in rows if row.end_time is not None), unknown

    def queued(self, kind: str, request: Mapping[str, JSON] | None = None) -> UUID | None:
        """An operation of this kind (and this request) that nobody has begun, if there is one: work that can be shared.

        Its row stays locked until the transaction ends, so that it cannot begin before what is to be shared is there.
        """
        query = (
            sa.select(operation.c.id)
            .where(operation.c.kind == kind, operation.c.state == OperationState.QUEUED)
            .order_by(operation.c.next_attempt_time)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if request is not None:
            query = query.where(operation.c.request == request)
        return self._connection.execute(query).scalar_one_or_none()

    def cancel(self, identifiers: Sequence[UUID], reason: str) -> None:
        """Asks for the end of operations. Those not begun end at once; an unknown id leaves a tombstone."""
        error = {"reason": "CANCELLED", "message": reason}
        self._connection.execute(CANCEL, {"ids": sorted(set(identifiers)), "reason": reason, "error": json_text(error)})

    def set_modes(self, modes: Iterable[SiteMode]) -> None:
        """Keeps what sites may do by themselves, and holds back or lets go what is queued. Repeats change nothing.

        What runs stops at its next step; what is claimed after the commit is what the modes let go.
        """
        self.to_ring.update(holding.set_modes(self._connection, modes))

    def tombstones(self, identifiers: Iterable[UUID]) -> set[UUID]:
        """Those of these ids whose end was asked for."""
        query = sa.select(operation_cancel.c.operation).where(among(operation_cancel.c.operation, identifiers))
        return set(self._connection.execute(query).scalars())

    def delete_ended(self, identifier: UUID) -> None:
        """Forgets an operation that has ended. Raises `UnknownResource` where there is none, ended."""
        deleted = self._connection.execute(
            sa.delete(operation).where(operation.c.id == identifier, operation.c.end_time.is_not(None))
        )
        if deleted.rowcount == 0:
            raise UnknownResource(f"operations/{identifier} (ended)")


def with_progress() -> sa.Select[Any]:
    """Operations beside their progress."""
    return sa.select(
        operation,
        operation_progress.c.done.label("progress_done"),
        operation_progress.c.total.label("progress_total"),
        operation_progress.c.text.label("progress_text"),
    ).outerjoin(operation_progress, operation_progress.c.operation == operation.c.id)


def text_of(instant: datetime | None) -> str | None:
    """An instant as JSON carries it."""
    return None if instant is None else instant.isoformat()


LISTING = listing.Listing(
    fields={
        "kind": listing.text(operation.c.kind),
        "state": listing.enum(operation.c.state, OperationState),
        "site": listing.text(operation.c.site),
        "caller": listing.text(operation.c.caller),
        "create_time": listing.instant(operation.c.create_time),
        "end_time": listing.instant(operation.c.end_time),
    },
    default_order="create_time desc",
    key=operation.c.id,
)


def list_operations(connection: sa.Connection, query: listing.ListQuery) -> tuple[list[Operation], str]:
    """A page of operations, newest first, and the token of the next."""
    page = LISTING.page(connection, with_progress(), query)
    return [operation_from_row(row) for row in page.rows], page.next_page_token
