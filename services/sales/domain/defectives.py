"""Clearing of defective goods (seed: Gestion des défectueux).

A defective line is a customer's return of unsaleable goods that put the item back into stock: the voucher takes out
exactly what the line put in. Until then its units are set apart (`set_apart`), so that a clearing finds them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.sales.domain.movements import Ledger, LineKey, StoreItem
from services.sales.domain.states import DefectivesPolicy, VoucherType
from services.sales.domain.vouchers import Drafts, VoucherDraft, VoucherKey


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectiveLine:
    """A defective line of a validated ticket, not yet treated; its brand has this one supplier."""

    key: LineKey
    store: int
    item: int
    model: int
    collection: str
    supplier: int
    policy: DefectivesPolicy
    quantity: Decimal  #: units that the line put into stock, > 0

    def voucher(self, on: date) -> VoucherKey:
        """The voucher that takes it out: BDD names no supplier, RFD does."""
        returned = self.policy is DefectivesPolicy.SUPPLIER_RETURN
        return VoucherKey(
            type=VoucherType.SUPPLIER_RETURN if returned else VoucherType.DESTRUCTION,
            store=self.store,
            supplier=self.supplier if returned else None,
            collection=self.collection,
            on=on,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectivesPlan:
    """What is cleared."""

    vouchers: tuple[VoucherDraft, ...] = ()
    treated: tuple[tuple[LineKey, VoucherKey], ...] = ()
    lacking: tuple[DefectiveLine, ...] = ()  #: gone before their line was to be treated at all; they wait


def plan_defectives(
    lines: Iterable[DefectiveLine],
    stock: Mapping[StoreItem, Decimal],
    ledger: Ledger,
    legal_entities: Mapping[int, int],
    on: date,
) -> DefectivesPlan:
    """Takes each line's units out of its store, valued at PAMP; a voucher's line is one item."""
    left = dict(stock)
    units: dict[tuple[VoucherKey, int, int], Decimal] = defaultdict(Decimal)
    treated, lacking = [], []
    for line in lines:
        place = StoreItem(line.store, line.item)
        if left.get(place, Decimal(0)) < line.quantity:
            lacking.append(line)
            continue
        left[place] -= line.quantity
        key = line.voucher(on)
        units[key, line.item, line.model] += line.quantity
        treated.append((line.key, key))
    drafts = Drafts(ledger, legal_entities)
    for (key, item, model), quantity in units.items():
        drafts.add(key, item, model, -quantity)
    return DefectivesPlan(vouchers=tuple(drafts.all()), treated=tuple(treated), lacking=tuple(lacking))
