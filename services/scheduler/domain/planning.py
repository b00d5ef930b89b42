"""What a moment brings to the tasks that are due. Pure: tasks in, plans out.

Instants are walked in portions, so that a task that missed days of seconds costs no planner more than a moment: what
a portion decides is final, and `next_time` is where the next look goes on. The instants before the tail that may still
fire are then skipped as missed, whatever the policy.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.scheduler.domain.errors import BadTrigger, UnknownZone
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap, SkipReason, jitter
from services.scheduler.domain.schedules import next_time, schedule_from_text
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.triggers import zone_named

PORTION = 50_000  #: instants; far more than a policy ever makes up
MOST_WALKED = 200_000  #: instants of one look, a second's work
NO_JITTER = timedelta(0)
SKIPPED_BY_MODE = {OperatingMode.ISOLATED: SkipReason.ISOLATED, OperatingMode.TRAINING: SkipReason.TRAINING}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTask:
    """A task whose next instant has come."""

    number: int
    schedule: str  #: the JSON text in which it is kept
    time_zone: str  #: its own, or its site's
    next_time: datetime  #: the instant that has come
    misfire: MisfirePolicy = field(default_factory=MisfirePolicy)
    overlap: Overlap = Overlap.SKIP
    jitter: timedelta = NO_JITTER  #: how far its beginnings are spread
    site: str
    mode: OperatingMode = OperatingMode.NORMAL
    online: bool = True  #: its site answers
    unfinished: int = 0  #: runs of it that have not ended
    waiting: int = 0  #: of these, those that have not begun
    elsewhere: int = 0  #: of these, those in another pool than a new run: the two would not wait for each other
    held: int | None = None  #: number of its run that is held because the site is offline


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """An occurrence to make a run of."""

    nominal_time: datetime
    first_time: datetime  #: the first occurrence it stands for
    count: int = 1  #: how many occurrences it stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """Occurrences, one after the other, that do not run."""

    reason: SkipReason
    first_time: datetime
    last_time: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of a task's instants that have come, and when it is looked at again."""

    task: int
    fires: tuple[Fire, ...] = ()  #: ascending
    skips: tuple[Skip, ...] = ()  #: ascending
    hold: Fire | None = None  #: to keep until the site is back; joins the run that is held already
    cancel_running: bool = False  #: what runs is cancelled first
    next_time: datetime | None = None  #: the next instant; None: no occurrence is left
    fire_time: datetime | None = None  #: when that instant is due, its jitter added


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A task whose schedule or zone this release cannot read; it is paused, so that the others go on."""

    task: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Come:
    """The instants of a task that have come, as far as one look goes."""

    due: Sequence[datetime]  #: ascending
    next_time: datetime | None  #: the first that is not among them
    fire_time: datetime | None
    whole: bool  #: no instant after these has come


def plan_firings(
    due: Sequence[DueTask], now: datetime, *, portion: int = PORTION, most: int = MOST_WALKED
) -> Iterator[Plan | Unreadable]:
    """One plan a task: every instant up to `now` fires, is skipped for a reason, is held, or is left for later.

    After an absence a batch of tasks may have missed more than one look has time for: those that it did not come to
    have no plan, and stay due.
    """
    walked = 0
    for task in due:
        if walked > most:
            return
        try:
            come = _come(task, now, portion)
        except (BadTrigger, UnknownZone) as error:
            yield Unreadable(task=task.number, why=str(error))
        else:
            walked += len(come.due)
            yield _plan(task, come, now)


def _plan(task: DueTask, come: Come, now: datetime) -> Plan:
    if _usual(task, come, now):
        (instant,) = come.due
        fire = Fire(nominal_time=instant, first_time=instant)
        return Plan(task=task.number, fires=(fire,), next_time=come.next_time, fire_time=come.fire_time)
    plan = Plan(task=task.number, next_time=come.next_time, fire_time=come.fire_time)
    if not come.due:
        return plan
    if reason := SKIPPED_BY_MODE.get(task.mode):
        return replace(plan, skips=_skips(reason, come.due))
    if not come.whole:
        return _first_portion(task, come, plan)
    missed, fires = _made_up(task, come, now)
    plan = replace(plan, skips=_skips(SkipReason.MISFIRE, missed))
    if not fires:
        return plan
    if not task.online:
        return replace(plan, hold=_joined(fires))
    return _without_overlap(task, fires, plan)


def _usual(task: DueTask, come: Come, now: datetime) -> bool:
    """One instant, on time, and nothing in its way: what most tasks are at midnight, ten thousand at once."""
    return (
        len(come.due) == 1
        and task.unfinished == 0
        and task.online
        and task.mode is OperatingMode.NORMAL
        and now - come.due[0] <= task.misfire.grace
    )


def _come(task: DueTask, now: datetime, portion: int) -> Come:
    """Collects what has come. The last instant may still be waiting for its jitter; the others are past theirs."""
    following = next_time(task.schedule, task.time_zone, task.next_time, task.number)
    due: list[datetime] = []
    latest = task.next_time
    if following is not None and following <= now:
        latest, due, following = _walk(task, following, now, portion)
    if following is not None and following <= now:
        return Come(due=[*due, latest], next_time=following, fire_time=_due_time(task, following), whole=False)
    if latest + _jitter(task, latest, following) > now:
        return Come(due=due, next_time=latest, fire_time=latest + _jitter(task, latest, following), whole=True)
    fire_time = None if following is None else _due_time(task, following)
    return Come(due=[*due, latest], next_time=following, fire_time=fire_time, whole=True)


def _walk(
    task: DueTask, second: datetime, now: datetime, portion: int
) -> tuple[datetime, list[datetime], datetime | None]:
    """The latest instant that has come, those before it, and the one after it; stops after a portion."""
    schedule, zone = schedule_from_text(task.schedule), zone_named(task.time_zone)
    latest, before = second, [task.next_time]
    for instant in schedule.instants(second, zone, task.number):
        if instant > now or len(before) + 1 >= portion:
            return latest, before, instant
        before.append(latest)
        latest = instant
    return latest, before, None


def _due_time(task: DueTask, instant: datetime) -> datetime:
    """When an instant is due: its jitter added."""
    if not task.jitter:
        return instant
    return instant + _jitter(task, instant, next_time(task.schedule, task.time_zone, instant, task.number))


def _jitter(task: DueTask, instant: datetime, following: datetime | None) -> timedelta:
    return jitter(task.number, instant, task.jitter, following) if task.jitter else NO_JITTER


def _first_portion(task: DueTask, come: Come, plan: Plan) -> Plan:
    """Decides what cannot fire any more, whatever comes after it, and keeps back the tail that may."""
    kept = task.misfire.max_runs + 1 if task.misfire.kind is MisfireKind.ALL else 1
    head, tail = come.due[:-kept], come.due[-kept:]
    return replace(plan, skips=_skips(SkipReason.MISFIRE, head), next_time=tail[0], fire_time=_due_time(task, tail[0]))


def _made_up(task: DueTask, come: Come, now: datetime) -> tuple[Sequence[datetime], Sequence[Fire]]:
    """The instants that were missed for good, and what fires of the others."""
    due, policy = come.due, task.misfire

    def due_time(place: int) -> datetime:
        following = due[place + 1] if place + 1 < len(due) else come.next_time
        return due[place] + _jitter(task, due[place], following)

    on_time = now - due_time(len(due) - 1) <= policy.grace
    missed = len(due) - 1 if on_time else len(due)
    lost = 0
    if policy.kind is MisfireKind.SKIP:
        lost = missed
    elif policy.window is not None:
        lost = bisect_left(range(missed), now - policy.window, key=due_time)
    if policy.kind is MisfireKind.ALL:
        lost = max(lost, missed - policy.max_runs)
    fires = [Fire(nominal_time=instant, first_time=instant) for instant in due[lost:]]
    return due[:lost], [_joined(fires)] if policy.kind is MisfireKind.ONCE and fires else fires


def _without_overlap(task: DueTask, fires: Sequence[Fire], plan: Plan) -> Plan:
    """Takes out what may not run beside what has not ended. Runs made up together wait for each other in turn."""
    if task.overlap is Overlap.SKIP:
        kept, dropped = (fires[:0], fires) if task.unfinished else (fires, fires[:0])
    elif task.overlap is Overlap.BUFFER_ONE:
        room = 0 if task.elsewhere else max(0, 1 - task.waiting)
        kept, dropped = fires[:room], fires[room:]
    elif task.overlap is Overlap.CANCEL_RUNNING:
        kept, dropped = (fires[:0], fires) if task.elsewhere else (fires[-1:], fires[:-1])
    else:
        kept, dropped = fires, fires[:0]
    skips = plan.skips
    if dropped:
        over = _joined(dropped)
        skips = (
            *skips,
            Skip(reason=SkipReason.OVERLAP, first_time=over.first_time, last_time=over.nominal_time, count=over.count),
        )
    cancel = task.overlap is Overlap.CANCEL_RUNNING and task.unfinished > 0
    return replace(plan, fires=tuple(kept), skips=skips, cancel_running=cancel)


def _joined(fires: Sequence[Fire]) -> Fire:
    """One occurrence that stands for all of these, at the time of the latest."""
    return Fire(
        nominal_time=fires[-1].nominal_time, first_time=fires[0].first_time, count=sum(fire.count for fire in fires)
    )


def _skips(reason: SkipReason, instants: Sequence[datetime]) -> tuple[Skip, ...]:
    if not instants:
        return ()
    return (Skip(reason=reason, first_time=instants[0], last_time=instants[-1], count=len(instants)),)
