"""What makes a task fire: a cron expression, an interval, a calendar, or one instant; and how each is kept."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.cron import Cron, parse
from services.scheduler.domain.dst import DstRule, first_shown, shown_date, to_instant, to_second
from services.scheduler.domain.errors import BadTrigger, UnknownZone
from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.task_types import JSON

SECOND = timedelta(seconds=1)
#: Beyond these, zones cannot be asked what their clocks show.
FIRST_INSTANT, LAST_INSTANT = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronTrigger:
    """Fires by a cron expression, read in the task's zone."""

    cron: Cron

    def __str__(self) -> str:
        return f"`{self.cron.expression}`"

    def next_instant(
        self,
        after: datetime,
        zone: tzinfo,
        seed: int = 0,
        rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD,
        excluded: AbstractSet[date] = frozenset(),
    ) -> datetime | None:
        """The first instant later than `after`, on no excluded day; None where the horizon has none."""
        found = first_shown(self.cron.pattern(seed), zone, to_second(after), rule, excluded)
        return None if found is None else to_instant(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceTrigger:
    """Fires at one instant."""

    time: datetime  #: UTC

    def __post_init__(self) -> None:
        check_instant("time", self.time)

    def next_instant(
        self,
        after: datetime,
        zone: tzinfo,
        seed: int = 0,
        rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD,
        excluded: AbstractSet[date] = frozenset(),
    ) -> datetime | None:
        """The instant, where it is later than `after` and on no excluded day."""
        if self.time <= after or (excluded and shown_date(self.time, zone) in excluded):
            return None
        return self.time


Trigger = CronTrigger | IntervalTrigger | CalendarTrigger | OnceTrigger


def check_instant(field: str, instant: datetime) -> None:
    """Raises `BadTrigger` where no calendar reaches it."""
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        raise BadTrigger(f"{field}: write an instant of the years 2 to 9998")


def cron_trigger(expression: str) -> CronTrigger:
    """Reads a cron trigger; `BadTrigger` says what is wrong."""
    return CronTrigger(cron=parse(expression))


def trigger_to_json(trigger: Trigger) -> dict[str, JSON]:
    """The canonical form in which a trigger is kept."""
    match trigger:
        case CronTrigger():
            return {"cron": trigger.cron.expression}
        case IntervalTrigger():
            return {"interval": {"every": trigger.every // SECOND, "phase": trigger.phase // SECOND}}
        case CalendarTrigger():
            return {
                "calendar": {
                    "times": [each.isoformat() for each in trigger.times],
                    "weekdays": [*sorted(trigger.weekdays)],
                    "month_days": [*sorted(trigger.month_days)],
                    "months": [*sorted(trigger.months)],
                }
            }
        case OnceTrigger():
            return {"once": trigger.time.astimezone(UTC).isoformat()}


def trigger_from_json(kept: Mapping[str, JSON]) -> Trigger:
    """Reads the canonical form back; `BadTrigger` where another release wrote it."""
    match kept:
        case {"cron": str(expression)}:
            return cron_trigger(expression)
        case {"interval": {"every": int(every), "phase": int(phase)}}:
            return IntervalTrigger(every=_seconds(every), phase=_seconds(phase))
        case {"calendar": {"times": list(times), "weekdays": weekdays, "month_days": month_days, "months": months}}:
            return CalendarTrigger(
                times=tuple(_time(each) for each in times),
                weekdays=_numbers(weekdays),
                month_days=_numbers(month_days),
                months=_numbers(months),
            )
        case {"once": str(text)}:
            return OnceTrigger(time=instant_from_json(text))
        case _:
            raise BadTrigger(f"a trigger of kind {sorted(kept)} is not known here")


def instant_from_json(text: str) -> datetime:
    """An instant as it is kept."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise BadTrigger(f"`{text}` has no offset; write one such as 2024-05-06T20:30:00+00:00")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTrigger(f"`{text}` is not an instant; write one such as 2024-05-06T20:30:00+00:00") from error


def _seconds(kept: int) -> timedelta:
    try:
        return timedelta(seconds=kept)
    except OverflowError as error:
        raise BadTrigger(f"{kept} s are more than any calendar has") from error


def _time(kept: JSON) -> time:
    try:
        return time.fromisoformat(str(kept))
    except ValueError as error:
        raise BadTrigger(f"`{kept}` is not a time of day; write one such as 22:30:00") from error


def _numbers(kept: JSON) -> frozenset[int]:
    if not isinstance(kept, list) or not all(isinstance(each, int) for each in kept):
        raise BadTrigger(f"`{kept}` is not a list of whole numbers")
    return frozenset(each for each in kept if isinstance(each, int))


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name."""
    if name not in _zones():
        raise UnknownZone(name)
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
