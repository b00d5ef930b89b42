"""Cron expressions of five fields, read once into sets and then asked for instants without walking minutes.

The days: where day of month and day of week are both restricted (neither begins with `*`), either is enough, as cron
has always done it; otherwise both must match. Daylight saving, rule SKIP_GAP_FIRST_FOLD: a wall-clock minute that does
not exist is skipped, one that exists twice fires the first time only.
"""

import calendar
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo

from services.scheduler.domain.errors import BadTrigger, NeverFires

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
DAYS = "SUN MON TUE WED THU FRI SAT"
MONTH_NAMES = {name: number for number, name in enumerate(MONTHS.split(), 1)}
DAY_NAMES = {name: number for number, name in enumerate(DAYS.split())}
SUNDAY_AT_THE_END = 7
#: 29 February on a given day of the week comes back after 40 years at most (across 2100).
HORIZON_YEARS = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an expression: its name, bounds and the names that stand for numbers."""

    name: str
    least: int
    most: int
    names: dict[str, int] = field(default_factory=dict)


MINUTE = Field(name="minute", least=0, most=59)
HOUR = Field(name="hour", least=0, most=23)
DAY = Field(name="day of month", least=1, most=31)
MONTH = Field(name="month", least=1, most=12, names=MONTH_NAMES)
WEEKDAY = Field(name="day of week", least=0, most=SUNDAY_AT_THE_END, names=DAY_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression, read. Make it with `parse`."""

    expression: str  #: as written, spaces made single
    minutes: tuple[int, ...]  #: ascending
    hours: tuple[int, ...]  #: ascending
    days: frozenset[int]
    months: tuple[int, ...]  #: ascending
    weekdays: frozenset[int]  #: 0 = Sunday … 6
    either_day: bool  #: both days are restricted, and either is enough

    def next_instant(self, after: datetime, zone: tzinfo) -> datetime | None:
        """The first instant later than `after` at which this fires, in UTC; None where the horizon has none."""
        start = after.astimezone(zone).replace(tzinfo=None)
        for day in self._days_from(start.date()):
            earliest = start.time().replace(second=0, microsecond=0) if day == start.date() else time.min
            for wall in self._times_of(day, earliest):
                instant = _first_instant(wall, zone)
                if instant is not None and instant > after:
                    return instant
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + HORIZON_YEARS, date.max.year) + 1):
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                begin = first.day if (year, month) == (first.year, first.month) else 1
                for number in range(begin, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if self._on(day):
                        yield day

    def _on(self, day: date) -> bool:
        by_number, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_number or by_weekday if self.either_day else by_number and by_weekday

    def _times_of(self, day: date, earliest: time) -> Iterator[datetime]:
        for hour in self.hours[bisect_left(self.hours, earliest.hour) :]:
            least = earliest.minute if hour == earliest.hour else 0
            for minute in self.minutes[bisect_left(self.minutes, least) :]:
                yield datetime.combine(day, time(hour, minute))


def _first_instant(wall: datetime, zone: tzinfo) -> datetime | None:
    """When the clocks on the wall first show this; None where they never do (the gap in spring)."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    shown = instant.astimezone(zone).replace(tzinfo=None)
    return instant if shown == wall else None


def parse(expression: str) -> Cron:
    """Reads an expression; `BadTrigger` says which field is wrong and what to write."""
    words = expression.split()
    if len(words) != 5:
        raise BadTrigger(
            f"`{expression}` has {len(words)} fields; write five: minute, hour, day of month, month, day of week"
        )
    minutes, hours, days, months, weekdays = (
        _parse_field(word, field) for word, field in zip(words, (MINUTE, HOUR, DAY, MONTH, WEEKDAY), strict=True)
    )
    cron = Cron(
        expression=" ".join(words),
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=tuple(sorted(months)),
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=not words[2].startswith("*") and not words[4].startswith("*"),
    )
    if not cron.either_day and min(cron.days) > max(_longest(month) for month in cron.months):
        raise NeverFires(cron.expression)
    return cron


def _longest(month: int) -> int:
    return calendar.monthrange(2000, month)[1]  # a leap year: February has 29 days


def _parse_field(word: str, of: Field) -> set[int]:
    return set().union(*(_parse_part(part, of) for part in word.split(",")))


def _parse_part(part: str, of: Field) -> set[int]:
    span, slash, step_text = part.partition("/")
    low_text, dash, high_text = span.partition("-")
    if span == "*":
        low, high = of.least, 6 if of is WEEKDAY else of.most
    else:
        low = _parse_number(low_text, of, part)
        high = _parse_number(high_text, of, part) if dash else low
        if of is WEEKDAY and dash and high == 0 and low > 0:
            high = SUNDAY_AT_THE_END
        if high < low:
            raise BadTrigger(f"`{part}` ({of.name}) runs backwards; write two parts separated by a comma")
    if not slash:
        return set(range(low, high + 1))
    if span != "*" and not dash:
        raise BadTrigger(f"`{part}` ({of.name}): a step needs a range; write `{low_text}-{of.most}/{step_text}`")
    if not (step_text.isascii() and step_text.isdigit()) or not 1 <= int(step_text) <= of.most:
        raise BadTrigger(f"`{part}` ({of.name}): the step must be a number from 1 to {of.most}")
    return set(range(low, high + 1, int(step_text)))


def _parse_number(text: str, of: Field, part: str) -> int:
    number = of.names.get(text.upper())
    if number is None and text.isascii() and text.isdigit() and len(text) <= 2:
        number = int(text)
    if number is None or not of.least <= number <= of.most:
        names = f" or a name such as {next(iter(of.names))}" if of.names else ""
        raise BadTrigger(f"`{part}` ({of.name}): write a number from {of.least} to {of.most}{names}")
    return number
