"""Unsaleable goods are there for nobody until a clearing takes them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.sales.domain.average_cost import value_unit
from services.sales.domain.corrections import Rules, plan_corrections
from services.sales.domain.defectives import DefectiveLine, plan_defectives
from services.sales.domain.movements import Ledger, LineKey, StoreItem
from services.sales.domain.posting import TriedLine, plan_posting
from services.sales.domain.set_apart import SetApart
from services.sales.domain.states import DefectivesPolicy, LineProblem
from tests.sales.domain.lines import DAY, ITEMS, STORES, Night, nights, pending
from tests.sales.domain.test_corrections import KITS, SHOPS, after, rules

PLACE = StoreItem(1, 1)
Levels = dict[StoreItem, Decimal]


@dataclass(frozen=True)
class Shelf:
    """A night in shops where unsaleable goods lie, and more come back."""

    night: Night
    earlier: tuple[DefectiveLine, ...]  #: posted on another day
    apart: SetApart


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    """Some of what stands in stock is unsaleable, and some of what comes back."""
    night = draw(nights())
    units: Levels = {}
    for place, stock in night.stock.items():
        if aside := draw(st.integers(0, int(stock))):
            units[place] = Decimal(aside)
    backs = [line.key for line in night.lines if line.quantity < 0]
    lines = frozenset(draw(st.sets(st.sampled_from(backs))) if backs else ())
    earlier = tuple(
        defective(LineKey(1000 + number, 1), place, quantity) for number, (place, quantity) in enumerate(units.items())
    )
    return Shelf(night, earlier, SetApart(units=units, lines=lines))


def defective(key: LineKey, place: StoreItem, units: Decimal) -> DefectiveLine:
    return DefectiveLine(
        key=key,
        store=place.store,
        item=place.item,
        model=place.item,
        collection="",
        supplier=1,
        policy=DefectivesPolicy.ADJUSTMENT,
        quantity=units,
    )


def come_back(shelf: Shelf, tried: Iterable[TriedLine]) -> list[DefectiveLine]:
    """The defective lines that are posted now."""
    return [
        defective(each.line.key, StoreItem(each.line.store, each.line.item or 0), each.moves)
        for each in tried
        if each.line.key in shelf.apart.lines and each.problem is None and each.moves > 0
    ]


def all_cleared(lines: Iterable[DefectiveLine], stock: Levels) -> bool:
    """Whether a clearing of all of them finds the goods of each."""
    ledger = Ledger(holdings={}, units={1: value_unit("EUR")})
    plan = plan_defectives(lines, stock, ledger, dict.fromkeys(STORES, 1), DAY)
    return not plan.lacking


@given(shelves())
def test_posting_leaves_every_unsaleable_unit_to_the_clearing(shelf: Shelf) -> None:
    night = shelf.night
    stock: Levels = defaultdict(Decimal, night.stock)
    lines = list(shelf.earlier)
    for each in plan_posting(night.lines, night.stock, {}, shelf.apart).tried:
        stock[StoreItem(each.line.store, each.line.item or 0)] += each.moves
        lines += come_back(shelf, [each])
        assert all_cleared(lines, stock)


@given(shelves(), rules)
def test_a_correction_neither_sells_nor_gives_nor_opens_an_unsaleable_unit(shelf: Shelf, chosen: Rules) -> None:
    night = shelf.night
    kits = KITS if chosen.open_kits else ()
    plan = plan_corrections(night.lines, (), night.stock, {}, SHOPS, chosen, kits, shelf.apart)
    assert all_cleared([*shelf.earlier, *come_back(shelf, plan.posted)], after(night.stock, plan))
    for transfer in plan.transfers:
        place = StoreItem(transfer.donor, transfer.item)
        bought = sum(each.quantity for each in plan.transfers if (each.receiver, each.item) == place)
        opened = sum(each.quantity * KITS[0].parts[0].quantity for each in plan.openings if each.store == place.store)
        came = sum(
            each.moves
            for each in plan.posted
            if (each.line.store, each.line.item) == place and each.moves > 0 and each.line.key not in shelf.apart.lines
        )
        own = night.stock.get(place, Decimal(0)) - shelf.apart.units.get(place, Decimal(0))
        assert transfer.quantity <= own + bought + opened + came


@given(nights())
def test_where_nothing_is_set_apart_everything_is_saleable(night: Night) -> None:
    assert SetApart().saleable(night.stock) == night.stock


def test_unsaleable_goods_do_not_cover_their_own_stores_shortage() -> None:
    stock, apart = {PLACE: Decimal(2), StoreItem(2, 1): Decimal(5)}, SetApart(units={PLACE: Decimal(1)})
    sale = pending(1, 1, 1, 2)
    assert plan_posting([sale], stock, {}, apart).tried[0].problem is LineProblem.INSUFFICIENT_STOCK
    plan = plan_corrections([sale], (), stock, {}, SHOPS, Rules(), (), apart)
    assert [(each.donor, int(each.quantity)) for each in plan.transfers] == [(2, 1)]


def test_what_comes_back_unsaleable_is_not_sold_again_the_same_hour() -> None:
    back = pending(1, 1, 1, -1, returnable=1)
    tried = plan_posting([back, pending(2, 1, 1, 1)], {}, {}, SetApart(lines=frozenset({back.key}))).tried
    assert [(each.problem, int(each.moves)) for each in tried] == [(None, 1), (LineProblem.INSUFFICIENT_STOCK, 0)]


def test_units_that_are_gone_already_are_not_owed_by_those_that_come() -> None:
    apart = SetApart(units={PLACE: Decimal(3), StoreItem(2, ITEMS[1]): Decimal(1)})
    assert apart.saleable({PLACE: Decimal(2)}) == {PLACE: 0}
    plan = plan_corrections(
        [pending(1, 1, 1, 1)], (), {PLACE: Decimal(2), StoreItem(2, 1): Decimal(1)}, {}, SHOPS, Rules(), (), apart
    )
    assert [int(each.quantity) for each in plan.transfers] == [1]
    assert not plan.remaining
