"""The chunks of a correction: which models come next, and what is done for them in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.sales.application.booking import book_lines, changes, open_ledger
from services.sales.application.cards import StoreCard
from services.sales.application.correction_journal import CorrectionJournal
from services.sales.application.ports import Words, Work
from services.sales.domain.corrections import CorrectionPlan, Kit, Rules, Shop, plan_corrections
from services.sales.domain.posting import TriedLine
from services.sales.domain.vouchers import draft_supplies


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What a correction did."""

    transferred: Decimal = Decimal(0)  #: units
    adjusted: Decimal = Decimal(0)  #: units
    reassigned: int = 0  #: lines of unknown codes that became sales of the sub-family
    credited: int = 0  #: return lines

    def __add__(self, other: "Corrected") -> "Corrected":
        return Corrected(
            transferred=self.transferred + other.transferred,
            adjusted=self.adjusted + other.adjusted,
            reassigned=self.reassigned + other.reassigned,
            credited=self.credited + other.credited,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "transferred": str(self.transferred),
            "adjusted": str(self.adjusted),
            "reassigned": self.reassigned,
            "credited": self.credited,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Corrected":
        return cls(
            transferred=Decimal(value["transferred"]),
            adjusted=Decimal(value["adjusted"]),
            reassigned=value["reassigned"],
            credited=value["credited"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Models of one chunk."""

    all: tuple[int, ...]
    last: int  #: where the next chunk goes on


def assign_unknown_codes(work: Work, operation: UUID, rules: Rules, words: Words, user: str) -> Corrected:
    """Makes sales of unknown codes sales of the sub-family."""
    lines = work.corrections.unknown(operation)
    plan = plan_corrections(lines, (), {}, {}, {}, rules)
    posted = [TriedLine(line=line) for line in plan.assigned]
    work.corrections.post(operation, posted, rules.unknown_codes_subfamily)
    work.posting.settle({line.key.ticket for line in plan.assigned})
    journal = CorrectionJournal(work, words, operation, user)
    journal.assigned(plan.assigned, rules.unknown_codes_subfamily)
    journal.write()
    return Corrected(reassigned=len(posted))


def next_models(work: Work, operation: UUID, after: int, lines: int, *, kits: bool) -> Models | None:
    """Models with lines in error behind `after`, about so many lines; those that kits tie together stay together."""
    counts = work.corrections.pending_models(operation)
    groups = _groups(counts, work.catalogue.kits(counts) if kits and counts else ())
    chosen: list[int] = []
    last, taken = after, 0
    for first, models in sorted(groups.items()):
        if first <= after:
            continue
        if taken and taken + sum(counts.get(model, 0) for model in models) > lines:
            break
        chosen.extend(models)
        taken += sum(counts.get(model, 0) for model in models)
        last = first
    return Models(all=tuple(chosen), last=last) if chosen else None


def _groups(models: Iterable[int], kits: Sequence[Kit]) -> dict[int, list[int]]:
    """Lowest model → the models that kits tie together, itself among them."""
    parent: dict[int, int] = {}

    def root(model: int) -> int:
        parent.setdefault(model, model)
        while parent[model] != model:
            model = parent[model]
        return model

    for kit in kits:
        for part in kit.parts:
            one, other = sorted((root(kit.model), root(part.model)))
            parent[other] = one
    groups: dict[int, list[int]] = {}
    for model in sorted({*models, *parent}):
        groups.setdefault(root(model), []).append(model)
    return groups


def correct_models(
    work: Work,
    operation: UUID,
    models: Sequence[int],
    shops: Mapping[int, Shop],
    stores: Sequence[StoreCard],
    rules: Rules,
    words: Words,
    user: str,
) -> Corrected:
    """Plans and does the correction of these models under the lock of their stock."""
    entities = {store.id: store.legal_entity for store in stores}
    units = work.stock.lock(entities.values())
    lines, others = work.corrections.pending(operation, models)
    kits = work.catalogue.kits(models) if rules.open_kits else ()
    items = {line.item for line in (*lines, *others) if line.item is not None}
    items |= {kit.item for kit in kits} | {part.item for kit in kits for part in kit.parts}
    stock = work.stock.levels_of_items(items)
    returned, apart = work.posting.returned(lines), work.defectives.set_apart(items)
    plan = plan_corrections(lines, others, stock, returned, shops, rules, kits, apart)
    cards = work.catalogue.items(items)
    ledger = open_ledger(work, units, units, {*models, *(card.model for card in cards.values())})
    collections = {card.model: card.collection for card in cards.values()}
    drafts = draft_supplies(plan, collections, ledger, entities)
    made = work.vouchers.make(drafts, operation)
    booked = book_lines(plan.posted, ledger, entities)
    work.stock.move(changes(booked, drafts))
    work.stock.record_sales(booked)
    work.stock.store_holdings(ledger.changed())
    work.corrections.post(operation, plan.posted)
    work.corrections.explain(plan.remaining)
    work.posting.settle({each.line.key.ticket for each in plan.posted})
    journal = CorrectionJournal(work, words, operation, user)
    journal.made(made, stores, cards)
    journal.credited(plan.credited)
    journal.write()
    return _corrected(plan)


def _corrected(plan: CorrectionPlan) -> Corrected:
    return Corrected(
        transferred=sum((each.quantity for each in plan.transfers), Decimal(0)),
        adjusted=sum((each.quantity for each in plan.adjustments), Decimal(0)),
        credited=len(plan.credited),
    )
