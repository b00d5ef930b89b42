"""Pending lines read with what deciding about them needs: item, and what the records say of what comes back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from services.sales.domain.movements import LineKey
from services.sales.domain.names import TicketName
from services.sales.domain.posting import PendingLine, ReturnKey
from services.sales.storage.arrays import numbers, texts

#: What a query of pending lines selects, from `ticket`, `ticket_line` and, where the code is known, `item` and `model`.
COLUMNS = """ticket.id AS ticket, ticket_line.number, ticket.store_id, item.id AS item, item.model_id,
    coalesce(model.stocked, false) AS stocked, ticket_line.quantity, ticket.business_date,
    ticket_line.returned_ticket"""

NAMED = sa.text(
    """
    SELECT wanted.ticket, wanted.line, sum(sale.quantity) AS sold, min(sale.ticket_id) AS sale_ticket,
        min(sale.number) AS sale_line, sum(moved.unit_cost * moved.quantity) / nullif(sum(moved.quantity), 0) AS cost
    FROM unnest(CAST(:tickets AS bigint[]), CAST(:lines AS integer[]), CAST(:stores AS text[]),
        CAST(:registers AS integer[]), CAST(:numbers AS bigint[])) AS wanted(ticket, line, store, register, number)
    JOIN ticket_line AS back ON back.ticket_id = wanted.ticket AND back.number = wanted.line
    JOIN store ON store.code = wanted.store
    JOIN ticket ON (ticket.store_id, ticket.register, ticket.number) = (store.id, wanted.register, wanted.number)
    JOIN ticket_line AS sale ON sale.ticket_id = ticket.id AND sale.item = back.item AND sale.quantity > 0
    LEFT JOIN stock_movement AS moved ON moved.ticket_id = sale.ticket_id AND moved.ticket_line = sale.number
    GROUP BY wanted.ticket, wanted.line
    """
)
UNNAMED = sa.text(
    """
    SELECT wanted.ticket, wanted.line, sum(sale.quantity) AS sold
    FROM unnest(CAST(:tickets AS bigint[]), CAST(:lines AS integer[])) AS wanted(ticket, line)
    JOIN ticket AS later ON later.id = wanted.ticket
    JOIN ticket_line AS back ON back.ticket_id = wanted.ticket AND back.number = wanted.line
    JOIN ticket_line AS sale ON sale.item = back.item AND sale.quantity > 0
    JOIN ticket ON ticket.id = sale.ticket_id AND ticket.store_id = later.store_id
        AND (ticket.close_time, ticket.register, ticket.number)
            < (later.close_time, later.register, later.number)
    GROUP BY wanted.ticket, wanted.line
    """
)
RETURNED = sa.text(
    """
    SELECT ticket.store_id, item.id AS item, back.returned_ticket, sum(-back.quantity) AS units
    FROM item JOIN ticket_line AS back ON back.item = item.code AND back.quantity < 0
    JOIN line_posting ON (line_posting.ticket_id, line_posting.number) = (back.ticket_id, back.number) AND posted
    JOIN ticket ON ticket.id = back.ticket_id
    WHERE item.id = ANY(CAST(:items AS integer[]))
    GROUP BY ticket.store_id, item.id, back.returned_ticket
    """
)


def pending_line(row: sa.Row[*tuple[Any, ...]]) -> PendingLine:
    """The line of a row of `COLUMNS`; what a return needs comes with `with_records`."""
    ticket, number, store, item, model, stocked, quantity, business_date, returned_ticket = row[:9]
    return PendingLine(
        key=LineKey(ticket, number),
        store=store,
        item=item,
        model=model,
        stocked=stocked,
        quantity=quantity,
        business_date=business_date,
        returned_ticket=returned_ticket,
    )


def with_records(connection: sa.Connection, lines: Sequence[PendingLine]) -> list[PendingLine]:
    """The same lines; those that bring something back know what was sold before."""
    backs = [line for line in lines if line.quantity < 0 and line.item is not None]
    records: dict[LineKey, dict[str, Any]] = {}
    named = [(line, name) for line in backs if (name := TicketName.parse(line.returned_ticket)) is not None]
    if named:
        rows = connection.execute(
            NAMED,
            {
                "tickets": numbers([line.key.ticket for line, _ in named]),
                "lines": numbers([line.key.number for line, _ in named]),
                "stores": texts(name.store for _, name in named),
                "registers": numbers([name.register for _, name in named]),
                "numbers": numbers([name.number for _, name in named]),
            },
        )
        for row in rows:
            records[LineKey(row.ticket, row.line)] = {
                "returnable": row.sold,
                "sale": LineKey(row.sale_ticket, row.sale_line),
                "issue_cost": row.cost,
            }
    unnamed = [line for line in backs if not line.returned_ticket]
    if unnamed:
        keys = {
            "tickets": numbers([line.key.ticket for line in unnamed]),
            "lines": numbers([line.key.number for line in unnamed]),
        }
        for row in connection.execute(UNNAMED, keys):
            records[LineKey(row.ticket, row.line)] = {"returnable": row.sold}
    if not records:
        return list(lines)
    return [replace(line, **records[line.key]) if line.key in records else line for line in lines]


def returned_units(connection: sa.Connection, lines: Iterable[PendingLine]) -> Mapping[ReturnKey, Decimal]:
    """Units that posted returns have used up, of the items that come back in these lines."""
    items = sorted({line.item for line in lines if line.quantity < 0 and line.item is not None})
    units: dict[ReturnKey, Decimal] = defaultdict(Decimal)
    if items:
        for store, item, named, quantity in connection.execute(RETURNED, {"items": numbers(items)}):
            units["", store, item] += quantity
            if named:
                units[named, 0, item] += quantity
    return units
