"""Reading on a real PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import InvalidInput
from chassis.filters import parse_filter
from chassis.listing import ListQuery, parse_order
from services.sales.application.cards import DayCard
from services.sales.domain.names import TicketName
from services.sales.domain.states import DayState, LineProblem, TicketState, VoucherType
from services.sales.storage import tables
from services.sales.storage.reading import open_reading
from tests.sales.recorded import (
    DAY,
    NOON,
    LineFact,
    TicketFact,
    record,
    record_day,
    record_stores,
    record_voucher,
)


def test_a_ticket_comes_with_its_lines_what_became_of_them_and_its_payments(database: Database) -> None:
    lines = (
        LineFact(quantity="1.5", amount="3.75", discount="0.25", became=True),
        LineFact(item="X", label='L"été; déjà', became=LineProblem.UNKNOWN_CODE),
        LineFact(quantity="-1", amount="-2.50", returned_ticket="tickets/9-1-7", defective=True, became=None),
    )
    ticket = TicketFact(
        store="9",
        client="42",
        state=TicketState.IN_ERROR,
        lines=lines,
        payments=[("CB", "5"), ("ESPECES", "-1.25")],
    )
    record(database, ticket, TicketFact(store="9"))
    name = TicketName(store="9", register=1, number=ticket.number)
    with open_reading(database) as reading:
        found = reading.ticket(name)
        missing = reading.ticket(TicketName(store="10", register=1, number=ticket.number))
    assert missing is None
    assert found is not None
    assert (found.name, found.client, found.state, found.total) == (
        name,
        "42",
        TicketState.IN_ERROR,
        Decimal("3.75"),
    )
    assert [(line.item, line.quantity, line.posted, line.problem) for line in found.lines] == [
        ("A1", Decimal("1.5"), True, None),
        ("X", Decimal(1), False, LineProblem.UNKNOWN_CODE),
        ("A1", Decimal(-1), False, None),
    ]
    assert (found.lines[2].returned_ticket, found.lines[2].defective) == ("tickets/9-1-7", True)
    assert [(payment.means, payment.amount) for payment in found.payments] == [
        ("CB", Decimal(5)),
        ("ESPECES", Decimal("-1.25")),
    ]


def test_tickets_are_listed_by_time_in_pages_that_miss_and_repeat_none(database: Database) -> None:
    same_time = [TicketFact(store="9") for _ in range(5)]
    earlier = TicketFact(store="10", close_time=NOON - timedelta(hours=1))
    record(database, *same_time, earlier)
    seen: list[str] = []
    token = ""
    with open_reading(database) as reading:
        while True:
            page = reading.tickets(ListQuery(page_size=2, page_token=token))
            seen += [str(ticket.name) for ticket in page.items]
            token = page.next_page_token
            if not token:
                break
    assert seen == [earlier.name, *(ticket.name for ticket in same_time)]


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ("store = 9", {"a"}),
        ("store != 9", {"b", "c"}),
        ("state = STATE_IN_ERROR", {"b"}),
        ("state = IN_ERROR AND store = 10", {"b"}),
        ("business_date >= 2017-01-03", {"c"}),
        ('close_time < "2017-01-02T12:00:00Z"', {"a"}),
        ('client = "c"', {"c"}),
        ("register = 2 AND number = 1003", {"c"}),
    ],
)
def test_tickets_are_filtered(database: Database, filter_text: str, expected: set[str]) -> None:
    record(
        database,
        TicketFact(store="9", client="a", number=1001, close_time=NOON - timedelta(hours=1)),
        TicketFact(store="10", client="b", number=1002, state=TicketState.IN_ERROR),
        TicketFact(store="330", client="c", number=1003, register=2, business_date=DAY + timedelta(days=1)),
    )
    with open_reading(database) as reading:
        page = reading.tickets(ListQuery(filter=parse_filter(filter_text)))
    assert {ticket.client for ticket in page.items} == expected


def test_an_unknown_field_and_a_wrong_literal_name_the_filter(database: Database) -> None:
    with open_reading(database) as reading:
        for text in ("cashier = x", "state = BROKEN", "register = one"):
            with pytest.raises(InvalidInput) as refused:
                reading.tickets(ListQuery(filter=parse_filter(text)))
            assert refused.value.problems[0].field == "filter"


def test_sales_days_are_listed_by_date_store_as_a_number_and_register(database: Database) -> None:
    with database.begin() as connection:
        for store, register in (("330", 1), ("9", 2), ("9", 1), ("10", 1)):
            record_day(connection, DAY, store, register, DayState.IN_ERROR, errors=1)
        record_day(connection, DAY - timedelta(days=1), "330", 3, DayState.CLOSED)
    seen = []
    token = ""
    with open_reading(database) as reading:
        while True:
            page = reading.sales_days(ListQuery(page_size=2, page_token=token))
            seen += [(day.business_date.day, day.store, day.register) for day in page.items]
            token = page.next_page_token
            if not token:
                break
        in_error = reading.sales_days(ListQuery(filter=parse_filter("state = IN_ERROR AND store = 9")))
    assert seen == [(1, "330", 3), (2, "9", 1), (2, "9", 2), (2, "10", 1), (2, "330", 1)]
    assert [(day.store_name, day.register, day.error_count) for day in in_error.items] == [
        ("Mag9", 1, 1),
        ("Mag9", 2, 1),
    ]


@pytest.mark.parametrize("order", ["store desc", "state", "register desc, business_date"])
def test_sales_days_in_any_order_come_in_pages_that_miss_and_repeat_none(database: Database, order: str) -> None:
    with database.begin() as connection:
        for store in ("9", "10", "330"):
            for register in (1, 2):
                for back in (0, 1):
                    record_day(connection, DAY - timedelta(days=back), store, register, DayState.UP_TO_DATE)
    whole = ListQuery(order_by=parse_order(order), page_size=100)
    seen: list[DayCard] = []
    token = ""
    with open_reading(database) as reading:
        expected = list(reading.sales_days(whole).items)
        while True:
            page = reading.sales_days(ListQuery(order_by=whole.order_by, page_size=5, page_token=token))
            seen += page.items
            token = page.next_page_token
            if not token:
                break
    assert seen == expected
    assert len(seen) == 12


def test_vouchers_are_listed_newest_first_and_filtered_by_type(
    make_database: Callable[[str | None], Database],
) -> None:
    database = make_database("services.sales.storage.migrations")
    with database.begin() as connection:
        record_stores(connection, "1", "2")
        record_voucher(connection, 1, VoucherType.TRANSFER, NOON, donor="2")
        record_voucher(connection, 2, VoucherType.DESTRUCTION, NOON + timedelta(hours=1))
        record_voucher(connection, 3, VoucherType.TRANSFER, NOON, donor="2")
    with open_reading(database) as reading:
        every = reading.vouchers(ListQuery())
        transfers = reading.vouchers(ListQuery(filter=parse_filter("type = TYPE_TRF")))
        with pytest.raises(InvalidInput):
            reading.vouchers(ListQuery(filter=parse_filter("type = TRANSFER")))
    assert [voucher.name.number for voucher in every.items] == [2, 3, 1]
    assert [(voucher.name.number, voucher.donor, voucher.supplier) for voucher in transfers.items] == [
        (3, "2", ""),
        (1, "2", ""),
    ]


def test_reading_writes_nothing(database: Database) -> None:
    with open_reading(database) as reading, pytest.raises(sa.exc.DBAPIError, match="read-only"):
        reading.connection.execute(sa.delete(tables.store))
