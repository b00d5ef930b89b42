from dataclasses import replace
from decimal import Decimal

from services.sales.application.booking import book_lines
from services.sales.domain.average_cost import Holding, value_unit
from services.sales.domain.movements import Basis, EntityModel, Ledger, LineKey
from services.sales.domain.posting import TriedLine
from tests.sales.domain.lines import pending

KEY = EntityModel(1, 1)
UNITS = {1: value_unit("EUR")}


def ledger(quantity: str = "10", cost: str = "2.5") -> Ledger:
    value = (Decimal(quantity) * Decimal(cost)).quantize(UNITS[1])
    return Ledger(holdings={KEY: Holding(quantity=Decimal(quantity), value=value, cost=Decimal(cost))}, units=UNITS)


def test_a_transfer_brings_in_what_it_takes_out_and_changes_no_holding() -> None:
    book = ledger()
    out = book.book(KEY, Decimal(-3), Basis.TRANSFER)
    back = book.book(KEY, Decimal(3), Basis.TRANSFER)
    assert (out.value, back.value) == (Decimal("-7.50"), Decimal("7.50"))
    assert list(book.changed()) == []


def test_a_return_of_what_was_sold_in_the_same_plan_comes_back_at_its_cost() -> None:
    book = ledger()
    sale = TriedLine(line=pending(1, 1, 1, 2), moves=Decimal(-2))
    back = TriedLine(line=replace(pending(2, 1, 1, -2), sale=LineKey(1, 1)), moves=Decimal(2))
    booked = book_lines([sale, back], book, {1: 1})
    assert [valued.value for _, valued in booked] == [Decimal("-5.00"), Decimal("5.00")]
    assert book.holdings[KEY].cost == Decimal("2.5")


def test_a_return_comes_back_at_the_cost_of_its_issue_even_if_the_average_has_moved() -> None:
    book = ledger()
    back = replace(pending(2, 1, 1, -10), issue_cost=Decimal("1.5"))
    book_lines([TriedLine(line=back, moves=Decimal(10))], book, {1: 1})
    assert book.holdings[KEY].cost == 2
