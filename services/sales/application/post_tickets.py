"""Posting of recorded tickets, some stores at a time: a chunk that is committed is never done again."""

from collections.abc import Sequence

from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from services.sales.application.booking import book_lines, changes, open_ledger
from services.sales.application.ports import OpenWork, Work
from services.sales.domain.movements import StoreItem
from services.sales.domain.posting import plan_posting

STORES = 20  #: in one chunk: some ten thousand lines, so that stock stays locked for about a second


class PostTickets:
    """Posts every ticket that was not tried yet. Tickets in error wait for a correction."""

    def __init__(self, open_work: OpenWork, stores: int = STORES) -> None:
        self._open_work = open_work
        self._stores = stores

    def __call__(self, execution: Execution) -> Outcome:
        lines = execution.checkpoint if isinstance(execution.checkpoint, int) else 0
        with self._open_work(execution.fence) as work:
            work.posting.prepare()
        while True:
            execution.check()
            with self._open_work(execution.fence) as work:
                stores = work.posting.next_stores(self._stores)
                if not stores:
                    return Outcome(result={"lines": lines})
                lines += post_stores(work, stores)
                execution.save(work, lines)
            execution.progress(lines)


def post_stores(work: Work, stores: Sequence[int]) -> int:
    """Posts the recorded tickets of some stores in this transaction; answers how many lines were tried."""
    entities = {store.id: store.legal_entity for store in work.catalogue.stores()}
    units = work.stock.lock(entities[store] for store in stores)
    lines = work.posting.untried(stores)
    places = {StoreItem(line.store, line.item) for line in lines if line.item is not None and line.stocked}
    apart = work.defectives.set_apart({place.item for place in places})
    plan = plan_posting(lines, work.stock.levels(places), work.posting.returned(lines), apart)
    models = {each.line.model for each in plan.tried if each.moves and each.line.model is not None}
    ledger = open_ledger(work, units, units, models)
    booked = book_lines(plan.tried, ledger, entities)
    work.posting.write(plan.tried)
    work.stock.record_sales(booked)
    work.stock.move(changes(booked))
    work.stock.store_holdings(ledger.changed())
    work.posting.settle({line.key.ticket for line in lines})
    return len(lines)
