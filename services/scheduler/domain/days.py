"""Which days of a month a rule means: by number, from the end, by day of the week, and the combinations of cron."""

import calendar
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

#: 29 February on a given day of the week comes back after 40 years at most (across 2100).
HORIZON_YEARS = 41
LAST_ORDINAL = date.max.toordinal()
ALL_DAYS = frozenset(range(1, 32))
ALL_MONTHS = frozenset(range(1, 13))
ALL_WEEKDAYS = frozenset(range(1, 8))
SATURDAY, SUNDAY = 6, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """A set of days without end. Days of the week are ISO's: 1 = Monday … 7 = Sunday."""

    months: frozenset[int] = ALL_MONTHS
    days: frozenset[int] = ALL_DAYS
    from_end: frozenset[int] = frozenset()  #: 0 = the last day of the month, 1 = the one before …
    nearest: frozenset[int] = frozenset()  #: the working day (Monday to Friday) nearest to this day, in its month
    last_working_day: bool = False
    weekdays: frozenset[int] = ALL_WEEKDAYS
    nth: frozenset[tuple[int, int]] = frozenset()  #: (day of the week, n): its nth of the month
    last: frozenset[int] = frozenset()  #: the last such day of the week of the month
    either: bool = False  #: a match by the month or by the week is enough; else both must match
    every: bool = field(init=False, compare=False)  #: no day is left out

    def __post_init__(self) -> None:
        by_month, by_week = self.days == ALL_DAYS, self.weekdays == ALL_WEEKDAYS
        every = self.months == ALL_MONTHS and ((by_month or by_week) if self.either else (by_month and by_week))
        object.__setattr__(self, "every", every)

    def first_from(self, ordinal: int) -> int | None:
        """The first day of the rule not before this one (both as `date.toordinal`); None where the horizon has none."""
        if ordinal > LAST_ORDINAL:
            return None
        if self.every:
            return ordinal
        day = date.fromordinal(ordinal)
        found = _days_of(self, day.year, day.month)
        place = bisect_left(found, day.day)
        if place < len(found):
            return ordinal + found[place] - day.day
        for year, month in self._months_after(day):
            if found := _days_of(self, year, month):
                return date(year, month, found[0]).toordinal()
        return None

    def _months_after(self, day: date) -> Iterator[tuple[int, int]]:
        for year in range(day.year, min(day.year + HORIZON_YEARS, date.max.year) + 1):
            for month in sorted(self.months):
                if (year, month) > (day.year, day.month):
                    yield year, month

    def why_never(self) -> str:
        """Why no day ever matches, for a rule whose `first_from` finds none."""
        longest = max(_longest(month) for month in self.months)
        names = " and ".join(calendar.month_name[month] for month in sorted(self.months))
        numbers = [*self.days, *self.nearest, *(back + 1 for back in self.from_end)]
        if not self.last_working_day and numbers and min(numbers) > longest:
            verb = "has" if len(self.months) == 1 else "have"
            return f"{names} {verb} no {_ordinal(min(numbers))} day; choose another day or month"
        return "its days of the month never fall on its days of the week; choose others"


def _longest(month: int) -> int:
    return calendar.monthrange(2000, month)[1]  # a leap year: February has 29 days


def _ordinal(number: int) -> str:
    return f"{number}{'st' if number == 31 else 'th'}"  # only 30 and 31 can be missing from every year


@lru_cache(maxsize=16_384)
def _days_of(rule: DayRule, year: int, month: int) -> tuple[int, ...]:
    """The days of the rule in one month, ascending."""
    if month not in rule.months:
        return ()
    first_weekday, length = calendar.monthrange(year, month)
    by_month = set(_by_month(rule, first_weekday, length))
    by_week = set(_by_week(rule, first_weekday, length))
    return tuple(sorted(by_month | by_week if rule.either else by_month & by_week))


def _by_month(rule: DayRule, first_weekday: int, length: int) -> Iterator[int]:
    yield from (day for day in rule.days if day <= length)
    yield from (length - back for back in rule.from_end if back < length)
    yield from (_working_day(day, first_weekday, length) for day in rule.nearest if day <= length)
    if rule.last_working_day:
        yield _working_day(length, first_weekday, length)


def _by_week(rule: DayRule, first_weekday: int, length: int) -> Iterator[int]:
    for day in range(1, length + 1):
        weekday = _weekday(day, first_weekday)
        if (
            weekday in rule.weekdays
            or (weekday, (day + 6) // 7) in rule.nth
            or (day + 7 > length and weekday in rule.last)
        ):
            yield day


def _weekday(day: int, first_weekday: int) -> int:
    return (first_weekday + day - 1) % 7 + 1


def _working_day(day: int, first_weekday: int, length: int) -> int:
    """The day itself, or the nearest from Monday to Friday that lies in the same month."""
    weekday = _weekday(day, first_weekday)
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < length else day - 2
    return day
