"""A person starts a run by hand, now, whatever the task's trigger and state.

Where the task's site is offline, a temporary task in its likeness is made, whose run is held until the site is back.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from chassis import telemetry
from services.scheduler.application.create_task import create_task
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.schedule_task import site_of
from services.scheduler.application.steps import start_step
from services.scheduler.domain.changes import NewRun, RunChange
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import Run, RunState
from services.scheduler.domain.schedules import Schedule

JOURNAL_SOURCE = "grpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    """Makes runs that are no occurrences."""

    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, number: int, *, caller: str, peer: str, nominal_time: datetime | None) -> Run:
        task = work.tasks.lock(number)
        site = site_of(work, task.draft)  # as it stays until the run is there: nobody holds it back by mistake
        if not site.online:
            draft = replace(task.draft, schedule=Schedule(), delete_when_done=True)
            task = create_task(
                work, draft, handler=task.handler, owner=task.owner, paused=False, validate_only=False, system=True
            )
        step = uuid4() if site.online else None
        new = NewRun(
            task=task.number,
            nominal_time=nominal_time or work.now(),
            operation=step,
            traceparent=telemetry.traceparent(),
            started_by=caller,
        )
        made = work.runs.start_by_hand(new, site.mode)
        run = work.runs.get(made.number)
        if step is not None:
            work.operations.add(start_step(run, step))
        else:
            work.runs.change([RunChange(number=run.number, state=RunState.HELD, reason=SkipReason.SITE_OFFLINE)])
            run = work.runs.get(made.number)
        work.journal.write(
            self.texts.get("journal.asked", self.locale, title=task.draft.title),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=run.name,
        )
        return run
