"""Which runs a moment brings. Pure: tasks that are due in, firings out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.scheduler.domain.errors import BadTrigger, UnknownZone
from services.scheduler.domain.triggers import latest_instant, next_instant, trigger_from_json, zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTask:
    """A task whose next instant has come."""

    number: int
    triggers: Sequence[Mapping[str, str]]  #: as they are kept
    time_zone: str  #: its own, or its site's
    next_time: datetime  #: the instant that has come


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An occurrence to make a run of, and when the task fires next."""

    task: int
    nominal_time: datetime
    next_time: datetime | None  #: None: no occurrence is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A task whose triggers or zone this release cannot read; it is paused, so that the others go on."""

    task: int
    why: str


def plan_firings(due: Sequence[DueTask], now: datetime) -> Iterator[Firing | Unreadable]:
    """One firing a task; instants missed before it are coalesced into it (see triggers.py)."""
    for task in due:
        try:
            yield _fire(task, now)
        except (BadTrigger, UnknownZone) as error:
            yield Unreadable(task=task.number, why=str(error))


def _fire(task: DueTask, now: datetime) -> Firing:
    zone = zone_named(task.time_zone)
    triggers = [trigger_from_json(kept) for kept in task.triggers]
    nominal = task.next_time
    following = next_instant(triggers, nominal, zone)
    if following is not None and following <= now:
        nominal = latest_instant(triggers, following, now, zone)
        following = next_instant(triggers, nominal, zone)
    return Firing(task=task.number, nominal_time=nominal, next_time=following)
