"""Fires at a fixed distance, counted in absolute time: daylight saving does not touch it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from services.scheduler.domain.dst import DstRule, next_day, shown_date, to_instant, to_second
from services.scheduler.domain.errors import BadTrigger

EPOCH = to_second(datetime(1970, 1, 1, tzinfo=UTC))
SECOND = timedelta(seconds=1)
MAX_EVERY = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalTrigger:
    """Fires at 1 January 1970 00:00 UTC + phase + every whole number of `every`."""

    every: timedelta  #: whole seconds, 1 s to 366 days
    phase: timedelta = timedelta(0)  #: whole seconds, less than `every`

    def __post_init__(self) -> None:
        if not SECOND <= self.every <= MAX_EVERY or self.every % SECOND:
            raise BadTrigger("every: write whole seconds, 1 s to 366 days")
        if not timedelta(0) <= self.phase < self.every or self.phase % SECOND:
            raise BadTrigger("phase: write whole seconds, 0 s or more and less than every")

    def next_instant(
        self,
        after: datetime,
        zone: tzinfo,
        seed: int = 0,
        rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD,
        excluded: AbstractSet[date] = frozenset(),
    ) -> datetime | None:
        """The first instant later than `after`, on no excluded day; None where the calendar ends before it."""
        every, phase = self.every // SECOND, EPOCH + self.phase // SECOND
        second = to_second(after)
        while True:
            second = phase + ((second - phase) // every + 1) * every
            try:
                instant = to_instant(second)
                if not excluded or shown_date(instant, zone) not in excluded:
                    return instant
                second = next_day(zone, second) - 1
            except (OverflowError, ValueError):
                return None
