from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.sales.domain.average_cost import (
    COST_UNIT,
    Holding,
    KitPart,
    issue,
    put_back,
    receive,
    split_kit,
    value_unit,
)

CENT = value_unit("EUR")
quantities = st.decimals("0.001", "5000", places=3)
costs = st.decimals("0", "900", places=4)


def held(quantity: str, cost: str) -> Holding:
    return Holding(
        quantity=Decimal(quantity),
        value=(Decimal(quantity) * Decimal(cost)).quantize(CENT),
        cost=Decimal(cost),
    )


def test_ten_at_ten_then_ten_at_twenty_cost_fifteen_and_five_left_are_worth_seventy_five() -> None:
    holding, _ = receive(Holding(), Decimal(10), Decimal(10), CENT)
    holding, value = receive(holding, Decimal(10), Decimal(20), CENT)
    assert [holding.cost, value] == [15, 200]
    holding, value = issue(holding, Decimal(15), CENT)
    assert [holding.quantity, holding.value, holding.cost, value] == [5, 75, 15, 225]


def test_a_receipt_on_nothing_takes_its_own_cost() -> None:
    emptied = Holding(quantity=Decimal(0), value=Decimal(0), cost=Decimal(7))
    assert receive(emptied, Decimal(2), Decimal(3), CENT)[0].cost == 3
    short = Holding(quantity=Decimal(-4), value=Decimal(-28), cost=Decimal(7))
    assert receive(short, Decimal(2), Decimal(3), CENT)[0].cost == 3


def test_a_free_receipt_leaves_the_cost_unless_it_counts() -> None:
    holding = held("10", "4")
    assert receive(holding, Decimal(10), Decimal(0), CENT)[0].cost == 4
    assert receive(holding, Decimal(10), Decimal(0), CENT, free_counts=True)[0].cost == 2


def test_the_last_unit_takes_the_rounding_residue_and_the_cost_is_kept() -> None:
    holding, _ = receive(Holding(), Decimal(3), Decimal("0.3333"), CENT)
    assert holding.value == Decimal("1.00")
    values = []
    for _ in range(3):
        holding, value = issue(holding, Decimal(1), CENT)
        values.append(value)
    assert values == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert [holding.quantity, holding.value, holding.cost] == [0, 0, Decimal("0.3333")]


def test_a_return_comes_back_at_its_own_cost_or_at_the_average() -> None:
    assert put_back(held("10", "4"), Decimal(10), Decimal(2), CENT)[0].cost == 3
    holding, value = put_back(held("10", "4"), Decimal(2), None, CENT)
    assert [holding.cost, holding.quantity, holding.value, value] == [4, 12, 48, 8]


@given(st.lists(st.tuples(st.sampled_from(["in", "out", "back"]), quantities, costs), max_size=30))
def test_what_a_holding_is_worth_is_what_came_in_less_what_went_out(
    steps: list[tuple[str, Decimal, Decimal]],
) -> None:
    holding, worth, units = Holding(), Decimal(0), Decimal(0)
    for step, quantity, cost in steps:
        if step == "in":
            holding, value = receive(holding, quantity, cost, CENT)
        elif step == "back":
            holding, value = put_back(holding, quantity, None, CENT)
        else:
            quantity = -min(quantity, holding.quantity)
            holding, value = issue(holding, -quantity, CENT)
            value = -value
        worth, units = worth + value, units + quantity
        assert (holding.value, holding.quantity) == (worth, units)
        assert holding.quantity != 0 or holding.value == 0
        assert holding.value == holding.value.quantize(CENT)
        assert holding.cost == holding.cost.quantize(COST_UNIT)


@given(quantities, costs, quantities, costs)
def test_an_average_lies_between_what_was_held_and_what_came(
    had: Decimal, cost: Decimal, came: Decimal, price: Decimal
) -> None:
    before = Holding(quantity=had, value=(had * cost).quantize(CENT), cost=cost)
    after, _ = receive(before, came, price, CENT, free_counts=True)
    assert min(cost, price) - COST_UNIT <= after.cost <= max(cost, price) + COST_UNIT


def test_a_set_of_one_hundred_ninety_nine_is_split_by_what_its_parts_cost() -> None:
    parts = [
        KitPart(quantity=Decimal(2), cost=Decimal(10)),
        KitPart(quantity=Decimal(1), cost=Decimal(200)),
    ]
    first, second = split_kit(Decimal(199), parts, COST_UNIT)
    assert (first.cost, second.cost) == (Decimal("9.045455"), Decimal("180.909090"))
    assert first.value + second.value == 199


def test_a_set_whose_parts_have_no_cost_is_split_by_price_then_by_quantity() -> None:
    priced = [KitPart(quantity=Decimal(1), cost=Decimal(0), price=Decimal(price)) for price in ("1", "3")]
    assert [share.value for share in split_kit(Decimal(8), priced, CENT)] == [2, 6]
    bare = [KitPart(quantity=Decimal(units), cost=Decimal(0)) for units in ("1", "3")]
    assert [share.value for share in split_kit(Decimal(8), bare, CENT)] == [2, 6]


@given(
    st.decimals("0", "10000", places=2),
    st.lists(st.tuples(quantities, costs), min_size=1, max_size=8),
)
def test_the_parts_of_a_kit_add_up_to_its_value_to_the_last_digit(
    value: Decimal, parts: list[tuple[Decimal, Decimal]]
) -> None:
    shares = split_kit(value, [KitPart(quantity=units, cost=cost) for units, cost in parts], CENT)
    assert sum(share.value for share in shares) == value
    assert all(share.value == share.value.quantize(CENT) for share in shares)


def test_values_have_the_digits_of_their_currency() -> None:
    assert [value_unit(code) for code in ("EUR", "JPY", "TND")] == [
        Decimal("0.01"),
        Decimal(1),
        Decimal("0.001"),
    ]
