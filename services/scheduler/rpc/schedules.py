"""Between the wire and when a task fires: triggers, excluded dates, bounds, the rule for clocks that change."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import Problems, instant, parse_date, timestamp
from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.dst import DstRule
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.schedules import MAX_EXCLUDED_DATES, MAX_TRIGGERS, Schedule, check_days
from services.scheduler.domain.triggers import CronTrigger, OnceTrigger, Trigger, cron_trigger

LONGEST_EXPRESSION = 200
FIRST_YEAR, LAST_YEAR = 1970, 2199
DST_RULES = {
    DstRule.SKIP_GAP_FIRST_FOLD: scheduler_pb2.DST_RULE_SKIP_GAP_FIRST_FOLD,
    DstRule.RUN_AFTER_GAP_FIRST_FOLD: scheduler_pb2.DST_RULE_RUN_AFTER_GAP_FIRST_FOLD,
    DstRule.LITERAL: scheduler_pb2.DST_RULE_LITERAL,
}
READ_DST_RULES = {
    scheduler_pb2.DST_RULE_UNSPECIFIED: DstRule.SKIP_GAP_FIRST_FOLD,
    **{message: rule for rule, message in DST_RULES.items()},
}


class Scheduled(Protocol):
    """The fields that Task and PreviewTriggerRequest share."""

    @property
    def triggers(self) -> Sequence[scheduler_pb2.Trigger]: ...
    @property
    def excluded_dates(self) -> Sequence[Date]: ...
    @property
    def dst_rule(self) -> scheduler_pb2.DstRule: ...


def parse_schedule(
    message: Scheduled, start: datetime | None, end: datetime | None, problems: Problems, prefix: str = ""
) -> Schedule:
    """When it fires. Parts that cannot be read are noted, with their fields, and left out."""
    if len(message.triggers) > MAX_TRIGGERS:
        problems.add(f"{prefix}triggers", f"at most {MAX_TRIGGERS} triggers; join some of them or make two tasks")
    if len(message.excluded_dates) > MAX_EXCLUDED_DATES:
        problems.add(f"{prefix}excluded_dates", f"at most {MAX_EXCLUDED_DATES}; leave out those that have passed")
    if message.dst_rule not in READ_DST_RULES:
        problems.add(f"{prefix}dst_rule", f"{message.dst_rule} is not known; write 0 to 3")
    return Schedule(
        triggers=tuple(_triggers(message.triggers[:MAX_TRIGGERS], problems, prefix)),
        excluded_dates=frozenset(_dates(message.excluded_dates[:MAX_EXCLUDED_DATES], problems, prefix)),
        start_time=start,
        end_time=end,
        dst_rule=READ_DST_RULES.get(message.dst_rule, DstRule.SKIP_GAP_FIRST_FOLD),
    )


def parse_instant(message: Timestamp, field: str) -> datetime:
    """An instant that must be there, to the microsecond, and that every zone's clocks can show."""
    at = instant(message, field)
    if at is None:
        raise InvalidInput(FieldProblem(field, "is required"))
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidInput(FieldProblem(field, f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}"))
    return at


def _dates(messages: Iterable[Date], problems: Problems, prefix: str) -> Iterator[date]:
    for place, message in enumerate(messages):
        try:
            if (day := parse_date(message, f"{prefix}excluded_dates[{place}]")) is not None:
                yield day
        except InvalidInput as error:
            problems.extend(error)


def _triggers(messages: Iterable[scheduler_pb2.Trigger], problems: Problems, prefix: str) -> Iterator[Trigger]:
    for place, message in enumerate(messages):
        field = f"{prefix}triggers[{place}]"
        try:
            trigger = _trigger(message, field)
            check_days(trigger)
            yield trigger
        except InvalidInput as error:
            problems.extend(error)
        except BadTrigger as error:
            problems.add(f"{field}.{_part(message)}", str(error))


def _trigger(message: scheduler_pb2.Trigger, field: str) -> Trigger:
    match message.WhichOneof("kind"):
        case "cron":
            if len(message.cron.expression) > LONGEST_EXPRESSION:
                raise BadTrigger(f"write at most {LONGEST_EXPRESSION} characters")
            return cron_trigger(message.cron.expression)
        case "once":
            return OnceTrigger(time=parse_instant(message.once.time, f"{field}.once.time"))
        case "interval":
            return IntervalTrigger(
                every=_whole_seconds(message.interval.interval, f"{field}.interval.interval"),
                phase=_whole_seconds(message.interval.phase, f"{field}.interval.phase"),
            )
        case "calendar":
            return CalendarTrigger(
                times=tuple(
                    _time(text, f"{field}.calendar.times[{at}]") for at, text in enumerate(message.calendar.times)
                ),
                weekdays=frozenset(message.calendar.week_days),
                month_days=frozenset(message.calendar.month_days),
                months=frozenset(message.calendar.months),
            )
        case _:
            raise InvalidInput(FieldProblem(field, "write one of `cron`, `once`, `interval` and `calendar`"))


def _part(message: scheduler_pb2.Trigger) -> str:
    kind = message.WhichOneof("kind")
    return "cron.expression" if kind == "cron" else str(kind)


def _time(text: str, field: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None or len(text) not in (5, 8):
        raise InvalidInput(FieldProblem(field, f"`{text}` is not a time of day; write `HH:MM` or `HH:MM:SS`"))
    return at


def _whole_seconds(message: Duration, field: str) -> timedelta:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidInput(FieldProblem(field, "is not a duration")) from None


def render_trigger(trigger: Trigger) -> scheduler_pb2.Trigger:
    """A trigger in its canonical form."""
    match trigger:
        case CronTrigger():
            return scheduler_pb2.Trigger(cron=scheduler_pb2.CronTrigger(expression=trigger.cron.expression))
        case OnceTrigger():
            return scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=timestamp(trigger.time)))
        case IntervalTrigger():
            interval, phase = Duration(), Duration()
            interval.FromTimedelta(trigger.every)
            phase.FromTimedelta(trigger.phase)
            return scheduler_pb2.Trigger(interval=scheduler_pb2.IntervalTrigger(interval=interval, phase=phase))
        case CalendarTrigger():
            return scheduler_pb2.Trigger(
                calendar=scheduler_pb2.CalendarTrigger(
                    times=[at.isoformat() if at.second else at.isoformat("minutes") for at in trigger.times],
                    week_days=sorted(trigger.weekdays),
                    month_days=sorted(trigger.month_days),
                    months=sorted(trigger.months),
                )
            )


def render_dates(schedule: Schedule) -> list[Date]:
    return [Date(year=day.year, month=day.month, day=day.day) for day in sorted(schedule.excluded_dates)]
