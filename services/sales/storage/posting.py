"""Posting as storage does it: lines that were not tried, what became of them, states of tickets and days."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.domain.posting import PendingLine, ReturnKey, TriedLine
from services.sales.storage.arrays import numbers
from services.sales.storage.pending import COLUMNS, pending_line, returned_units, with_records
from services.sales.storage.tables import metadata

NEVER_ANALYSED = sa.text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    " AND relname = ANY(:tables) AND reltuples < 0 AND pg_relation_size(oid) > 0 ORDER BY relname"
)
COUNT = sa.text("SELECT count(*) FROM ticket WHERE state = 'recorded'")
NEXT_STORES = sa.text("SELECT DISTINCT store_id FROM ticket WHERE state = 'recorded' ORDER BY store_id LIMIT :count")
UNTRIED = sa.text(
    f"""
    SELECT {COLUMNS}
    FROM ticket JOIN ticket_line ON ticket_line.ticket_id = ticket.id
    LEFT JOIN item ON item.code = ticket_line.item LEFT JOIN model ON model.id = item.model_id
    WHERE ticket.state = 'recorded' AND ticket.store_id = ANY(CAST(:stores AS integer[]))
    ORDER BY ticket.store_id, ticket.close_time, ticket.register, ticket.number, ticket_line.number
    """  # noqa: S608 - COLUMNS is ours
)
LOCK_STORES = sa.text(
    """
    SELECT id FROM store
    WHERE id IN (SELECT store_id FROM ticket WHERE ticket.id = ANY(CAST(:tickets AS bigint[])))
    ORDER BY id FOR NO KEY UPDATE
    """
)
SETTLE_TICKETS = sa.text(
    """
    WITH wrong AS (
        SELECT DISTINCT ticket_id FROM line_posting
        WHERE NOT posted AND ticket_id = ANY(CAST(:tickets AS bigint[]))
    )
    UPDATE ticket SET state = CASE WHEN wrong.ticket_id IS NULL THEN 'validated' ELSE 'in_error' END
    FROM unnest(CAST(:tickets AS bigint[])) AS touched(id) LEFT JOIN wrong ON wrong.ticket_id = touched.id
    WHERE ticket.id = touched.id
    """
)
SETTLE_DAYS = sa.text(
    """
    WITH touched AS (
        SELECT DISTINCT business_date, store_id, register FROM ticket WHERE id = ANY(CAST(:tickets AS bigint[]))
    ), counted AS (
        SELECT business_date, store_id, register, count(*) AS tickets,
            count(*) FILTER (WHERE state = 'in_error') AS wrong, count(*) FILTER (WHERE state = 'recorded') AS waiting
        FROM ticket JOIN touched USING (business_date, store_id, register)
        GROUP BY business_date, store_id, register
    )
    UPDATE sales_day SET ticket_count = counted.tickets, error_count = counted.wrong,
        state = CASE WHEN state = 'closed' THEN 'closed' WHEN counted.wrong > 0 THEN 'in_error'
            WHEN counted.waiting > 0 THEN 'open' ELSE 'up_to_date' END
    FROM counted
    WHERE (sales_day.business_date, sales_day.store_id, sales_day.register)
        = (counted.business_date, counted.store_id, counted.register)
    """
)


class PostingRepository:
    """Posting, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def recorded_count(self) -> int:
        return int(self._connection.execute(COUNT).scalar_one())

    def prepare(self) -> None:
        for table in self._connection.execute(NEVER_ANALYSED, {"tables": list(metadata.tables)}).scalars().all():
            self._connection.execute(sa.text(f'ANALYZE "{table}"'))

    def next_stores(self, count: int) -> Sequence[int]:
        return list(self._connection.execute(NEXT_STORES, {"count": count}).scalars())

    def untried(self, stores: Sequence[int]) -> Sequence[PendingLine]:
        rows = self._connection.execute(UNTRIED, {"stores": numbers(stores)}).all()
        return with_records(self._connection, [pending_line(row) for row in rows])

    def returned(self, lines: Iterable[PendingLine]) -> Mapping[ReturnKey, Decimal]:
        return returned_units(self._connection, lines)

    def write(self, tried: Iterable[TriedLine]) -> None:
        rows = (
            (*each.line.key, each.line.item, each.problem is None, None if each.problem is None else each.problem.value)
            for each in tried
        )
        copy_rows(self._connection, "line_posting", ("ticket_id", "number", "item_id", "posted", "problem"), rows)

    def settle(self, tickets: Iterable[int]) -> None:
        wanted = sorted(set(tickets))
        if wanted:
            touched = {"tickets": numbers(wanted)}
            self._connection.execute(LOCK_STORES, touched)
            self._connection.execute(SETTLE_TICKETS, touched)
            self._connection.execute(SETTLE_DAYS, touched)
