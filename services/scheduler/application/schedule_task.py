"""When a task fires next, from now on, and the state that follows from it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chassis.errors import FieldProblem, InvalidInput
from services.scheduler.application.ports import Work
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.policies import jitter
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import TaskDraft, TaskState
from services.scheduler.domain.triggers import zone_named

INSTANT = timedelta(microseconds=1)  #: the shortest time there is


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """When a task fires next."""

    time: datetime | None  #: its next instant; None where none is left
    fire_time: datetime | None  #: when that is due: with its jitter


NEVER = Next(time=None, fire_time=None)


def zone_of(draft: TaskDraft, site: Site) -> ZoneInfo:
    return zone_named(draft.time_zone or site.time_zone)


def next_after(draft: TaskDraft, site: Site, after: datetime, number: int) -> Next:
    """The first instant of the task `number` later than `after`."""
    zone = zone_of(draft, site)
    time = draft.schedule.next_instant(after, zone, number)
    if time is None:
        return NEVER
    if not draft.jitter:
        return Next(time=time, fire_time=time)
    following = draft.schedule.next_instant(time, zone, number)
    return Next(time=time, fire_time=time + jitter(number, time, draft.jitter, following))


def next_after_change(draft: TaskDraft, site: Site, now: datetime, number: int, due: datetime | None) -> Next:
    """The same for a task that fires already: an instant that has come, and that no planner has seen yet, is kept
    where the new schedule has it, too.
    """
    if due is not None and due <= now:
        kept = next_after(draft, site, due - INSTANT, number)
        if kept.time == due:
            return kept
    return next_after(draft, site, now, number)


def check_any_to_come(draft: TaskDraft, site: Site, next: Next, number: int, *, may_be_over: bool = False) -> None:
    """A trigger that can never fire is a mistake, and so are triggers of the past only. Raises `InvalidInput`.

    A draft that was written long ago may be over.
    """
    try:
        draft.schedule.check(zone_of(draft, site), number)
    except BadTrigger as never:
        raise InvalidInput(FieldProblem("task.triggers", str(never))) from never
    if draft.schedule.triggers and next.time is None and not may_be_over:
        raise InvalidInput(
            FieldProblem("task.triggers", "every instant lies in the past; write one to come, or no trigger")
        )


def state_of(draft: TaskDraft, next: Next, *, paused: bool) -> TaskState:
    """A task without triggers runs by hand only, and stays enabled for ever."""
    if paused:
        return TaskState.PAUSED
    return TaskState.COMPLETED if draft.schedule.triggers and next.time is None else TaskState.ENABLED


def site_of(work: Work, draft: TaskDraft) -> Site:
    """The site a task belongs to, which stays as it is until the transaction ends. Raises `InvalidInput`."""
    site = work.sites.keep(draft.site)
    if site is None:
        raise unknown_site(draft)
    return site


def unknown_site(draft: TaskDraft) -> InvalidInput:
    """What is wrong with a draft of a site that there is not."""
    return InvalidInput(
        FieldProblem("task.site", f"`{draft.site}` is not a site; leave it empty or write one of ListSites")
    )
