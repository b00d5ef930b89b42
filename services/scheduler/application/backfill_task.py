"""A person has the instants of a range made up for that brought no run, or were skipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chassis import telemetry
from chassis.errors import FieldProblem, InvalidInput
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.run_task import JOURNAL_SOURCE
from services.scheduler.application.schedule_task import INSTANT, site_of, zone_of
from services.scheduler.application.start_asked import start_asked
from services.scheduler.domain.changes import MadeRun, NewRun
from services.scheduler.domain.errors import RunUnfinished
from services.scheduler.domain.policies import Overlap
from services.scheduler.domain.runs import run_name
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import OWN_POOL, Task, TaskState

MOST = 1_000  #: runs made at once
MOST_LOOKED_AT = 100_000  #: instants of a range


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What a range brings."""

    instants: Sequence[datetime]  #: ascending
    runs: Sequence[MadeRun] = ()  #: one each; none where only checked


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillTask:
    """Makes one run of each instant, oldest first. Asked again, it finds nothing left to make."""

    texts: Texts
    locale: str  #: of the journal

    def __call__(
        self, work: Work, number: int, *, first: datetime, last: datetime, caller: str, peer: str, validate_only: bool
    ) -> Backfill:
        """`first` and `last` belong to the range. Raises `UnknownResource`, `InvalidInput`, `RunUnfinished`."""
        task = work.tasks.lock(number)
        site = site_of(work, task.draft)
        _check_range(task, first, last, work.now())
        whole = [each for each in _instants(task, site, first, last) if not _is_planners(task, each)]
        brought = work.reruns.brought(number, whole[0], whole[-1]) if whole else {}
        instants = [each for each in whole if each not in brought]
        if len(instants) > MOST:
            raise InvalidInput(
                FieldProblem("end_time", f"{len(instants)} instants brought no run; choose a range of {MOST} at most")
            )
        pool = _pool(work, task)
        if validate_only or not instants:
            return Backfill(instants=instants)
        work.pools.ensure(pool)
        work.pools.lock([pool])
        trace = telemetry.traceparent()
        new = [
            NewRun(task=number, nominal_time=each, operation=None, traceparent=trace, started_by=caller)
            for each in instants
        ]
        made = work.reruns.backfill(new, mode=site.mode, pool=pool)
        start_asked(work, [each.number for each in made], site)
        work.journal.write(
            self.texts.get(
                "journal.backfill_asked",
                self.locale,
                title=task.draft.title,
                count=len(made),
                first=instants[0].isoformat(),
                last=instants[-1].isoformat(),
            ),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=task.name,
        )
        return Backfill(instants=instants, runs=made)


def _check_range(task: Task, first: datetime, last: datetime, now: datetime) -> None:
    problems = []
    if first < task.create_time:
        since = task.create_time.isoformat()
        problems.append(FieldProblem("start_time", f"{task.name} was created at {since}; begin no earlier"))
    if last > now:
        problems.append(FieldProblem("end_time", "lies in the future; write now or earlier"))
    if last < first:
        problems.append(FieldProblem("end_time", "lies before start_time; write a later one"))
    if problems:
        raise InvalidInput(*problems)


def _instants(task: Task, site: Site, first: datetime, last: datetime) -> list[datetime]:
    """The instants of the task's schedule, as it is now."""
    found: list[datetime] = []
    schedule = task.draft.schedule.instants(first - INSTANT, zone_of(task.draft, site), task.number)
    for instant in islice(schedule, MOST_LOOKED_AT + 1):
        if instant > last:
            return found
        found.append(instant)
    if len(found) > MOST_LOOKED_AT:
        raise InvalidInput(FieldProblem("end_time", f"more than {MOST_LOOKED_AT} instants; choose a shorter range"))
    return found


def _is_planners(task: Task, instant: datetime) -> bool:
    """An instant that has come and that no planner has seen yet: one run may come of it and of those before it."""
    return task.state is TaskState.ENABLED and task.next_time is not None and instant >= task.next_time


def _pool(work: Work, task: Task) -> str:
    """Where the runs wait for each other; empty where they may go side by side.

    A run that waits in no pool and has not ended would be at work beside them.
    """
    if task.draft.overlap is Overlap.ALLOW:
        return task.run_pool
    pool = task.run_pool or f"{OWN_POOL}{task.number}"
    beside = work.reruns.outside(task.number, pool)
    if beside is not None:
        raise RunUnfinished(task.name, run_name(beside))
    return pool
