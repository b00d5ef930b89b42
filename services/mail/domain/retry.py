"""When a mail is tried again, and when it no longer is."""

import re
from datetime import datetime, timedelta

FIRST_DELAY = timedelta(minutes=5)
GROWTH = 1.3
MOST_TRIES = 18  #: some twenty-four hours in all
LONGEST_WISH = timedelta(hours=12)  #: a server that asks for more is not believed

# While the server cannot be reached at all; such attempts are not the mail's tries.
FIRST_OUTAGE_DELAY = timedelta(seconds=15)
LONGEST_OUTAGE_DELAY = timedelta(minutes=10)

# A server that somebody named for a mail: such a mail is given up when it has waited so long, some four hours.
MOST_OUTAGES = 30

_WISH = re.compile(
    r"(?:try|retry)\b.{0,40}?\b(?:in|after)\s+(\d{1,6})\s*"
    r"(s|sec|seconds?|m|min|minutes?|h|hours?)?\b",
    re.IGNORECASE,
)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


def next_try(tried: int, now: datetime, answer: str = "") -> datetime | None:
    """When to try again after `tried` tries, no sooner than the server asked for; None after the last."""
    if tried >= MOST_TRIES:
        return None
    delay: timedelta = FIRST_DELAY * GROWTH ** (tried - 1)
    return now + max(delay, min(wished_delay(answer), LONGEST_WISH))


def wished_delay(answer: str) -> timedelta:
    """What a server asked for in words ("try again in 600 seconds"); nothing where it did not."""
    found = _WISH.search(answer)
    if not found:
        return timedelta(0)
    return int(found[1]) * _UNITS[(found[2] or "s")[0].lower()]


def outage_delay(failures: int) -> timedelta:
    """How long to leave a server alone that could not be reached `failures` times in a row."""
    doubled: timedelta = FIRST_OUTAGE_DELAY * 2 ** min(failures - 1, 10)
    return min(doubled, LONGEST_OUTAGE_DELAY)


def own_server_delays() -> list[timedelta]:
    """How long a mail waits after each failure to reach the server that was named for it; after the last none."""
    return [outage_delay(failures) for failures in range(1, MOST_OUTAGES)]
