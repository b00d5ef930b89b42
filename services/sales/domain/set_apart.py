"""Unsaleable goods that wait for their voucher: they stand in stock and nobody may sell them, give them or open them.

Goods are set apart from the moment a defective return of them is posted until the line is treated. Only lines that a
clearing will treat set goods apart: sold since the activation, of a brand with one supplier whose policy is not none.
All others are passed over by the seed (Gestion des défectueux), so that their goods stay ordinary stock. Which lines
those are is a matter of the catalogue, and one query answers it for posting, correction and clearing alike; whoever
plans is told: the units already set apart, and the lines that will set units apart once they are posted.

Units of lines that an older policy or activation passed over may be gone when the new one counts them: what is set
apart in a place is never more than what stands there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.sales.domain.movements import LineKey, StoreItem


@dataclass(frozen=True, slots=True, kw_only=True)
class SetApart:
    """What is set apart, of some items."""

    units: Mapping[StoreItem, Decimal] = field(default_factory=dict)  #: by posted lines not treated yet, > 0
    lines: frozenset[LineKey] = frozenset()  #: not posted yet; their units are set apart as they are posted

    def saleable(self, stock: Mapping[StoreItem, Decimal]) -> dict[StoreItem, Decimal]:
        """What of the stock is there for everybody."""
        free = dict(stock)
        for place, units in self.units.items():
            if place in free:
                free[place] = max(free[place] - units, Decimal(0))
        return free


NOTHING_APART = SetApart()
