"""Fires at times of day on the days that a calendar picks: days of the week × days of the month × months."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from services.scheduler.domain.days import ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS, DayRule
from services.scheduler.domain.dst import DstRule, first_shown, to_instant, to_second
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.wall import ListedTimes, WallPattern

MAX_TIMES = 100
SHOWN_TIMES = 3  #: in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTrigger:
    """Fires where every restriction holds; an empty set restricts nothing."""

    times: tuple[time, ...]  #: 1 to 100 times of day, whole seconds; kept ascending
    weekdays: frozenset[int] = frozenset()  #: 1 = Monday … 7 = Sunday
    month_days: frozenset[int] = frozenset()  #: 1 to 31, or -1 (the last day) to -31
    months: frozenset[int] = frozenset()  #: 1 to 12

    def __post_init__(self) -> None:
        if not 1 <= len(self.times) <= MAX_TIMES:
            raise BadTrigger(f"times: write 1 to {MAX_TIMES} times of day")
        if any(each.microsecond or each.tzinfo for each in self.times):
            raise BadTrigger("times: write whole seconds, without a zone")
        if not self.weekdays <= ALL_WEEKDAYS:
            raise BadTrigger("weekdays: write days from Monday to Sunday")
        if not {abs(day) for day in self.month_days} <= ALL_DAYS:
            raise BadTrigger("month_days: write 1 to 31, or -1 to -31 counted from the end of the month")
        if not self.months <= ALL_MONTHS:
            raise BadTrigger("months: write 1 to 12")
        object.__setattr__(self, "times", tuple(sorted(set(self.times))))

    def __str__(self) -> str:
        more = ", …" if len(self.times) > SHOWN_TIMES else ""
        return "at " + ", ".join(f"{each:%H:%M:%S}" for each in self.times[:SHOWN_TIMES]) + more

    def pattern(self) -> WallPattern:
        """Its days and times."""
        return _pattern(self)

    def next_instant(
        self,
        after: datetime,
        zone: tzinfo,
        seed: int = 0,
        rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD,
        excluded: AbstractSet[date] = frozenset(),
    ) -> datetime | None:
        """The first instant later than `after`, on no excluded day; None where the horizon has none."""
        found = first_shown(_pattern(self), zone, to_second(after), rule, excluded)
        return None if found is None else to_instant(found)


@lru_cache(maxsize=16_384)
def _pattern(trigger: CalendarTrigger) -> WallPattern:
    return WallPattern(
        days=DayRule(
            months=trigger.months or ALL_MONTHS,
            days=frozenset(day for day in trigger.month_days if day > 0) if trigger.month_days else ALL_DAYS,
            from_end=frozenset(-1 - day for day in trigger.month_days if day < 0),
            weekdays=trigger.weekdays or ALL_WEEKDAYS,
        ),
        times=ListedTimes(seconds=tuple(each.hour * 3600 + each.minute * 60 + each.second for each in trigger.times)),
    )
