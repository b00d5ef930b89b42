"""The weighted average purchase cost (PAMP) of a model, and what its units are worth: exact, rounded in one place.

Costs are kept to 6 digits, values to the currency's; rounding is half-even.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

ZERO = Decimal(0)
COST_UNIT = Decimal("0.000001")
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)  #: wide enough for any product of a quantity and a cost

#: ISO 4217 currencies that have not two decimals.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def value_unit(currency: str) -> Decimal:
    """The smallest value in a currency, e.g. 0.01."""
    return Decimal(1).scaleb(-_DIGITS.get(currency, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a legal entity holds of a model."""

    quantity: Decimal = ZERO  #: units
    value: Decimal = ZERO  #: to the currency's digits; exactly 0 where quantity is 0
    cost: Decimal = ZERO  #: the PAMP, to 6 digits


def worth(quantity: Decimal, cost: Decimal, unit: Decimal) -> Decimal:
    """The value of units at a cost."""
    return EXACT.multiply(quantity, cost).quantize(unit, context=EXACT)


def receive(
    holding: Holding, quantity: Decimal, cost: Decimal, unit: Decimal, *, free_counts: bool = False
) -> tuple[Holding, Decimal]:
    """Goods bought (R1, R3; R8 where they are free): the holding afterwards, and the value that came in."""
    if cost == 0 and not free_counts:
        return put_back(holding, quantity, None, unit)
    return _add(holding, quantity, EXACT.multiply(quantity, cost), unit)


def put_back(holding: Holding, quantity: Decimal, cost: Decimal | None, unit: Decimal) -> tuple[Holding, Decimal]:
    """Goods that come back or turn up (R5): at the cost of their issue, or at the PAMP where it is not known."""
    if cost is None:
        value = worth(quantity, holding.cost, unit)
        return _settled(holding.quantity + quantity, holding.value + value, holding.cost), value
    return _add(holding, quantity, EXACT.multiply(quantity, cost), unit)


def put_in(holding: Holding, quantity: Decimal, value: Decimal, unit: Decimal) -> tuple[Holding, Decimal]:
    """Goods of a known value in all, as the components of an opened kit (R9)."""
    return _add(holding, quantity, value, unit)


def issue(holding: Holding, quantity: Decimal, unit: Decimal) -> tuple[Holding, Decimal]:
    """Goods that leave (R2, R6): the PAMP stays, the last unit takes the rounding residue with it (R4)."""
    left = holding.quantity - quantity
    value = holding.value if left == 0 else worth(quantity, holding.cost, unit)
    return Holding(quantity=left, value=holding.value - value, cost=holding.cost), value


@dataclass(frozen=True, slots=True, kw_only=True)
class KitPart:
    """A component as a kit is opened."""

    quantity: Decimal  #: units in all the kits opened, > 0
    cost: Decimal  #: its PAMP
    price: Decimal = ZERO  #: its selling price, where no component has a cost


@dataclass(frozen=True, slots=True, kw_only=True)
class KitShare:
    """What a component is worth."""

    cost: Decimal  #: of one unit, to 6 digits
    value: Decimal  #: of all its units


def split_kit(value: Decimal, parts: Sequence[KitPart], unit: Decimal) -> tuple[KitShare, ...]:
    """Splits a kit's value over its components by quantity × PAMP, else × price, else by quantity (R9).

    The heaviest component takes the residue, so that the parts add up to the value to the last digit.
    """
    weights = [EXACT.multiply(part.quantity, part.cost) for part in parts]
    if not any(weights):
        weights = [EXACT.multiply(part.quantity, part.price) for part in parts]
    if not any(weights):
        weights = [part.quantity for part in parts]
    total = sum(weights, ZERO)
    heaviest = max(range(len(parts)), key=lambda index: weights[index])
    costs = [
        EXACT.divide(EXACT.multiply(value, weight), EXACT.multiply(total, part.quantity)).quantize(
            COST_UNIT, context=EXACT
        )
        for weight, part in zip(weights, parts, strict=True)
    ]
    values = [worth(part.quantity, cost, unit) for part, cost in zip(parts, costs, strict=True)]
    values[heaviest] += value - sum(values, ZERO)
    costs[heaviest] = EXACT.divide(values[heaviest], parts[heaviest].quantity).quantize(COST_UNIT, context=EXACT)
    return tuple(KitShare(cost=cost, value=part) for cost, part in zip(costs, values, strict=True))


def _add(holding: Holding, quantity: Decimal, paid: Decimal, unit: Decimal) -> tuple[Holding, Decimal]:
    value = paid.quantize(unit, context=EXACT)
    if holding.quantity > 0:
        before = EXACT.multiply(holding.quantity, holding.cost)
        cost = EXACT.divide(EXACT.add(before, paid), holding.quantity + quantity)
    else:
        cost = EXACT.divide(paid, quantity)
    return (
        _settled(holding.quantity + quantity, holding.value + value, cost.quantize(COST_UNIT, context=EXACT)),
        value,
    )


def _settled(quantity: Decimal, value: Decimal, cost: Decimal) -> Holding:
    return Holding(quantity=quantity, value=ZERO if quantity == 0 else value, cost=cost)
