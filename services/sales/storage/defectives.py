"""Defective lines that wait for their voucher, what they set apart, and the mark that each was treated once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.domain.defectives import DefectiveLine
from services.sales.domain.movements import LineKey, StoreItem
from services.sales.domain.set_apart import SetApart
from services.sales.domain.states import DefectivesPolicy
from services.sales.storage.arrays import numbers

#: Defective lines that a clearing treats and has not treated: the one place that says which those are. `moved` is empty
#: where the line is not posted yet, or moved no stock.
TREATABLE = """
    FROM ticket_line JOIN ticket ON ticket.id = ticket_line.ticket_id
    JOIN item ON item.code = ticket_line.item JOIN model ON model.id = item.model_id
    JOIN LATERAL (SELECT min(supplier_id) AS supplier_id FROM brand_supplier
        WHERE brand_supplier.brand_id = model.brand_id HAVING count(*) = 1) AS single ON true
    JOIN supplier ON supplier.id = single.supplier_id AND supplier.defectives_policy <> 'none'
    LEFT JOIN stock_movement AS moved
        ON moved.ticket_id = ticket_line.ticket_id AND moved.ticket_line = ticket_line.number
    WHERE ticket_line.defective AND ticket_line.quantity < 0 AND ticket.close_time >= coalesce(
            CAST(:since AS timestamptz), (SELECT since FROM activation WHERE feature = 'defectives'))
        AND NOT EXISTS (SELECT 1 FROM defective_treatment AS done
            WHERE done.ticket_id = ticket_line.ticket_id AND done.number = ticket_line.number)"""
UNTREATED = sa.text(
    f"""
    SELECT ticket.id AS ticket, ticket_line.number, ticket.store_id, item.id AS item, model.id AS model,
        model.collection, supplier.id AS supplier, supplier.defectives_policy, moved.quantity
    {TREATABLE} AND moved.quantity > 0 AND ticket.state = 'validated'
    ORDER BY ticket.close_time, ticket.store_id, ticket.register, ticket.number, ticket_line.number
    """
)
SET_APART = sa.text(
    f"""
    SELECT ticket.id AS ticket, ticket_line.number, ticket.store_id, item.id AS item, moved.quantity
    {TREATABLE} AND item.id = ANY(CAST(:items AS integer[]))
    """
)


class DefectiveRepository:
    """Defectives, inside one transaction."""

    def __init__(self, connection: sa.Connection, since: datetime | None) -> None:
        self._connection = connection
        self._since = since

    def set_apart(self, items: Iterable[int]) -> SetApart:
        units: dict[StoreItem, Decimal] = defaultdict(Decimal)
        waiting = set()
        for row in self._connection.execute(SET_APART, {"since": self._since, "items": numbers(set(items))}):
            if row.quantity is None:
                waiting.add(LineKey(row.ticket, row.number))
            else:
                units[StoreItem(row.store_id, row.item)] += row.quantity
        return SetApart(units=units, lines=frozenset(waiting))

    def untreated(self) -> Sequence[DefectiveLine]:
        return [
            DefectiveLine(
                key=LineKey(row.ticket, row.number),
                store=row.store_id,
                item=row.item,
                model=row.model,
                collection=row.collection,
                supplier=row.supplier,
                policy=DefectivesPolicy(row.defectives_policy),
                quantity=row.quantity,
            )
            for row in self._connection.execute(UNTREATED, {"since": self._since})
        ]

    def treat(self, lines: Iterable[tuple[LineKey, int]]) -> None:
        rows = ((key.ticket, key.number, voucher) for key, voucher in lines)
        copy_rows(self._connection, "defective_treatment", ("ticket_id", "number", "voucher_id"), rows)
