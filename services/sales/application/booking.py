"""Books posted lines: what each is worth, and what they change in the stores."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from services.sales.application.cards import BookedLine
from services.sales.application.ports import Work
from services.sales.domain.average_cost import COST_UNIT, EXACT
from services.sales.domain.movements import Basis, EntityModel, Ledger, LineKey, StoreItem
from services.sales.domain.posting import TriedLine
from services.sales.domain.vouchers import VoucherDraft

Deltas = dict[StoreItem, Decimal]


def open_ledger(work: Work, units: Mapping[int, Decimal], entities: Iterable[int], models: Iterable[int]) -> Ledger:
    """The holdings of models in legal entities that this transaction has locked."""
    wanted = set(models)
    keys = (EntityModel(entity, model) for entity in set(entities) for model in wanted)
    return Ledger(holdings=work.stock.holdings(keys), units=units)


def book_lines(tried: Iterable[TriedLine], ledger: Ledger, legal_entities: Mapping[int, int]) -> list[BookedLine]:
    """The lines that move stock, and what that is worth: what comes back, at the cost it was sold at, where known."""
    sold_at: dict[LineKey, Decimal] = {}
    booked: list[BookedLine] = []
    for each in tried:
        line = each.line
        if not each.moves or line.model is None:
            continue
        key = EntityModel(legal_entities[line.store], line.model)
        if each.moves < 0:
            valued = ledger.book(key, each.moves)
            sold_at[line.key] = valued.cost
        else:
            cost = line.issue_cost
            if cost is None and line.sale is not None:
                cost = sold_at.get(line.sale)
            elif cost is not None:
                cost = cost.quantize(COST_UNIT, context=EXACT)
            valued = ledger.book(key, each.moves, Basis.ISSUE_COST, cost)
        booked.append((each, valued))
    return booked


def changes(booked: Iterable[BookedLine], drafts: Iterable[VoucherDraft] = ()) -> Deltas:
    """Units by which each place changes."""
    deltas: Deltas = defaultdict(Decimal)
    for draft in drafts:
        for line in draft.lines:
            deltas[StoreItem(draft.key.store, line.item)] += line.quantity
            if draft.key.donor is not None:
                deltas[StoreItem(draft.key.donor, line.item)] -= line.quantity
    for each, _ in booked:
        if each.line.item is not None:
            deltas[StoreItem(each.line.store, each.line.item)] += each.moves
    return deltas
