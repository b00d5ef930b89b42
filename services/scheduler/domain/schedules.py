"""When a task fires: the union of its triggers, less the excluded dates, between its start and its end."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from chassis.errors import FieldProblem
from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.dst import DstRule, shown_date
from services.scheduler.domain.errors import BadTrigger, NeverFires
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.triggers import (
    CronTrigger,
    OnceTrigger,
    Trigger,
    check_instant,
    instant_from_json,
    trigger_from_json,
    trigger_to_json,
    zone_named,
)

MAX_TRIGGERS = 20
MAX_EXCLUDED_DATES = 1_000
JUST_BEFORE = timedelta(microseconds=1)
#: Where the search for a first instant begins if nothing else says: the rules of the zones that hold today are meant,
#: not those of 1970, when Paris had no summer time.
TODAYS_RULES = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a task fires. Without triggers it never does: somebody starts the task."""

    triggers: tuple[Trigger, ...] = ()
    excluded_dates: frozenset[date] = frozenset()  #: as the zone's calendar shows them
    start_time: datetime | None = None  #: it fires at no instant before it
    end_time: datetime | None = None  #: it fires at no instant after it
    dst_rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD
    unread: str = ""  #: the text in which another release keeps it; then nothing else of it is known

    def __post_init__(self) -> None:
        if len(self.triggers) > MAX_TRIGGERS:
            raise BadTrigger(f"at most {MAX_TRIGGERS} triggers; join some of them or make two tasks")
        if len(self.excluded_dates) > MAX_EXCLUDED_DATES:
            raise BadTrigger(f"at most {MAX_EXCLUDED_DATES} excluded dates; leave out those that have passed")
        if self.start_time is not None:
            check_instant("start_time", self.start_time)
        if self.end_time is not None:
            check_instant("end_time", self.end_time)

    @property
    def spread(self) -> bool:
        """True where the instants depend on the seed."""
        return any(isinstance(trigger, CronTrigger) and trigger.cron.spread for trigger in self.triggers)

    def next_instant(self, after: datetime, zone: tzinfo, seed: int = 0) -> datetime | None:
        """The first instant later than `after`, in UTC; None where none is left (or none within forty years)."""
        self._check_read()
        if self.start_time is not None and after < self.start_time:
            after = self.start_time - JUST_BEFORE
        first: datetime | None = None
        for trigger in self.triggers:
            found = trigger.next_instant(after, zone, seed, self.dst_rule, self.excluded_dates)
            if found is not None and (first is None or found < first):
                first = found
        return None if first is None or (self.end_time is not None and first > self.end_time) else first

    def instants(self, after: datetime, zone: tzinfo, seed: int = 0) -> Iterator[datetime]:
        """Every instant later than `after`, ascending."""
        found = self.next_instant(after, zone, seed)
        while found is not None:
            yield found
            found = self.next_instant(found, zone, seed)

    def check(self, zone: tzinfo, seed: int = 0) -> None:
        """Raises `NeverFires`, saying why, where a trigger or the whole has no instant at all."""
        self._check_read()
        since = self._since()
        for trigger in self.triggers:
            _check_trigger(trigger, since, zone, seed, self.dst_rule)
        if not self.triggers:
            return
        if self.start_time is not None and self.end_time is not None and self.end_time < self.start_time:
            raise NeverFires("the schedule", "end_time lies before start_time; choose a later end")
        if self.end_time is not None and self.end_time < since:
            return  # it is over, which is no mistake
        if self.next_instant(since - JUST_BEFORE, zone, seed) is None:
            if replace(self, excluded_dates=frozenset()).next_instant(since - JUST_BEFORE, zone, seed) is not None:
                raise NeverFires("the schedule", "every date on which it would fire is excluded; leave one out")
            raise NeverFires("the schedule", "no instant lies between start_time and end_time; move one of them")

    def _check_read(self) -> None:
        if self.unread:
            raise BadTrigger("another release wrote its triggers, and this one cannot read them; write them anew")

    def _since(self) -> datetime:
        """Not later than the first instant."""
        if self.start_time is not None:
            return self.start_time
        return min([TODAYS_RULES, *(trigger.time for trigger in self.triggers if isinstance(trigger, OnceTrigger))])


def never_firing(schedule: Schedule, zone: tzinfo, seed: int = 0) -> Iterator[FieldProblem]:
    """What is wrong with each trigger that never fires in a zone, whatever the others do."""
    for place, trigger in enumerate(schedule.triggers):
        try:
            Schedule(triggers=(trigger,), dst_rule=schedule.dst_rule).check(zone, seed)
        except NeverFires as error:
            part = "cron.expression" if isinstance(trigger, CronTrigger) else "calendar"
            yield FieldProblem(f"triggers[{place}].{part}", str(error))


def check_days(trigger: Trigger) -> None:
    """Raises `NeverFires` where no day matches, in whatever zone; a spread value is the task's, and told with it."""
    if isinstance(trigger, CalendarTrigger) or (isinstance(trigger, CronTrigger) and not trigger.cron.spread):
        Schedule(triggers=(trigger,)).check(UTC)


def _check_trigger(trigger: Trigger, since: datetime, zone: tzinfo, seed: int, rule: DstRule) -> None:
    if not isinstance(trigger, CronTrigger | CalendarTrigger):
        return
    pattern = trigger.cron.pattern(seed) if isinstance(trigger, CronTrigger) else trigger.pattern()
    if pattern.days.first_from(shown_date(since, zone).toordinal()) is None:
        raise NeverFires(str(trigger), pattern.days.why_never())
    if trigger.next_instant(since - JUST_BEFORE, zone, seed, rule) is None:
        raise NeverFires(
            str(trigger),
            f"in {zone} these times fall only into hours that the clocks skip;"
            " choose another time, or another rule for times that are skipped",
        )


def schedule_to_json(schedule: Schedule) -> dict[str, JSON]:
    """The canonical form in which a schedule is kept; what stands as it does by default is left out."""
    kept: dict[str, JSON] = {"triggers": [trigger_to_json(trigger) for trigger in schedule.triggers]}
    if schedule.excluded_dates:
        kept["excluded_dates"] = [each.isoformat() for each in sorted(schedule.excluded_dates)]
    if schedule.start_time is not None:
        kept["start_time"] = schedule.start_time.astimezone(UTC).isoformat()
    if schedule.end_time is not None:
        kept["end_time"] = schedule.end_time.astimezone(UTC).isoformat()
    if schedule.dst_rule is not DstRule.SKIP_GAP_FIRST_FOLD:
        kept["dst_rule"] = schedule.dst_rule.value
    return kept


def schedule_to_text(schedule: Schedule) -> str:
    """The canonical form as JSON text: equal schedules have equal texts."""
    return schedule.unread or json.dumps(schedule_to_json(schedule), sort_keys=True, separators=(",", ":"))


def schedule_from_json(kept: Mapping[str, JSON]) -> Schedule:
    """Reads the canonical form back; `BadTrigger` where another release wrote it."""
    known = {"triggers", "excluded_dates", "start_time", "end_time", "dst_rule"}
    if unknown := sorted(set(kept) - known):
        raise BadTrigger(f"a schedule with {unknown} is not known here")
    triggers, dates = kept.get("triggers", []), kept.get("excluded_dates", [])
    rule = kept.get("dst_rule", DstRule.SKIP_GAP_FIRST_FOLD.value)
    if not isinstance(triggers, list) or not isinstance(dates, list):
        raise BadTrigger("triggers and excluded_dates of a schedule must be lists")
    if rule not in {each.value for each in DstRule}:
        raise BadTrigger(f"the rule `{rule}` for changes of the clocks is not known here")
    return Schedule(
        triggers=tuple(trigger_from_json(_mapping(each)) for each in triggers),
        excluded_dates=frozenset(_date(each) for each in dates),
        start_time=_instant(kept.get("start_time")),
        end_time=_instant(kept.get("end_time")),
        dst_rule=DstRule(str(rule)),
    )


@lru_cache(maxsize=16_384)
def schedule_from_text(text: str) -> Schedule:
    """Reads the JSON text of a schedule. A planner meets the same text thousands of times: it is read once."""
    try:
        kept = json.loads(text)
    except ValueError as error:
        raise BadTrigger(f"a schedule is kept as JSON, and this is none: {error}") from error
    return schedule_from_json(_mapping(kept))


def schedule_kept_as(text: str) -> Schedule:
    """The same, for whoever shows or edits the rest of a task: one that cannot be read is kept as it is."""
    try:
        return schedule_from_text(text)
    except BadTrigger:
        return Schedule(unread=text)


def next_time(text: str, time_zone: str, after: datetime, seed: int) -> datetime | None:
    """The next instant of a schedule kept as this text; remembered, because many tasks have the same one."""
    return _next_time(text, time_zone, after, seed if _spreads(text) else 0)


@lru_cache(maxsize=16_384)
def _spreads(text: str) -> bool:
    return schedule_from_text(text).spread


@lru_cache(maxsize=16_384)
def _next_time(text: str, time_zone: str, after: datetime, seed: int) -> datetime | None:
    return schedule_from_text(text).next_instant(after, zone_named(time_zone), seed)


def _mapping(kept: JSON) -> Mapping[str, JSON]:
    if not isinstance(kept, dict):
        raise BadTrigger("a schedule and each of its triggers must be JSON objects")
    return kept


def _date(kept: JSON) -> date:
    try:
        return date.fromisoformat(str(kept))
    except ValueError as error:
        raise BadTrigger(f"`{kept}` is not a date; write one such as 2024-12-25") from error


def _instant(kept: JSON) -> datetime | None:
    return None if kept is None else instant_from_json(str(kept))
