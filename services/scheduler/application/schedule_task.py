"""When a task fires next, from now on, and the state that follows from it."""

from datetime import datetime, timedelta

from chassis.errors import FieldProblem, InvalidInput
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import TaskDraft, TaskState
from services.scheduler.domain.triggers import next_instant, zone_named

INSTANT = timedelta(microseconds=1)  #: the shortest time there is


def next_time_of(draft: TaskDraft, site: Site, now: datetime) -> datetime | None:
    """The task's first instant later than now."""
    return next_instant(draft.triggers, now, zone_named(draft.time_zone or site.time_zone))


def next_time_after_change(draft: TaskDraft, site: Site, now: datetime, due: datetime | None) -> datetime | None:
    """The same for a task that fires already: an instant that has come, and that no planner has seen yet, is kept
    where the new triggers have it, too.
    """
    if due is not None and due <= now:
        kept = next_instant(draft.triggers, due - INSTANT, zone_named(draft.time_zone or site.time_zone))
        if kept == due:
            return due
    return next_time_of(draft, site, now)


def check_any_to_come(draft: TaskDraft, next_time: datetime | None) -> None:
    """Triggers of which none will ever fire are a mistake. Raises `InvalidInput`."""
    if draft.triggers and next_time is None:
        raise InvalidInput(
            FieldProblem("task.triggers", "every instant lies in the past; write one to come, or no trigger")
        )


def state_of(draft: TaskDraft, next_time: datetime | None, *, paused: bool) -> TaskState:
    """A task without triggers runs by hand only, and stays enabled for ever."""
    if paused:
        return TaskState.PAUSED
    return TaskState.COMPLETED if draft.triggers and next_time is None else TaskState.ENABLED
