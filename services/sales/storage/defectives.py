"""Defective lines that wait for their voucher, and the mark that each was treated once."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.domain.defectives import DefectiveLine
from services.sales.domain.movements import LineKey
from services.sales.domain.states import DefectivesPolicy

ACTIVATION = sa.text("SELECT since FROM activation WHERE feature = 'defectives'")
UNTREATED = sa.text(
    """
    SELECT ticket.id AS ticket, ticket_line.number, ticket.store_id, item.id AS item, model.id AS model,
        model.collection, supplier.id AS supplier, supplier.defectives_policy, moved.quantity
    FROM ticket_line JOIN ticket ON ticket.id = ticket_line.ticket_id
    JOIN stock_movement AS moved
        ON moved.ticket_id = ticket_line.ticket_id AND moved.ticket_line = ticket_line.number
    JOIN item ON item.id = moved.item_id JOIN model ON model.id = item.model_id
    JOIN (SELECT brand_id, min(supplier_id) AS supplier_id FROM brand_supplier
        GROUP BY brand_id HAVING count(*) = 1) AS single ON single.brand_id = model.brand_id
    JOIN supplier ON supplier.id = single.supplier_id
    WHERE ticket_line.defective AND moved.quantity > 0 AND ticket.state = 'validated'
        AND ticket.close_time >= :since AND supplier.defectives_policy <> 'none'
        AND NOT EXISTS (SELECT 1 FROM defective_treatment AS done
            WHERE done.ticket_id = ticket_line.ticket_id AND done.number = ticket_line.number)
    ORDER BY ticket.close_time, ticket.store_id, ticket.register, ticket.number, ticket_line.number
    """
)


class DefectiveRepository:
    """Defectives, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def activation(self) -> datetime:
        since = self._connection.execute(ACTIVATION).scalar_one()
        assert isinstance(since, datetime)  # noqa: S101 - the column is a timestamp; tells mypy so
        return since

    def untreated(self, since: datetime) -> Sequence[DefectiveLine]:
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
            for row in self._connection.execute(UNTREATED, {"since": since})
        ]

    def treat(self, lines: Iterable[tuple[LineKey, int]]) -> None:
        rows = ((key.ticket, key.number, voucher) for key, voucher in lines)
        copy_rows(self._connection, "defective_treatment", ("ticket_id", "number", "voucher_id"), rows)
