"""Instants of a schedule that came and went without anybody firing them: which they were, and how many."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import islice

from services.scheduler.domain.schedules import Schedule

MOST_COUNTED = 1_000_000  #: instants that are counted one by one; of more, as many and the last are named
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Consecutive instants."""

    first_time: datetime
    last_time: datetime
    count: int  #: at least so many


def missed_since(
    schedule: Schedule, since: datetime, now: datetime, zone: tzinfo, seed: int, *, most: int = MOST_COUNTED
) -> Missed:
    """The instants from `since`, which is one itself, up to `now`."""
    count, last = 1, since
    for instant in islice(schedule.instants(since, zone, seed), most):
        if instant > now:
            return Missed(first_time=since, last_time=last, count=count)
        count, last = count + 1, instant
    return Missed(first_time=since, last_time=_latest(schedule, last, now, zone, seed), count=count)


def _latest(schedule: Schedule, after: datetime, now: datetime, zone: tzinfo, seed: int) -> datetime:
    """The last instant later than `after` that has come, looked for backwards, ever further; `after` without one."""
    back = SECOND
    while True:
        found = after
        for instant in schedule.instants(max(after, now - back), zone, seed):
            if instant > now:
                break
            found = instant
        if found > after or now - back <= after:
            return found
        back *= 2
