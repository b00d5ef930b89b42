"""Tickets as they come in: recorded verbatim by COPY, and counted in their sales days."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.domain.tickets import NewTicket
from services.sales.storage.arrays import numbers

#: The lock that recording, settling and closing share: a store's registers and days.
LOCK_STORES = sa.text("SELECT id FROM store WHERE id = ANY(CAST(:stores AS integer[])) ORDER BY id FOR NO KEY UPDATE")
RECORDED = sa.text(
    """
    SELECT store_id, register, number, content_hash
    FROM unnest(CAST(:stores AS integer[]), CAST(:registers AS integer[]), CAST(:numbers AS bigint[]))
        AS wanted(store_id, register, number)
    JOIN ticket USING (store_id, register, number)
    """
)
CLOSED = sa.text(
    """
    SELECT business_date, store_id, register
    FROM unnest(CAST(:days AS date[]), CAST(:stores AS integer[]), CAST(:registers AS integer[]))
        AS wanted(business_date, store_id, register)
    JOIN sales_day USING (business_date, store_id, register) WHERE state = 'closed'
    """
)
IDS = sa.text("SELECT nextval(pg_get_serial_sequence('ticket', 'id')) FROM generate_series(1, :count)")
COUNT = sa.text(
    """
    INSERT INTO sales_day (business_date, store_id, register, state, ticket_count, error_count)
    SELECT business_date, store_id, register, 'open', tickets, 0
    FROM unnest(CAST(:days AS date[]), CAST(:stores AS integer[]), CAST(:registers AS integer[]),
        CAST(:tickets AS integer[])) AS new(business_date, store_id, register, tickets)
    ON CONFLICT (business_date, store_id, register) DO UPDATE
    SET ticket_count = sales_day.ticket_count + excluded.ticket_count,
        state = CASE sales_day.state WHEN 'up_to_date' THEN 'open' ELSE sales_day.state END
    """
)
Numbered = tuple[int, int, NewTicket, bytes]  #: id, store's id, ticket, hash of its content
TICKET = (
    *("id", "store_id", "register", "number", "business_date", "close_time", "client", "cashier"),
    *("total", "currency", "signature", "line_count", "content_hash"),
)
LINE = (
    *("ticket_id", "number", "item", "label", "quantity", "amount", "discount"),
    *("vat_rate", "returned_ticket", "defective"),
)


class TicketRepository:
    """Tickets, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock_stores(self, stores: Iterable[int]) -> None:
        self._connection.execute(LOCK_STORES, {"stores": numbers(set(stores))})

    def recorded(self, tickets: Sequence[tuple[int, int, int]]) -> Mapping[tuple[int, int, int], bytes]:
        values = {
            "stores": numbers([store for store, _, _ in tickets]),
            "registers": numbers([register for _, register, _ in tickets]),
            "numbers": numbers([number for _, _, number in tickets]),
        }
        rows = self._connection.execute(RECORDED, values)
        return {(store, register, number): bytes(digest) for store, register, number, digest in rows}

    def closed_days(self, days: Iterable[tuple[date, int, int]]) -> set[tuple[date, int, int]]:
        wanted = sorted(set(days))
        values = {
            "days": numbers([day for day, _, _ in wanted]),
            "stores": numbers([store for _, store, _ in wanted]),
            "registers": numbers([register for _, _, register in wanted]),
        }
        return {(day, store, register) for day, store, register in self._connection.execute(CLOSED, values)}

    def record(self, tickets: Sequence[tuple[int, NewTicket, bytes]]) -> None:
        ids = list(self._connection.execute(IDS, {"count": len(tickets)}).scalars())
        numbered = [(identifier, *told) for identifier, told in zip(ids, tickets, strict=True)]
        copy_rows(self._connection, "ticket", TICKET, _tickets(numbered))
        copy_rows(self._connection, "ticket_line", LINE, _lines(numbered))
        copy_rows(self._connection, "payment", ("ticket_id", "number", "means", "amount"), _payments(numbered))
        days = Counter((ticket.business_date, store, ticket.register) for store, ticket, _ in tickets)
        self._connection.execute(
            COUNT,
            {
                "days": numbers([day for day, _, _ in days]),
                "stores": numbers([store for _, store, _ in days]),
                "registers": numbers([register for _, _, register in days]),
                "tickets": numbers(days.values()),
            },
        )


def _tickets(numbered: Sequence[Numbered]) -> Iterator[tuple[object, ...]]:
    for identifier, store, ticket, digest in numbered:
        yield (
            *(identifier, store, ticket.register, ticket.number, ticket.business_date, ticket.close_time),
            *(ticket.client, ticket.cashier, ticket.total, ticket.currency, ticket.signature),
            *(len(ticket.lines), digest),
        )


def _lines(numbered: Sequence[Numbered]) -> Iterator[tuple[object, ...]]:
    for identifier, _, ticket, _ in numbered:
        for number, line in enumerate(ticket.lines, 1):
            yield (
                *(identifier, number, line.item, line.label, line.quantity, line.amount, line.discount),
                *(line.vat_rate, line.returned_ticket, line.defective),
            )


def _payments(numbered: Sequence[Numbered]) -> Iterator[tuple[object, ...]]:
    for identifier, _, ticket, _ in numbered:
        for number, payment in enumerate(ticket.payments, 1):
            yield identifier, number, payment.means, payment.amount
