"""Movements of stock and what they are worth: a ledger books them in order and keeps the PAMP."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from services.sales.domain import average_cost
from services.sales.domain.average_cost import ZERO, Holding


class LineKey(NamedTuple):
    """A line of a ticket."""

    ticket: int
    number: int  #: in the register's order, from 1


class StoreItem(NamedTuple):
    """An item in a store."""

    store: int
    item: int


class EntityModel(NamedTuple):
    """A model in a legal entity: what carries a PAMP."""

    legal_entity: int
    model: int


class Basis(Enum):
    """By which rule a movement is valued."""

    RECEIPT = "receipt"  #: bought, at the cost given
    PAMP = "pamp"  #: at the PAMP: sales, defectives, adjustments
    ISSUE_COST = "issue_cost"  #: comes back at the cost given
    TRANSFER = "transfer"  #: between stores of one legal entity, which holds what it held
    KIT_PART = "kit_part"  #: the value given, in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """What a movement is worth and at which cost, signed as the units are."""

    value: Decimal
    cost: Decimal


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Holdings of models while movements are booked, in order, on a copy of what is stored."""

    holdings: dict[EntityModel, Holding]
    units: Mapping[int, Decimal]  #: legal entity → smallest value of its currency
    touched: set[EntityModel] = field(default_factory=set)  #: whose holding has changed

    def book(
        self, key: EntityModel, quantity: Decimal, basis: Basis = Basis.PAMP, given: Decimal | None = None
    ) -> Valued:
        """Books units that come (> 0) or leave (< 0); `given` is the cost, or the value of a kit's part."""
        unit = self.units[key.legal_entity]
        holding = self.holdings.get(key, _NOTHING)
        if basis is Basis.TRANSFER:
            value = average_cost.worth(abs(quantity), holding.cost, unit)
            return Valued(value=value if quantity > 0 else -value, cost=holding.cost)
        if quantity < 0:
            after, value = average_cost.issue(holding, -quantity, unit)
            value = -value
        elif basis is Basis.RECEIPT:
            after, value = average_cost.receive(holding, quantity, given or ZERO, unit)
        elif basis is Basis.KIT_PART:
            after, value = average_cost.put_in(holding, quantity, given or ZERO, unit)
        else:
            after, value = average_cost.put_back(holding, quantity, given, unit)
        self.holdings[key] = after
        self.touched.add(key)
        if given is None:
            return Valued(value=value, cost=holding.cost)
        if basis is Basis.KIT_PART:
            cost = average_cost.EXACT.divide(given, quantity)
            return Valued(value=value, cost=cost.quantize(average_cost.COST_UNIT, context=average_cost.EXACT))
        return Valued(value=value, cost=given)

    def changed(self) -> Iterable[tuple[EntityModel, Holding]]:
        """The holdings to store."""
        return ((key, self.holdings[key]) for key in sorted(self.touched))


_NOTHING = Holding()
