"""What can be listed page by page: statements, and the fields that filters and orders speak of."""

import sqlalchemy as sa

from chassis.listing import Field, Listing, LiteralRefused, day, enum, instant, integer, text
from services.sales.application.cards import DayCard, VoucherCard
from services.sales.domain.names import VoucherName
from services.sales.domain.states import DayState, TicketState, VoucherType
from services.sales.storage.tables import sales_day, store, supplier, ticket, voucher

EXACT = ("=", "!=", ":")
CODE_DIGITS = 10  #: a store's code has at most so many


def _store_code(column: sa.ColumnElement[str]) -> Field:
    """A store's code: compared as it is written, ordered by its number."""

    def matches(operator: str, literal: str) -> sa.ColumnElement[bool]:
        return column != literal if operator == "!=" else column == literal

    return Field(sa.func.lpad(column, CODE_DIGITS, "0"), EXACT, str, build=matches)


def _register(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """A register's number: compared with whole numbers of any size that a filter may hold."""
    return sa.type_coerce(column, sa.BigInteger)


def _voucher_type(literal: str) -> str:
    value = literal.removeprefix("TYPE_")
    if value not in set(VoucherType):
        raise LiteralRefused(f"{literal!r} is none of {', '.join(VoucherType)}")
    return value


SELECT_TICKETS: sa.Select[tuple[object, ...]] = sa.select(
    store.c.code.label("store"),
    ticket.c.register,
    ticket.c.number,
    ticket.c.business_date,
    ticket.c.close_time,
    ticket.c.client,
    ticket.c.cashier,
    ticket.c.total,
    ticket.c.currency,
    ticket.c.state,
    ticket.c.signature,
).join_from(ticket, store)

TICKETS = Listing(
    fields={
        "store": _store_code(store.c.code),
        "register": integer(_register(ticket.c.register)),
        "number": integer(ticket.c.number),
        "business_date": day(ticket.c.business_date),
        "close_time": instant(ticket.c.close_time),
        "client": text(ticket.c.client),
        "state": enum(ticket.c.state, TicketState),
    },
    default_order="close_time",
    key=ticket.c.id,
)

SELECT_SALES_DAYS: sa.Select[tuple[object, ...]] = sa.select(
    sales_day.c.business_date,
    store.c.code.label("store"),
    store.c.display_name,
    sales_day.c.register,
    sales_day.c.state,
    sales_day.c.ticket_count,
    sales_day.c.error_count,
).join_from(sales_day, store)

SALES_DAYS = Listing(
    fields={
        "business_date": day(sales_day.c.business_date),
        "store": _store_code(store.c.code),
        "register": integer(_register(sales_day.c.register)),
        "state": enum(sales_day.c.state, DayState),
    },
    default_order="business_date, store, register",
    # A day is known by three columns; one text of them ends every order.
    key=sa.func.concat(sales_day.c.business_date, "-", store.c.code, "-", sales_day.c.register, type_=sa.Text),
)

_donor = store.alias("donor")

SELECT_VOUCHERS: sa.Select[tuple[object, ...]] = (
    sa.select(
        voucher.c.prefix,
        voucher.c.number,
        voucher.c.type,
        store.c.code.label("store"),
        sa.func.coalesce(_donor.c.code, "").label("donor"),
        sa.func.coalesce(supplier.c.code, "").label("supplier"),
        voucher.c.collection,
        voucher.c.business_date,
        voucher.c.quantity,
        voucher.c.value,
        voucher.c.currency,
        voucher.c.line_count,
        voucher.c.create_time,
    )
    .join_from(voucher, store, voucher.c.store_id == store.c.id)
    .outerjoin(_donor, voucher.c.donor_store_id == _donor.c.id)
    .outerjoin(supplier)
)

VOUCHERS = Listing(
    fields={
        "type": Field(voucher.c.type, EXACT, _voucher_type),
        "store": _store_code(store.c.code),
        "supplier": text(sa.func.coalesce(supplier.c.code, "")),
        "collection": text(voucher.c.collection),
        "business_date": day(voucher.c.business_date),
        "create_time": instant(voucher.c.create_time),
    },
    default_order="create_time desc",
    key=voucher.c.id,
)


def day_card(row: sa.Row[tuple[object, ...]]) -> DayCard:
    """A row of `SELECT_SALES_DAYS`."""
    return DayCard(
        business_date=row.business_date,
        store=row.store,
        store_name=row.display_name,
        register=row.register,
        state=DayState(row.state),
        ticket_count=row.ticket_count,
        error_count=row.error_count,
    )


def voucher_card(row: sa.Row[tuple[object, ...]]) -> VoucherCard:
    """A row of `SELECT_VOUCHERS`."""
    return VoucherCard(
        name=VoucherName(prefix=row.prefix, number=row.number),
        type=VoucherType(row.type),
        store=row.store,
        donor=row.donor,
        supplier=row.supplier,
        collection=row.collection,
        business_date=row.business_date,
        quantity=row.quantity,
        value=row.value,
        currency=row.currency,
        line_count=row.line_count,
        create_time=row.create_time,
    )
