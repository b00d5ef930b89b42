"""PAMP and value of every model, one movement after the other, in whole cents and millionths of a euro.

Rules: a receipt averages, an issue leaves the PAMP, what comes back comes at the cost of its sale where known, the
last unit takes the rounding residue with it, a transfer changes nothing; half-even.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

MICROS = 1_000_000  #: of a euro
CENTS = 100
MICROS_PER_CENT = MICROS // CENTS


@dataclass(slots=True)
class Held:
    """What the legal entity holds of a model."""

    units: int = 0
    cents: int = 0
    pamp: int = 0  #: millionths of a euro


class CostBook:
    """The chain's holdings; models are booked by their code."""

    def __init__(self) -> None:
        self.held: dict[str, Held] = defaultdict(Held)

    def receive(self, model: str, units: int, cost: int) -> int:
        """Goods bought at a cost in millionths; answers their value in cents."""
        if cost == 0:
            return self.come_back(model, units, None)
        return self._average(model, units, cost)

    def come_back(self, model: str, units: int, cost: int | None) -> int:
        """Goods that a client brought back, at the cost of their sale, or at the PAMP."""
        if cost is not None:
            return self._average(model, units, cost)
        held = self.held[model]
        cents = self.worth(model, units)
        held.units += units
        held.cents += cents
        return cents

    def issue(self, model: str, units: int) -> int:
        """Goods that left; answers their value in cents."""
        held = self.held[model]
        cents = held.cents if held.units == units else self.worth(model, units)
        held.units -= units
        held.cents -= cents
        return cents

    def worth(self, model: str, units: int) -> int:
        """Cents, at the PAMP."""
        return round(Fraction(units * self.held[model].pamp, MICROS_PER_CENT))

    def _average(self, model: str, units: int, cost: int) -> int:
        held = self.held[model]
        before = max(held.units, 0)
        held.pamp = round(Fraction(before * held.pamp + units * cost, before + units))
        cents = round(Fraction(units * cost, MICROS_PER_CENT))
        held.units += units
        held.cents += cents
        return cents
