from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from services.sales.domain.movements import StoreItem
from services.sales.domain.posting import plan_posting
from services.sales.domain.states import LineProblem
from tests.sales.domain.lines import Night, nights, pending


def by_hand(night: Night) -> list[tuple[str | None, int]]:
    """The rules once more, told line by line without any cleverness."""
    stock = defaultdict(Decimal, night.stock)
    back: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    told: list[tuple[str | None, int]] = []
    for line in night.lines:
        place = (line.store, line.item or 0)
        if line.item is None:
            told.append(("unknown_code", 0))
        elif line.quantity < 0 and back[place] - line.quantity > line.returnable:
            told.append(("return_without_sale", 0))
        elif line.quantity < 0:
            back[place] -= line.quantity
            stock[StoreItem(*place)] -= line.quantity if line.stocked else 0
            told.append((None, int(-line.quantity) if line.stocked else 0))
        elif line.quantity == 0 or not line.stocked:
            told.append((None, 0))
        elif stock[StoreItem(*place)] >= line.quantity:
            stock[StoreItem(*place)] -= line.quantity
            told.append((None, int(-line.quantity)))
        else:
            told.append(("insufficient_stock", 0))
    return told


@given(nights())
def test_posting_does_what_the_rules_say_line_by_line(night: Night) -> None:
    plan = plan_posting(night.lines, night.stock, {})
    assert [(each.problem, int(each.moves)) for each in plan.tried] == by_hand(night)
    assert [each.line for each in plan.tried] == list(night.lines)


@given(nights())
def test_no_stock_falls_below_zero(night: Night) -> None:
    stock = defaultdict(Decimal, night.stock)
    for each in plan_posting(night.lines, night.stock, {}).tried:
        stock[StoreItem(each.line.store, each.line.item or 0)] += each.moves
        assert min(stock.values(), default=0) >= 0


def test_what_came_back_can_be_sold_again_the_same_hour() -> None:
    lines = [pending(1, 1, 1, -1, returnable=1), pending(2, 1, 1, 1)]
    assert plan_posting(lines, {}, {}).posted_count == 2


def test_a_sale_comes_back_once() -> None:
    again = [pending(1, 1, 1, -1, returnable=1), pending(2, 1, 1, -1, returnable=1)]
    problems = [each.problem for each in plan_posting(again, {}, {}).tried]
    assert problems == [None, LineProblem.RETURN_WITHOUT_SALE]
    posted_before = {("", 1, 1): Decimal(1)}
    assert plan_posting(again[:1], {}, posted_before).posted_count == 0


def test_a_return_that_names_its_ticket_counts_against_that_ticket() -> None:
    named = [
        replace(pending(number, 1, 1, -1, returnable=1), returned_ticket=ticket)
        for number, ticket in enumerate(("tickets/1-1-7", "tickets/1-1-8", "tickets/1-1-7"), 1)
    ]
    problems = [each.problem for each in plan_posting(named, {}, {}).tried]
    assert problems == [None, None, LineProblem.RETURN_WITHOUT_SALE]
