"""The latest tickets of many clients in one statement."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.sales.storage.tables import ticket

# Written out, not bound: so the planner knows that the index of known clients serves.
KNOWN_CLIENT = ticket.c.client != sa.literal_column("''")


def latest_tickets(
    stores: Sequence[int] | None, latest: int, recorded_after: datetime | None
) -> sa.Select[*tuple[object, ...]]:
    """Client, store_id, register, number, close_time; client by client, latest first.

    One look into the index per client reads the latest tickets alone, however many there are in all.
    """
    counted = [KNOWN_CLIENT]
    if stores is not None:
        counted.append(ticket.c.store_id == sa.any_(sa.literal(list(stores), sa.ARRAY(sa.Integer))))
    touched = sa.select(ticket.c.client).where(*counted)
    if recorded_after is not None:
        touched = touched.where(ticket.c.record_time > recorded_after)
    clients = touched.distinct().cte("touched")
    last = (
        sa.select(ticket.c.id, ticket.c.store_id, ticket.c.register, ticket.c.number, ticket.c.close_time)
        .where(ticket.c.client == clients.c.client, *counted)
        .order_by(ticket.c.close_time.desc(), ticket.c.id.desc())
        .limit(latest)
        .lateral("last")
    )
    return (
        sa.select(clients.c.client, last.c.store_id, last.c.register, last.c.number, last.c.close_time)
        .select_from(clients.join(last, sa.true()))
        .order_by(clients.c.client, last.c.close_time.desc(), last.c.id.desc())
    )
