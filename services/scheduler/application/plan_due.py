"""One look of a planner: the tasks that are due become runs, and their schedules move on, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from chassis import telemetry
from chassis.journal import Level, NewEntry
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.steps import JOURNAL_SOURCE, start_step
from services.scheduler.domain.changes import NewRun
from services.scheduler.domain.planning import Firing, Unreadable, plan_firings
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import TaskState, task_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDue:
    """Fires what is due, for any number of planners at once: one holds a schedule, an occurrence is made once."""

    site: Site
    texts: Texts
    locale: str  #: of the journal
    batch: int = 500

    def __call__(self, work: Work) -> int:
        """Fires at most a batch; answers how many tasks were due."""
        claimed = work.schedule.claim_due(self.batch)
        if not claimed:
            return 0
        due = [replace(task, time_zone=task.time_zone or self.site.time_zone) for task in work.tasks.due(claimed)]
        plan = list(plan_firings(due, work.now()))
        firings = [item for item in plan if isinstance(item, Firing)]
        self._fire(work, firings)
        work.schedule.advance({firing.task: firing.next_time for firing in firings})
        self._complete(work, [firing.task for firing in firings if firing.next_time is None])
        self._pause(work, [item for item in plan if isinstance(item, Unreadable)])
        return len(claimed)

    def _complete(self, work: Work, tasks: Sequence[int]) -> None:
        if tasks:
            work.tasks.set_state(tasks, TaskState.COMPLETED)

    def _pause(self, work: Work, unreadable: Sequence[Unreadable]) -> None:
        if not unreadable:
            return
        work.tasks.set_state([item.task for item in unreadable], TaskState.PAUSED)
        work.schedule.advance({item.task: None for item in unreadable})
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get("journal.unreadable", self.locale, task=task_name(item.task), cause=item.why),
                    source=JOURNAL_SOURCE,
                    level=Level.ERROR,
                )
                for item in unreadable
            ]
        )

    def _fire(self, work: Work, firings: Sequence[Firing]) -> None:
        runs = [
            NewRun(
                task=firing.task,
                nominal_time=firing.nominal_time,
                operation=uuid4(),
                traceparent=_root_of_trace(firing),
            )
            for firing in firings
        ]
        traces = {run.operation: run.traceparent for run in runs}
        made = work.runs.fire(runs, self.site.mode)
        work.operations.add_many(
            [start_step(run.number, self.site.name, traces[run.operation], run.operation) for run in made]
        )


def _root_of_trace(firing: Firing) -> str:
    with telemetry.span("occurrence", task=firing.task, nominal_time=firing.nominal_time.isoformat()):
        return telemetry.traceparent()
