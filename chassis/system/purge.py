"""Purge on demand: the same retention that the keeper applies by itself, at once and with a report."""

from collections.abc import Sequence

from chassis.operations import purging
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from chassis.operations.purging import Purge
from chassis.system.maintenance import OpenWork
from chassis.texts import Texts

SOURCE = "purge"


class PurgeNow:
    """Forgets batch after batch; a later try goes on and keeps the count.

    In training one batch of each is tried and rolled back.
    """

    def __init__(self, open_work: OpenWork, purges: Sequence[Purge], texts: Texts, locale: str) -> None:
        self._open_work = open_work
        self._purges = purges
        self._texts = texts
        self._locale = locale  #: of the journal

    def __call__(self, execution: Execution) -> None:
        counts = _counted(execution)
        for place, purge in enumerate(self._purges):
            while True:
                execution.check()
                execution.progress(place, len(self._purges), self._texts.get(purge.what, execution.task.locale))
                with self._open_work(execution.fence) as work:
                    forgotten = purging.forget(work.connection, purge)
                    counts[purge.what] = counts.get(purge.what, 0) + forgotten
                    if execution.training:
                        work.keep_nothing()
                    else:
                        execution.save(work, counts)
                if forgotten < purging.BATCH or execution.training:
                    break
        with self._open_work(execution.fence) as work:
            work.journal.write(
                " · ".join(self._lines(counts, self._locale, training=execution.training)),
                source=SOURCE,
                user=execution.caller,
                correlation=f"operations/{execution.id}",
            )
            report = "\n".join(self._lines(counts, execution.task.locale, training=execution.training))
            execution.succeed(work, Outcome(result=counts, report=report))

    def _lines(self, counts: dict[str, int], locale: str, *, training: bool) -> list[str]:
        lines = [
            self._texts.get("system.purge.line", locale, what=self._texts.get(purge.what, locale), count=count)
            for purge in self._purges
            if (count := counts[purge.what])
        ]
        said = [self._texts.get("system.purge.training", locale, batch=purging.BATCH)] if training else []
        return said + (lines or [self._texts.get("system.purge.none", locale)])


def _counted(execution: Execution) -> dict[str, int]:
    """What earlier tries have forgotten."""
    match execution.checkpoint:
        case dict(counts):
            return {str(what): count for what, count in counts.items() if isinstance(count, int)}
        case _:
            return {}
