"""Vouchers ("bons"): what a correction, a receipt or the clearing of defectives moves, valued, ready to be numbered."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.sales.domain.average_cost import KitPart, split_kit
from services.sales.domain.corrections import CorrectionPlan, KitOpening
from services.sales.domain.movements import Basis, EntityModel, Ledger, Valued
from services.sales.domain.states import VoucherType


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherKey:
    """What one piece of work makes one voucher for."""

    type: VoucherType
    store: int
    donor: int | None = None  #: of a transfer
    supplier: int | None = None  #: of a supplier return
    collection: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherLine:
    """A line of a voucher, signed as it changes the voucher's store."""

    item: int
    quantity: Decimal
    cost: Decimal
    value: Decimal
    receipt_id: str | None = None  #: of a receipt, the sender's


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherDraft:
    """A voucher that has no number yet."""

    key: VoucherKey
    lines: tuple[VoucherLine, ...]


class Drafts:
    """Vouchers while their lines are booked in a ledger, in order."""

    def __init__(self, ledger: Ledger, legal_entities: Mapping[int, int]) -> None:
        self._ledger = ledger
        self._legal_entities = legal_entities  #: store → its legal entity
        self._lines: dict[VoucherKey, list[VoucherLine]] = defaultdict(list)

    def add(
        self,
        key: VoucherKey,
        item: int,
        model: int,
        quantity: Decimal,
        basis: Basis = Basis.PAMP,
        given: Decimal | None = None,
        receipt_id: str | None = None,
    ) -> Valued:
        """Books units and writes them on the voucher of the key."""
        valued = self._ledger.book(EntityModel(self._legal_entities[key.store], model), quantity, basis, given)
        self._lines[key].append(
            VoucherLine(item=item, quantity=quantity, cost=valued.cost, value=valued.value, receipt_id=receipt_id)
        )
        return valued

    def open_kit(self, opening: KitOpening, collections: Mapping[int, str]) -> None:
        """Writes a kit's opening: the kit leaves, its components come at its value."""
        entity = self._legal_entities[opening.store]
        kit, count = opening.kit, opening.quantity

        def key(model: int) -> VoucherKey:
            return VoucherKey(
                type=VoucherType.SALES_ADJUSTMENT,
                store=opening.store,
                collection=collections[model],
                on=opening.on,
            )

        left = self.add(key(kit.model), kit.item, kit.model, -count)
        holdings = self._ledger.holdings
        costs = [holdings.get(EntityModel(entity, part.model)) for part in kit.parts]
        shares = split_kit(
            -left.value,
            [
                KitPart(quantity=count * part.quantity, cost=holding.cost if holding else Decimal(0))
                for part, holding in zip(kit.parts, costs, strict=True)
            ],
            self._ledger.units[entity],
        )
        for part, share in zip(kit.parts, shares, strict=True):
            units = count * part.quantity
            self.add(key(part.model), part.item, part.model, units, Basis.KIT_PART, share.value)

    def all(self) -> list[VoucherDraft]:
        """The vouchers, in the order they are numbered."""
        return [VoucherDraft(key=key, lines=tuple(self._lines[key])) for key in sorted(self._lines, key=_order)]


def _order(key: VoucherKey) -> tuple[int, str, int, int, date, str]:
    return (key.store, key.type.value, key.donor or 0, key.supplier or 0, key.on, key.collection)


def draft_supplies(
    plan: CorrectionPlan, collections: Mapping[int, str], ledger: Ledger, legal_entities: Mapping[int, int]
) -> list[VoucherDraft]:
    """What a correction moves before it posts: TRF per donor, receiver, date and collection; AV per store, date and
    collection. `collections`: model → its collection."""
    drafts = Drafts(ledger, legal_entities)
    for opening in plan.openings:
        drafts.open_kit(opening, collections)
    for transfer in plan.transfers:
        key = VoucherKey(
            type=VoucherType.TRANSFER,
            store=transfer.receiver,
            donor=transfer.donor,
            collection=collections[transfer.model],
            on=transfer.on,
        )
        drafts.add(key, transfer.item, transfer.model, transfer.quantity, Basis.TRANSFER)
    for adjustment in plan.adjustments:
        key = VoucherKey(
            type=VoucherType.SALES_ADJUSTMENT,
            store=adjustment.store,
            collection=collections[adjustment.model],
            on=adjustment.on,
        )
        drafts.add(key, adjustment.item, adjustment.model, adjustment.quantity)
    return drafts.all()
