"""Automatic correction of sales, chunk by chunk (seed: Correction automatique des ventes).

Models do not compete for stock, so a chunk of models is corrected for the whole chain in one transaction: planned on
what is true under the lock, applied, posted. A run that dies goes on behind the last chunk that was committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from chassis.errors import FieldProblem, InvalidInput
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from services.sales.application.cards import StoreCard
from services.sales.application.correction_chunks import (
    Corrected,
    assign_unknown_codes,
    correct_models,
    next_models,
)
from services.sales.application.correction_report import outcome_of
from services.sales.application.ports import OpenWork, Words, Work
from services.sales.application.post_tickets import STORES, post_stores
from services.sales.application.practising import end_practice
from services.sales.domain.corrections import Rules, Shop

LINES = 2_000  #: in error, in one chunk
ALL_REGISTERS = (1, 2**31 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionOrder:
    """What is corrected, and how."""

    stores: tuple[str, ...] = ()  #: codes; none means all
    first_register: int = 0  #: 0 and 0: all
    last_register: int = 0
    donor_stores: tuple[str, ...] = ()  #: codes in the order of their priority; none: all, in the order of their codes
    close_days: bool = False  #: days wholly posted are closed
    rules: Rules = field(default_factory=Rules)

    @property
    def registers(self) -> tuple[int, int]:
        if self.first_register == 0 and self.last_register == 0:
            return ALL_REGISTERS
        return self.first_register, self.last_register


class Phase(StrEnum):
    """Where a correction is."""

    START = "start"  #: nothing was done
    POST = "post"  #: what was never tried is posted first
    UNKNOWN_CODES = "unknown_codes"  #: unknown codes become sales of the sub-family
    MODELS = "models"  #: chunk by chunk
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a correction is: its checkpoint."""

    phase: Phase = Phase.START
    after: int = 0  #: last model of the last chunk
    done: Corrected = field(default_factory=Corrected)

    def to_json(self) -> dict[str, Any]:
        return {"phase": self.phase.value, "after": self.after, "done": self.done.to_json()}

    @classmethod
    def from_json(cls, value: Any) -> "Progress":
        if value is None:
            return cls()
        return cls(phase=Phase(value["phase"]), after=value["after"], done=Corrected.from_json(value["done"]))


class CorrectSales:
    """Corrects what stands in error. Running twice changes nothing the second time."""

    def __init__(self, open_work: OpenWork, words: Words, *, lines: int = LINES, stores: int = STORES) -> None:
        self._open_work = open_work
        self._words = words
        self._lines = lines
        self._stores = stores

    def __call__(self, execution: Execution, order: CorrectionOrder) -> None:
        """Does it; the last chunk ends the operation with the report. In training it is a preview."""
        if execution.training:
            end_practice(self._open_work, self._words, execution, self.preview(execution, order))
            return
        progress = Progress.from_json(execution.checkpoint)
        while progress.phase is not Phase.DONE:
            execution.check()
            with self._open_work(execution.fence) as work:
                progress = self._step(work, execution, order, progress)
                execution.save(work, progress.to_json())
                days = work.corrections.progress(execution.id)
                if progress.phase is Phase.DONE:
                    execution.succeed(work, self._outcome(work, execution, progress.done))
            execution.progress(*days)

    def preview(self, execution: Execution, order: CorrectionOrder) -> Outcome:
        """Does the same in one transaction that is rolled back: what would be done, without a voucher's number."""
        with self._open_work() as work:
            work.keep_nothing()
            # All of it at once: taken store by store, two transactions could wait for each other.
            work.stock.lock(store.legal_entity for store in work.catalogue.stores())
            progress = Progress()
            while progress.phase is not Phase.DONE:
                execution.check()
                progress = self._step(work, execution, order, progress)
            outcome = self._outcome(work, execution, progress.done)
        return Outcome(result={**outcome.result, "vouchers": []}, report=outcome.report)

    def _outcome(self, work: Work, execution: Execution, done: Corrected) -> Outcome:
        locale = execution.context.locale if execution.context else "fr"
        return outcome_of(work, execution.id, done, self._words, locale)

    def _step(self, work: Work, execution: Execution, order: CorrectionOrder, at: Progress) -> Progress:
        stores = work.catalogue.stores()
        chosen = select_stores(stores, order.stores, "stores")
        match at.phase:
            case Phase.START:
                select_stores(stores, order.donor_stores, "donor_stores")
                first, last = order.registers
                work.corrections.freeze_days(execution.id, [store.id for store in chosen], first, last)
                return replace(at, phase=Phase.POST)
            case Phase.POST:
                untried = work.posting.next_stores(self._stores)
                if untried:
                    post_stores(work, untried)
                    return at
                work.corrections.mark_errors(execution.id)
                return replace(at, phase=Phase.UNKNOWN_CODES)
            case Phase.UNKNOWN_CODES:
                done = assign_unknown_codes(work, execution.id, order.rules, self._words, execution.caller)
                return replace(at, phase=Phase.MODELS, done=at.done + done)
            case Phase.MODELS | Phase.DONE:
                models = next_models(work, execution.id, at.after, self._lines, kits=order.rules.open_kits)
                if models:
                    shops = shops_of(stores, work.corrections.first_days(execution.id), order)
                    done = correct_models(
                        work, execution.id, models.all, shops, stores, order.rules, self._words, execution.caller
                    )
                    return replace(at, after=models.last, done=at.done + done)
                if order.close_days:
                    first, last = order.registers
                    today = business_date(work, execution)
                    work.corrections.close_days([store.id for store in chosen], first, last, today)
                return replace(at, phase=Phase.DONE)


def business_date(work: Work, execution: Execution) -> date:
    """The day the work stands for."""
    return execution.context.business_date if execution.context else work.now().date()


def select_stores(stores: Sequence[StoreCard], codes: Sequence[str], field_name: str) -> Sequence[StoreCard]:
    """The stores of these codes, in their order; all where there are none. Raises `InvalidInput`."""
    if not codes:
        return stores
    known = {store.code: store for store in stores}
    problems = [
        FieldProblem(f"{field_name}[{index}]", f"no store has the code {code}; leave {field_name} empty for all")
        for index, code in enumerate(codes)
        if code not in known
    ]
    if problems:
        raise InvalidInput(*problems)
    return [known[code] for code in dict.fromkeys(codes)]


def shops_of(stores: Sequence[StoreCard], first_days: Mapping[int, date], order: CorrectionOrder) -> dict[int, Shop]:
    """The stores as the plan sees them."""
    ranks = {store.id: rank for rank, store in enumerate(select_stores(stores, order.donor_stores, "donor_stores"))}
    return {
        store.id: Shop(
            legal_entity=store.legal_entity, first_day=first_days.get(store.id), donor_rank=ranks.get(store.id)
        )
        for store in stores
    }
