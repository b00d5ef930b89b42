"""One ticket, read whole."""

from decimal import Decimal

from chassis.database import Database
from services.sales.domain.names import TicketName
from services.sales.storage.reading import open_reading
from tests.sales.recorded import LineFact, TicketFact, record


def test_a_walk_in_ticket_holds_its_own_lines_and_payments_each_once(database: Database) -> None:
    lines = [LineFact(label=f"L{number}", amount="3", discount=f"0.{number}") for number in range(1, 4)]
    first = TicketFact(store="9", lines=lines, payments=[("CB", "5"), ("CB", "4")])
    second = TicketFact(store="9", lines=lines[:1], payments=[("ESPECES", "3")])
    record(database, first, second)
    with open_reading(database) as reading:
        found = [reading.ticket(TicketName(store="9", register=1, number=each.number)) for each in (first, second)]
    assert [None if each is None else each.client for each in found] == ["", ""]
    told = [
        (
            [(line.label, line.discount, line.posted) for line in each.lines],
            [(paid.means, paid.amount) for paid in each.payments],
        )
        for each in found
        if each is not None
    ]
    discounts = [(f"L{number}", Decimal(number) / 10, True) for number in range(1, 4)]
    assert told == [
        (discounts, [("CB", Decimal(5)), ("CB", Decimal(4))]),
        (discounts[:1], [("ESPECES", Decimal(3))]),
    ]
