"""People change tasks, all of a selection or none. Runs that have started keep what they started with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import BackroomError, FieldProblem, InvalidInput, StaleEtag
from services.scheduler.application.note_missed import note_missed
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import (
    NEVER,
    Next,
    check_any_to_come,
    next_after_change,
    state_of,
    unknown_site,
)
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChange:
    """A checked draft that is to take the place of the one that `etag` stands for."""

    number: int
    draft: TaskDraft
    etag: str
    place: str = "task."  #: where its fields stand in the request
    may_be_over: bool = False  #: whether a draft whose every instant lies in the past is no mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How a task stands once changed."""

    task: Task
    timed: bool  #: whether it fires at other times than before
    following: Next


def update_task(work: Work, number: int, *, draft: TaskDraft, etag: str, validate_only: bool) -> Task:
    """Puts a checked draft in the place of the one that `etag` stands for. Raises `StaleEtag`."""
    (task,) = update_tasks(work, [TaskChange(number=number, draft=draft, etag=etag)], validate_only=validate_only)
    return task


def update_tasks(work: Work, changes: Sequence[TaskChange], *, validate_only: bool) -> Sequence[Task]:
    """The tasks as they are then, in the same order. Raises `StaleEtag`, or `InvalidInput` with every problem."""
    tasks = work.tasks.lock_many(change.number for change in changes)
    for change in changes:
        if change.etag != tasks[change.number].etag:
            raise StaleEtag(tasks[change.number].name)
    places = {change.draft.site for change in changes} | {task.draft.site for task in tasks.values()}
    sites, now = work.sites.keep_many(places), work.now()
    moved: list[Moved] = []
    problems: list[FieldProblem] = []
    for change in changes:
        try:
            moved.append(_moved(tasks[change.number], change, sites, now))
        except (InvalidInput, BadTrigger) as error:
            problems += placed(error, change.place)
    if problems:
        raise InvalidInput(*problems)
    if validate_only:
        return [each.task for each in moved]
    retimed = [(tasks[each.task.number], each.following) for each in moved if each.timed]
    note_missed(work, [(task, sites[task.draft.site], following) for task, following in retimed])
    work.tasks.change_many({each.task.number: each.task.draft for each in moved})
    work.schedule.set_many(
        {
            each.task.number: (
                each.following.time,
                None if each.task.state is TaskState.PAUSED else each.following.fire_time,
            )
            for each in moved
            if each.timed
        }
    )
    for state in (TaskState.ENABLED, TaskState.COMPLETED):
        other = [each.task.number for each in moved if each.task.state is state is not tasks[each.task.number].state]
        if other:
            work.tasks.set_state(other, state)
    work.pools.ensure_many(each.task.run_pool for each in moved)
    changed = work.tasks.get_many(tasks)
    return [changed[change.number] for change in changes]


def placed(error: BackroomError, place: str) -> Sequence[FieldProblem]:
    """The problems of a draft, each where it stands in the request."""
    if isinstance(error, InvalidInput):
        return [
            FieldProblem(place + problem.field.removeprefix("task."), problem.description) for problem in error.problems
        ]
    return [FieldProblem(f"{place}triggers", str(error))]


def _moved(task: Task, change: TaskChange, sites: Mapping[str, Site], now: datetime) -> Moved:
    site = sites.get(change.draft.site)
    if site is None:
        raise unknown_site(change.draft)
    if _timing(change.draft) == _timing(task.draft):
        return Moved(task=replace(task, draft=change.draft), timed=False, following=NEVER)
    paused = task.state is TaskState.PAUSED
    following = next_after_change(change.draft, site, now, task.number, task.next_time)
    check_any_to_come(change.draft, site, following, task.number, may_be_over=change.may_be_over)
    state = state_of(change.draft, following, paused=paused)
    next_time = task.next_time if paused else following.time
    return Moved(
        task=replace(task, draft=change.draft, next_time=next_time, state=state), timed=True, following=following
    )


def _timing(draft: TaskDraft) -> tuple[object, ...]:
    """What says when a task fires."""
    return draft.schedule, draft.time_zone, draft.site, draft.jitter
