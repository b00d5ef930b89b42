"""Everything that only reads, as set queries; what may be long comes through a server-side cursor."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from chassis.database import Database
from chassis.listing import ListQuery
from services.sales.application.cards import DayCard, VoucherCard
from services.sales.application.reading import Listed
from services.sales.domain.names import TicketName
from services.sales.domain.states import LineProblem, TicketState
from services.sales.domain.views import (
    ClientPurchases,
    LineView,
    PaymentView,
    Purchase,
    SoldLine,
    TicketView,
)
from services.sales.storage import listings
from services.sales.storage.purchases import latest_tickets
from services.sales.storage.tables import line_posting, payment, store, ticket, ticket_line

FETCH = 5_000  #: rows that a cursor fetches at once
# How long a transaction may have begun without showing it: PostgreSQL stamps it first and shows it then.
UNSEEN = timedelta(seconds=5)

# Codes are digits: by their number, so that store 9 comes before store 10.
STORE_ORDER = (sa.func.length(store.c.code), store.c.code)


@contextmanager
def open_reading(database: Database) -> Iterator["SqlReading"]:
    """One read-only transaction."""
    with database.begin() as connection:
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        yield SqlReading(connection)


class SqlReading:
    """Reads in one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    def ticket(self, name: TicketName) -> TicketView | None:
        found = self.connection.execute(
            sa.select(ticket)
            .join(store)
            .where(
                store.c.code == name.store,
                ticket.c.register == name.register,
                ticket.c.number == name.number,
            )
        ).one_or_none()
        if found is None:
            return None
        payments = self.connection.execute(
            sa.select(payment.c.means, payment.c.amount)
            .where(payment.c.ticket_id == found.id)
            .order_by(payment.c.number)
        )
        return TicketView(
            name=name,
            business_date=found.business_date,
            close_time=found.close_time,
            client=found.client,
            cashier=found.cashier,
            total=found.total,
            currency=found.currency,
            state=TicketState(found.state),
            signature=found.signature,
            lines=tuple(self._lines(found.id)),
            payments=tuple(PaymentView(means=row.means, amount=row.amount) for row in payments),
        )

    def _lines(self, ticket_id: int) -> Iterator[LineView]:
        rows = self.connection.execute(
            sa.select(ticket_line, line_posting.c.posted, line_posting.c.problem)
            .select_from(
                ticket_line.outerjoin(
                    line_posting,
                    (line_posting.c.ticket_id == ticket_line.c.ticket_id)
                    & (line_posting.c.number == ticket_line.c.number),
                )
            )
            .where(ticket_line.c.ticket_id == ticket_id)
            .order_by(ticket_line.c.number)
        )
        for row in rows:
            yield LineView(
                item=row.item,
                label=row.label,
                quantity=row.quantity,
                amount=row.amount,
                discount=row.discount,
                vat_rate=row.vat_rate,
                returned_ticket=row.returned_ticket,
                defective=row.defective,
                posted=bool(row.posted),
                problem=_problem(row.problem),
            )

    def tickets(self, query: ListQuery) -> Listed[TicketView]:
        page = listings.TICKETS.page(self.connection, listings.SELECT_TICKETS, query)
        return Listed(
            tuple(
                TicketView(
                    name=TicketName(store=row.store, register=row.register, number=row.number),
                    business_date=row.business_date,
                    close_time=row.close_time,
                    client=row.client,
                    cashier=row.cashier,
                    total=row.total,
                    currency=row.currency,
                    state=TicketState(row.state),
                    signature=row.signature,
                )
                for row in page.rows
            ),
            page.next_page_token,
        )

    def sales_days(self, query: ListQuery) -> Listed[DayCard]:
        page = listings.SALES_DAYS.page(self.connection, listings.SELECT_SALES_DAYS, query)
        return Listed(tuple(map(listings.day_card, page.rows)), page.next_page_token)

    def vouchers(self, query: ListQuery) -> Listed[VoucherCard]:
        page = listings.VOUCHERS.page(self.connection, listings.SELECT_VOUCHERS, query)
        return Listed(tuple(map(listings.voucher_card, page.rows)), page.next_page_token)

    def unknown_stores(self, codes: Sequence[str]) -> Sequence[str]:
        return [code for code in dict.fromkeys(codes) if code not in self._store_ids]

    def safe_instant(self) -> datetime:
        # A ticket's record time is the start of its transaction, which commits some time later. Whatever has
        # not committed yet began no earlier than the oldest transaction that runs now, our own included.
        oldest = self.connection.execute(
            sa.text("SELECT least(now(), min(xact_start)) FROM pg_stat_activity WHERE datname = current_database()")
        ).scalar_one()
        assert isinstance(oldest, datetime)  # noqa: S101 - least() of instants is one; tells mypy so
        return oldest - UNSEEN

    def purchases(
        self, stores: Sequence[str], latest: int, recorded_after: datetime | None
    ) -> Iterator[ClientPurchases]:
        codes = {number: code for code, number in self._store_ids.items()}
        rows = self._stream(latest_tickets(self._ids_of(stores) if stores else None, latest, recorded_after))
        for client, group in groupby(rows, key=lambda row: str(row.client)):
            yield ClientPurchases(
                client=client,
                purchases=tuple(
                    Purchase(
                        ticket=TicketName(store=codes[row.store_id], register=row.register, number=row.number),
                        close_time=row.close_time,
                    )
                    for row in group
                ),
            )

    def sold_line_count(self, stores: Sequence[str], first: date, last: date) -> int:
        lines = sa.func.coalesce(sa.func.sum(ticket.c.line_count), 0)
        return int(self.connection.execute(sa.select(lines).where(*self._sold(stores, first, last))).scalar_one())

    def sold_lines(self, stores: Sequence[str], first: date, last: date) -> Iterator[SoldLine]:
        statement = (
            sa.select(
                ticket.c.business_date,
                store.c.code,
                ticket.c.register,
                ticket.c.number,
                ticket.c.close_time,
                ticket.c.client,
                ticket_line.c.item,
                ticket_line.c.label,
                *(
                    sa.func.trim_scale(column).label(column.name)
                    for column in (ticket_line.c.quantity, ticket_line.c.amount, ticket_line.c.discount)
                ),
                sa.func.trim_scale(ticket_line.c.vat_rate).label("vat_rate"),
                line_posting.c.posted,
                line_posting.c.problem,
            )
            .select_from(ticket)
            .join(store)
            .join(ticket_line, ticket_line.c.ticket_id == ticket.c.id)
            .outerjoin(
                line_posting,
                sa.and_(
                    line_posting.c.ticket_id == ticket_line.c.ticket_id,
                    line_posting.c.number == ticket_line.c.number,
                ),
            )
            .where(*self._sold(stores, first, last))
            .order_by(
                *STORE_ORDER,
                ticket.c.business_date,
                ticket.c.register,
                ticket.c.close_time,
                ticket.c.number,
                ticket_line.c.number,
            )
        )
        for row in self._stream(statement):
            day, code, register, number, close_time, client, item, label, *figures, posted, problem = row
            quantity, amount, discount, vat_rate = figures
            yield SoldLine(
                business_date=day,
                store=code,
                register=register,
                ticket=number,
                close_time=close_time,
                client=client,
                item=item,
                label=label,
                quantity=quantity,
                amount=amount,
                discount=discount,
                vat_rate=vat_rate,
                posted=bool(posted),
                problem=_problem(problem),
            )

    def _sold(self, stores: Sequence[str], first: date, last: date) -> list[sa.ColumnElement[bool]]:
        conditions: list[sa.ColumnElement[bool]] = [ticket.c.business_date.between(first, last)]
        if stores:
            conditions.append(ticket.c.store_id == sa.any_(sa.literal(self._ids_of(stores), _IDS)))
        return conditions

    def _stream(
        self,
        statement: sa.Select[*tuple[Any, ...]],  # columns of any type, as SQLAlchemy declares long selects
    ) -> Iterator[sa.Row[*tuple[Any, ...]]]:
        return iter(self.connection.execute(statement.execution_options(yield_per=FETCH)))

    def _ids_of(self, stores: Sequence[str]) -> list[int]:
        return [self._store_ids[code] for code in dict.fromkeys(stores) if code in self._store_ids]

    @cached_property
    def _store_ids(self) -> dict[str, int]:
        return {row.code: row.id for row in self.connection.execute(sa.select(store.c.code, store.c.id))}


_IDS = sa.ARRAY(sa.Integer)


def _problem(value: str | None) -> LineProblem | None:
    return None if value is None else LineProblem(value)
