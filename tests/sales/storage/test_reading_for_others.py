"""What other services read of sales: purchases and sold lines, on a real PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from chassis.database import Database
from services.sales.domain.states import LineProblem
from services.sales.storage.purchases import latest_tickets
from services.sales.storage.reading import open_reading
from tests.sales.recorded import DAY, NOON, LineFact, TicketFact, record, record_ticket

LONG_AGO = datetime(2017, 1, 1, tzinfo=UTC)


def purchases(
    database: Database, *stores: str, latest: int = 10, after: datetime | None = None
) -> dict[str, list[str]]:
    with open_reading(database) as reading:
        return {
            found.client: [str(purchase.ticket) for purchase in found.purchases]
            for found in reading.purchases(stores, latest, after)
        }


def test_purchases_are_the_latest_tickets_of_each_known_client(database: Database) -> None:
    mornings = [TicketFact(store="9", client="7", close_time=NOON + timedelta(days=day)) for day in range(4)]
    other = TicketFact(store="10", client="8")
    record(database, *mornings, other, TicketFact(store="9", client=""))
    assert purchases(database, latest=3) == {
        "7": [mornings[3].name, mornings[2].name, mornings[1].name],
        "8": [other.name],
    }


def test_purchases_count_the_asked_stores_only(database: Database) -> None:
    here, there = TicketFact(store="9", client="7"), TicketFact(store="10", client="7")
    record(database, here, there, TicketFact(store="10", client="8"))
    assert purchases(database, "9") == {"7": [here.name]}
    assert purchases(database, "404") == {}


def test_purchases_since_an_instant_are_of_clients_with_a_later_ticket_but_hold_earlier_ones(
    database: Database,
) -> None:
    old = TicketFact(store="9", client="7", record_time=LONG_AGO)
    new = TicketFact(store="9", client="7", close_time=NOON + timedelta(hours=1), record_time=NOON)
    elsewhere = TicketFact(store="10", client="8", record_time=NOON)
    record(database, old, new, elsewhere, TicketFact(store="9", client="9", record_time=LONG_AGO))
    assert purchases(database, "9", after=LONG_AGO) == {"7": [new.name, old.name]}
    assert purchases(database, after=NOON) == {}


def test_a_ticket_that_is_committed_late_is_not_missed(database: Database) -> None:
    slow = database.engine.connect()
    transaction = slow.begin()
    late = TicketFact(store="9", client="7")
    record_ticket(slow, late)  # its record time is the start of this transaction
    with open_reading(database) as reading:
        read_up_to = reading.safe_instant()
        assert list(reading.purchases((), 10, None)) == []
    transaction.commit()
    slow.close()
    assert purchases(database, after=read_up_to) == {"7": [late.name]}


def test_the_safe_instant_moves_on(database: Database) -> None:
    with open_reading(database) as reading:
        safe = reading.safe_instant()
    with database.begin() as connection:
        now = connection.execute(sa.select(sa.func.now())).scalar_one()
    assert timedelta(seconds=4) < now - safe < timedelta(seconds=30)


def test_purchases_read_the_latest_tickets_of_a_client_from_the_index_not_all_of_them(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO ticket (store_id, register, number, business_date, close_time, client,"
                " cashier, total, currency, signature, line_count, content_hash)"
                " SELECT min(id), 1, n, '2017-01-02', '2017-01-02'::timestamptz + n * interval '1 second',"
                " n % 500, '', 0, 'EUR', '', 1, '' FROM store, generate_series(1, 20000) AS n GROUP BY n"
            )
        )
        connection.execute(sa.text("ANALYZE ticket"))
        statement = latest_tickets(None, 10, None).compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(connection.execute(sa.text(f"EXPLAIN {statement}")).scalars())
    assert "Index Scan Backward using ticket_client_idx" in plan, plan


def test_sold_lines_come_store_by_store_in_the_order_of_time(database: Database) -> None:
    later = TicketFact(store="9", close_time=NOON + timedelta(hours=2), lines=[LineFact(item="B"), LineFact(item="A")])
    first = TicketFact(store="9", lines=[LineFact(became=None, amount="1.2345", quantity="0")])
    record(
        database,
        TicketFact(store="330", lines=[LineFact(became=LineProblem.INSUFFICIENT_STOCK)]),
        later,
        TicketFact(store="10", register=2),
        TicketFact(store="10", register=1, close_time=NOON + timedelta(hours=3)),
        first,
        TicketFact(store="9", business_date=DAY + timedelta(days=1)),
    )
    with open_reading(database) as reading:
        lines = list(reading.sold_lines((), DAY, DAY))
        assert reading.sold_line_count((), DAY, DAY) == len(lines)
        assert [line.store for line in reading.sold_lines(("9",), DAY, date(2017, 1, 3))] == ["9"] * 4
        assert reading.sold_line_count(("9",), DAY, date(2017, 1, 3)) == 4
        assert list(reading.sold_lines(("404",), DAY, DAY)) == []
    assert [(line.store, line.register, line.item) for line in lines] == [
        ("9", 1, "A1"), ("9", 1, "B"), ("9", 1, "A"), ("10", 1, "A1"), ("10", 2, "A1"), ("330", 1, "A1"),
    ]  # fmt: skip
    assert (lines[0].posted, lines[0].problem, str(lines[0].amount), str(lines[0].quantity)) == (
        False,
        None,
        "1.2345",
        "0",
    )
    assert (lines[1].posted, str(lines[1].vat_rate)) == (True, "5.5")
    assert lines[5].problem is LineProblem.INSUFFICIENT_STOCK
