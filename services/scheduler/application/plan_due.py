"""One look of a planner: the tasks that are due become runs, and their schedules move on, in one transaction.

What does not run leaves a row that says why; what cannot run because its site is offline is held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import telemetry
from chassis.journal import Level, NewEntry
from services.scheduler.application.cancel_runs import CancelRuns
from services.scheduler.application.ports import PlannerMeasures, Texts, Work
from services.scheduler.application.steps import JOURNAL_SOURCE, Way, hold, shared_step, together
from services.scheduler.application.task_ports import Due
from services.scheduler.domain.changes import HeldRun, NewRun, SkippedRun
from services.scheduler.domain.planning import Fire, Plan, Unreadable, plan_firings
from services.scheduler.domain.tasks import TaskState, task_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDue:
    """Fires what is due, for any number of planners at once: one holds a schedule, an occurrence is made once."""

    texts: Texts
    locale: str  #: of the journal
    cancel_runs: CancelRuns
    measures: PlannerMeasures
    batch: int = 1000

    def __call__(self, work: Work) -> int:
        """Fires at most a batch; answers how many tasks were due."""
        claimed = work.schedule.claim_due(self.batch)
        if not claimed:
            return 0
        due = {each.task.number: each for each in work.tasks.due(claimed)}
        planned = list(plan_firings([each.task for each in due.values()], work.now()))
        plans = [item for item in planned if isinstance(item, Plan)]
        self._cancel(work, [plan.task for plan in plans if plan.cancel_running])
        self._skip(work, plans)
        for skip in (skip for plan in plans for skip in plan.skips):
            self.measures.skipped(skip.reason, skip.count)
        work.runs.hold_for_site(list(_held(plans, due)))
        self._fire(work, plans, due)
        work.schedule.advance(plans)
        self._complete(work, [plan.task for plan in plans if plan.next_time is None])
        self._pause(work, [item for item in planned if isinstance(item, Unreadable)])
        return len(claimed)

    def _cancel(self, work: Work, tasks: Sequence[int]) -> None:
        if tasks:
            unfinished = work.runs.unfinished_of(tasks)
            runs = hold(work, [number for numbers in unfinished.values() for number in numbers])
            self.cancel_runs(work, [run for run in runs.values() if not run.ended], by="")

    def _skip(self, work: Work, plans: Sequence[Plan]) -> None:
        """One entry a task at a time: a task's next reason begins another row."""
        for turn in range(max(len(plan.skips) for plan in plans) if plans else 0):
            work.runs.skip(
                [
                    SkippedRun(
                        task=plan.task,
                        reason=plan.skips[turn].reason,
                        first_time=plan.skips[turn].first_time,
                        last_time=plan.skips[turn].last_time,
                        occurrences=plan.skips[turn].count,
                    )
                    for plan in plans
                    if turn < len(plan.skips)
                ]
            )

    def _fire(self, work: Work, plans: Sequence[Plan], due: Mapping[int, Due]) -> None:
        """Runs that go the same way share the step that starts them; those that wait for a pool are started in turn."""
        portions = together((_way(due[plan.task]), (plan, fire)) for plan in plans for fire in plan.fires)
        steps = {
            step: (way.site, [_new_run(plan, fire, step) for plan, fire in firings]) for step, way, firings in portions
        }
        made = work.runs.fire([run for _, runs in steps.values() for run in runs])
        begun = {run.operation for run in made}
        work.operations.add_many(
            [
                shared_step(site, step, [run.traceparent for run in runs])
                for step, (site, runs) in steps.items()
                if step in begun
            ]
        )

    def _complete(self, work: Work, tasks: Sequence[int]) -> None:
        if tasks:
            work.tasks.set_state(tasks, TaskState.COMPLETED)

    def _pause(self, work: Work, unreadable: Sequence[Unreadable]) -> None:
        if not unreadable:
            return
        tasks = [item.task for item in unreadable]
        work.tasks.set_state(tasks, TaskState.PAUSED)
        work.schedule.stop(tasks)
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


def _way(due: Due) -> Way:
    return Way(site=due.task.site, handler=due.handler, destination=due.destination)


def _held(plans: Sequence[Plan], due: Mapping[int, Due]) -> Iterator[HeldRun]:
    for plan in plans:
        if plan.hold is not None:
            yield HeldRun(
                task=plan.task,
                nominal_time=plan.hold.nominal_time,
                first_time=plan.hold.first_time,
                occurrences=plan.hold.count,
                traceparent=_root_of_trace(plan.task, plan.hold),
                held=due[plan.task].task.held,
            )


def _new_run(plan: Plan, fire: Fire, step: UUID) -> NewRun:
    return NewRun(
        task=plan.task,
        nominal_time=fire.nominal_time,
        first_time=fire.first_time,
        occurrences=fire.count,
        operation=step,
        traceparent=_root_of_trace(plan.task, fire),
    )


def _root_of_trace(task: int, fire: Fire) -> str:
    return telemetry.root("occurrence", task=task, nominal_time=fire.nominal_time.isoformat())
