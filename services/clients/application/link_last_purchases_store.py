"""Links each client to the store of its last ten tickets (seed: Magasin des 10 derniers achats)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from services.clients.application.ports import Meter, OpenWork, Purchases, Words
from services.clients.domain.purchases import TICKETS_THAT_COUNT, plan_linked_stores

SOURCE: Final = "clients.last-purchases-store"


class LinkLastPurchasesStore:
    """Reads purchases batch by batch, decides, and changes the clients whose linked store is another one.

    Each batch is a transaction of its own. A run that died is done again from the beginning: what it had
    changed already is found as it should be, and the checkpoint keeps how much that was. Only the last
    transaction moves the mark from which the next run reads, so no ticket is passed over.

    In training every batch is rolled back and the mark stays: the report says what would have been done.
    """

    def __init__(
        self, open_work: OpenWork, purchases: Purchases, texts: Words, meter: Meter, journal_locale: str
    ) -> None:
        self._open_work = open_work
        self._purchases = purchases
        self._texts = texts
        self._meter = meter
        self._journal_locale = journal_locale

    def __call__(self, execution: Execution, *, stores: Sequence[str], full_synchronisation: bool) -> None:
        """`stores` empty means all; without `full_synchronisation` only clients with new tickets are read."""
        examined, practised, read_time = 0, 0, None
        for batch in self._purchases.latest(
            stores=stores,
            tickets_per_client=TICKETS_THAT_COUNT,
            recorded_after=None if full_synchronisation else self._last_read_time(stores),
        ):
            execution.check()
            with self._open_work(execution.fence) as work:
                linked = work.clients.link_stores(plan_linked_stores(batch.purchases))
                if execution.training:
                    work.keep_nothing()
                    practised, linked = practised + linked, 0
                else:
                    execution.save(work, {"linked": _linked_before(execution) + linked})
            examined += len(batch.purchases)
            read_time = batch.read_time
            self._meter.examined(len(batch.purchases), linked)
            execution.progress(examined)
        if execution.training:
            self._end_practice(execution, examined, practised)
        else:
            self._end(execution, stores, examined, read_time)

    def _last_read_time(self, stores: Sequence[str]) -> datetime | None:
        with self._open_work() as work:
            return work.readings.read_time(stores)

    def _end(self, execution: Execution, stores: Sequence[str], examined: int, read_time: datetime | None) -> None:
        linked = _linked_before(execution)
        with self._open_work(execution.fence) as work:
            if read_time is not None:
                work.readings.keep(stores, read_time)
            work.journal.write(
                self._texts.get("journal.linked", self._journal_locale, count=linked),
                source=SOURCE,
                user=execution.task.owner,
                correlation=execution.task.run,
            )
            report = self._texts.get("report.linked", execution.task.locale, examined=examined, count=linked)
            execution.succeed(work, Outcome(result={"examined": examined, "linked": linked}, report=report))

    def _end_practice(self, execution: Execution, examined: int, linked: int) -> None:
        task = execution.task
        with self._open_work(execution.fence) as work:
            work.journal.write(
                self._texts.get("journal.training", self._journal_locale, count=linked),
                source=SOURCE,
                user=task.owner,
                correlation=task.run,
            )
            said = self._texts.get("report.training", task.locale)
            report = self._texts.get("report.linked", task.locale, examined=examined, count=linked)
            outcome = Outcome(result={"examined": examined, "linked": linked}, report=f"{said}\n{report}")
            execution.succeed(work, outcome)


def _linked_before(execution: Execution) -> int:
    """Clients that this run has linked, in tries that died included."""
    match execution.checkpoint:
        case {"linked": int(linked)}:
            return linked
        case _:
            return 0
