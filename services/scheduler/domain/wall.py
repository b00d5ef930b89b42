"""Times as a clock on the wall shows them: days × times of day, as seconds counted from 1 January of the year 1."""

from bisect import bisect_left
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from services.scheduler.domain.days import DayRule

DAY = 86_400  #: seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTimes:
    """Every hour with every minute with every second; each ascending and not empty."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]

    def first_from(self, second: int) -> int | None:
        """The first time not before this one, both in seconds of the day; None where the day has no more."""
        hour, rest = divmod(second, 3600)
        minute, second = divmod(rest, 60)
        hours, minutes, seconds = self.hours, self.minutes, self.seconds
        place = bisect_left(hours, hour)
        if place == len(hours):
            return None
        if hours[place] == hour:
            at = bisect_left(minutes, minute)
            if at < len(minutes):
                if minutes[at] > minute:
                    return hour * 3600 + minutes[at] * 60 + seconds[0]
                within = bisect_left(seconds, second)
                if within < len(seconds):
                    return hour * 3600 + minute * 60 + seconds[within]
                if at + 1 < len(minutes):
                    return hour * 3600 + minutes[at + 1] * 60 + seconds[0]
            place += 1
            if place == len(hours):
                return None
        return hours[place] * 3600 + minutes[0] * 60 + seconds[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTimes:
    """Times one by one."""

    seconds: tuple[int, ...]  #: of the day; ascending and not empty

    def first_from(self, second: int) -> int | None:
        """The first time not before this one, both in seconds of the day; None where the day has no more."""
        place = bisect_left(self.seconds, second)
        return self.seconds[place] if place < len(self.seconds) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WallPattern:
    """Every time of a list on every day of a rule."""

    days: DayRule
    times: ClockTimes | ListedTimes

    def first_from(self, wall: int, excluded: AbstractSet[date] = frozenset()) -> int | None:
        """The first of its times not before this one, on no excluded day; None where the horizon has none."""
        ordinal, second = divmod(wall, DAY)
        while (day := self.days.first_from(ordinal)) is not None:
            if not (excluded and date.fromordinal(day) in excluded):
                found = self.times.first_from(second if day == ordinal else 0)
                if found is not None:
                    return day * DAY + found
            ordinal, second = day + 1, 0
        return None
