"""When a file that could not be sent is tried again."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
TRIES_BEFORE_PARKED = 30  #: about a day of pauses that double up to an hour


def next_attempt(tried: int, now: datetime, *, spread: float = 0.0) -> datetime | None:
    """When to try again after `tried` failures, or None once parked.

    `spread` in [0, 1) stretches the pause by up to a quarter, so that many tasks do not come back in the same second.
    """
    if tried >= TRIES_BEFORE_PARKED:
        return None
    doublings = min(max(tried, 1) - 1, 16)
    pause = min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
    return now + pause * (1 + spread / 4)


def spread_of(number: int) -> float:
    """A fixed place in [0, 1) for a task, far from that of its neighbours (golden ratio steps)."""
    return (number * 0.6180339887498949) % 1.0
