"""Clearing of defective goods, in one transaction with its report (seed: Gestion des défectueux)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.journal import Level
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from services.sales.application.booking import changes, open_ledger
from services.sales.application.cards import MadeVoucher
from services.sales.application.correct_sales import business_date
from services.sales.application.correction_journal import LOCALE, units
from services.sales.application.ports import OpenWork, Words, Work
from services.sales.application.practising import end_practice
from services.sales.domain.defectives import DefectivesPlan, plan_defectives
from services.sales.domain.movements import StoreItem
from services.sales.domain.names import VoucherName


class ProcessDefectives:
    """Takes out of stock what clients brought back unsaleable. Each line is treated once."""

    def __init__(self, open_work: OpenWork, words: Words) -> None:
        self._open_work = open_work
        self._words = words

    def __call__(self, execution: Execution) -> None:
        """Does it, and ends the operation with its report in the same transaction. In training it is a preview."""
        execution.check()
        if execution.training:
            end_practice(self._open_work, self._words, execution, self.preview(execution))
            return
        with self._open_work(execution.fence) as work:
            execution.succeed(work, self._clear(work, execution))

    def preview(self, execution: Execution) -> Outcome:
        """What would be done: the same in a transaction that is rolled back, numbers with it."""
        with self._open_work() as work:
            work.keep_nothing()
            return self._clear(work, execution)

    def _clear(self, work: Work, execution: Execution) -> Outcome:
        entities = {store.id: store.legal_entity for store in work.catalogue.stores()}
        smallest = work.stock.lock(entities.values())
        lines = work.defectives.untreated()
        stock = work.stock.levels(StoreItem(line.store, line.item) for line in lines)
        ledger = open_ledger(work, smallest, smallest, (line.model for line in lines))
        plan = plan_defectives(lines, stock, ledger, entities, business_date(work, execution))
        made = work.vouchers.make(plan.vouchers, execution.id)
        work.stock.move(changes((), plan.vouchers))
        work.stock.store_holdings(ledger.changed())
        ids = {each.draft.key: each.id for each in made}
        work.defectives.treat((line, ids[key]) for line, key in plan.treated)
        self._warn(work, plan, execution)
        locale = execution.context.locale if execution.context else "fr"
        names = {each.name: each.name for each in made}
        if execution.training:
            prefix = self._words.get("training.voucher_prefix", locale)
            names = {name: VoucherName(prefix=prefix, number=number) for number, name in enumerate(names, 1)}
        return Outcome(
            result={"line_count": len(plan.treated), "vouchers": _shown(work, execution.id, names)},
            report="\n".join(self._report(made, names, locale)),
        )

    def _report(self, made: Sequence[MadeVoucher], names: Mapping[VoucherName, VoucherName], locale: str) -> list[str]:
        if not made:
            return [self._words.get("defectives.vouchers", locale), self._words.get("defectives.none", locale)]
        return [
            self._words.get("defectives.vouchers", locale),
            *(
                self._words.get(
                    "defectives.voucher", locale, voucher=names[each.name], collection=each.draft.key.collection
                )
                for each in made
            ),
        ]

    def _warn(self, work: Work, plan: DefectivesPlan, execution: Execution) -> None:
        if not plan.lacking:
            return
        items = work.catalogue.items({line.item for line in plan.lacking})
        stores = {store.id: store for store in work.catalogue.stores()}
        for line in plan.lacking:
            work.journal.write(
                self._words.get(
                    "journal.lacking",
                    LOCALE,
                    item=items[line.item].code,
                    store=stores[line.store].code,
                    quantity=units(line.quantity),
                ),
                source="sales.process-defectives",
                level=Level.WARNING,
                user=execution.caller,
                correlation=f"operations/{execution.id}",
            )


def _shown(work: Work, operation: UUID, names: Mapping[VoucherName, VoucherName]) -> list[dict[str, Any]]:
    return [
        {
            "name": names[card.name].resource,
            "type": card.type.value,
            "store": card.store,
            "supplier": card.supplier,
            "collection": card.collection,
            "business_date": card.business_date.isoformat(),
            "quantity": f"{card.quantity:f}",
            "value": f"{card.value:f}",
            "currency": card.currency,
            "line_count": card.line_count,
            "create_time": card.create_time.isoformat(),
        }
        for card in work.vouchers.of_operation(operation)
    ]
