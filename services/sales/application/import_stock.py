"""Import of receipts: goods come in by REC vouchers, one per store, business day and message."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chassis.errors import FieldProblem, InvalidInput
from services.sales.application.cards import ItemCard, RecordedReceipt, StoreCard
from services.sales.application.ports import Work
from services.sales.domain.movements import Basis, EntityModel, Ledger, StoreItem
from services.sales.domain.states import VoucherType
from services.sales.domain.tickets import NewReceipt
from services.sales.domain.vouchers import Drafts, VoucherKey

PROBLEMS = 100  #: named in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What an import of receipts did."""

    recorded: int = 0
    repeated: int = 0


def import_stock(work: Work, receipts: Sequence[NewReceipt]) -> Received:
    """Records one message. Raises `InvalidInput` naming each field that cannot be recorded."""
    stores = work.catalogue.stores_by_code({receipt.store for receipt in receipts})
    items = work.catalogue.items_by_code({receipt.item for receipt in receipts})
    _check(receipts, stores, items)
    units = work.stock.lock(store.legal_entity for store in stores.values())
    new = _new(receipts, work.vouchers.receipts({receipt.receipt_id for receipt in receipts}))
    if new:
        _receive(work, new, stores, items, units)
    return Received(recorded=len(new), repeated=len(receipts) - len(new))


def _check(receipts: Sequence[NewReceipt], stores: Mapping[str, StoreCard], items: Mapping[str, ItemCard]) -> None:
    problems = []
    for index, receipt in enumerate(receipts):
        if receipt.store not in stores:
            said = f"no store has the code {receipt.store}; import it first"
            problems.append(FieldProblem(f"receipts[{index}].store", said))
        card = items.get(receipt.item)
        if card is None:
            said = f"no item has the code {receipt.item}; import its model first"
            problems.append(FieldProblem(f"receipts[{index}].item", said))
        elif not card.stocked:
            said = f"the model of {receipt.item} keeps no stock"
            problems.append(FieldProblem(f"receipts[{index}].item", said))
    if problems:
        raise InvalidInput(*problems[:PROBLEMS])


def _new(receipts: Sequence[NewReceipt], recorded: Mapping[str, RecordedReceipt]) -> list[NewReceipt]:
    """Those not recorded yet. The same id with another content is refused."""
    known = dict(recorded)
    new, problems = [], []
    for index, receipt in enumerate(receipts):
        told = RecordedReceipt(
            store=receipt.store,
            item=receipt.item,
            quantity=receipt.quantity,
            unit_cost=receipt.unit_cost,
            business_date=receipt.business_date,
        )
        before = known.setdefault(receipt.receipt_id, told)
        if before is told:
            new.append(receipt)
        elif before != told:
            said = f"{receipt.receipt_id} was recorded with another content; give a new receipt another id"
            problems.append(FieldProblem(f"receipts[{index}].receipt_id", said))
    if problems:
        raise InvalidInput(*problems[:PROBLEMS])
    return new


def _receive(
    work: Work,
    receipts: Sequence[NewReceipt],
    stores: Mapping[str, StoreCard],
    items: Mapping[str, ItemCard],
    units: Mapping[int, Decimal],
) -> None:
    entities = {store.id: store.legal_entity for store in stores.values()}
    models = {items[receipt.item].model for receipt in receipts}
    keys = [EntityModel(entity, model) for entity in units for model in models]
    ledger = Ledger(holdings=work.stock.holdings(keys), units=units)
    drafts = Drafts(ledger, entities)
    deltas: dict[StoreItem, Decimal] = defaultdict(Decimal)
    for receipt in sorted(receipts, key=lambda receipt: receipt.business_date):
        store, item = stores[receipt.store], items[receipt.item]
        key = VoucherKey(type=VoucherType.RECEIPT, store=store.id, collection="", on=receipt.business_date)
        drafts.add(
            key,
            item.id,
            item.model,
            receipt.quantity,
            Basis.RECEIPT,
            receipt.unit_cost,
            receipt_id=receipt.receipt_id,
        )
        deltas[StoreItem(store.id, item.id)] += receipt.quantity
    work.vouchers.make(drafts.all(), None)
    work.stock.move(deltas)
    work.stock.store_holdings(ledger.changed())
