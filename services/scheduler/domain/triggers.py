"""When a task fires: the union of its triggers, each a cron expression or one instant.

A misfire (the scheduler was away when instants passed) fires once: the missed instants are one run, which stands for
the latest of them, because business dates and file names come from it, and the latest is what a person would start by
hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from services.scheduler.domain.cron import Cron, parse
from services.scheduler.domain.errors import BadTrigger, UnknownZone

MAX_TRIGGERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CronTrigger:
    """Fires by a cron expression, read in the task's zone."""

    cron: Cron

    def next_instant(self, after: datetime, zone: tzinfo) -> datetime | None:
        return self.cron.next_instant(after, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceTrigger:
    """Fires at one instant."""

    time: datetime  #: UTC

    def next_instant(self, after: datetime, zone: tzinfo) -> datetime | None:
        return self.time if self.time > after else None


Trigger = CronTrigger | OnceTrigger


def next_instant(triggers: Sequence[Trigger], after: datetime, zone: tzinfo) -> datetime | None:
    """The first instant later than `after` at which any of them fires, in UTC; None where none ever does."""
    instants = (trigger.next_instant(after, zone) for trigger in triggers)
    return min((instant for instant in instants if instant is not None), default=None)


def latest_instant(triggers: Sequence[Trigger], known: datetime, until: datetime, zone: tzinfo) -> datetime:
    """The last instant not later than `until`, given that `known` is one; halves the span rather than walking it."""
    latest, beyond = known, until
    while beyond - latest > timedelta(minutes=2):
        middle = latest + (beyond - latest) / 2
        found = next_instant(triggers, middle, zone)
        if found is not None and found <= until:
            latest = found
        else:
            beyond = middle
    while (following := next_instant(triggers, latest, zone)) is not None and following <= until:
        latest = following
    return latest


def cron_trigger(expression: str) -> CronTrigger:
    """Reads a cron trigger; `BadTrigger` says what is wrong."""
    return CronTrigger(cron=parse(expression))


def trigger_to_json(trigger: Trigger) -> dict[str, str]:
    """The canonical form in which a trigger is kept."""
    if isinstance(trigger, CronTrigger):
        return {"cron": trigger.cron.expression}
    return {"once": trigger.time.astimezone(UTC).isoformat()}


def trigger_from_json(kept: Mapping[str, str]) -> Trigger:
    """Reads the canonical form back."""
    if "cron" in kept:
        return cron_trigger(kept["cron"])
    if "once" in kept:
        return OnceTrigger(time=datetime.fromisoformat(kept["once"]))
    raise BadTrigger(f"a trigger of kind {sorted(kept)} is not known here")


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name."""
    if name not in _zones():
        raise UnknownZone(name)
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
