"""A person starts a run by hand, now, whatever the task's trigger and state."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from chassis import telemetry
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.steps import start_step
from services.scheduler.domain.changes import NewRun
from services.scheduler.domain.runs import Run
from services.scheduler.domain.sites import Site

JOURNAL_SOURCE = "grpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    """Makes runs that are no occurrences."""

    site: Site
    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, number: int, *, caller: str, peer: str, nominal_time: datetime | None) -> Run:
        task = work.tasks.lock(number)
        new = NewRun(
            task=number,
            nominal_time=nominal_time or work.now(),
            operation=uuid4(),
            traceparent=telemetry.traceparent(),
            started_by=caller,
        )
        made = work.runs.start_by_hand(new, self.site.mode)
        work.operations.add(start_step(made.number, task.draft.site, new.traceparent, made.operation))
        run = work.runs.get(made.number)
        work.journal.write(
            self.texts.get("journal.asked", self.locale, title=task.draft.title),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=run.name,
        )
        return run
