"""The options of `tasks create`, `tasks edit` and `tasks preview`: what people say of a task, put into the message."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from backroom.scheduler.v1 import scheduler_pb2 as api
from chassis.durations import parse_duration
from chassis.rpc.messages import json_to_struct, struct_to_json
from console.reading import parse_instant, read_option

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Dst(StrEnum):
    """What happens when clocks change."""

    SKIP = "skip-gap-first-fold"
    RUN_AFTER = "run-after-gap-first-fold"
    LITERAL = "literal"


class Misfire(StrEnum):
    """What is made up of instants that were missed."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class Overlap(StrEnum):
    """What happens while a run has not ended."""

    SKIP = "skip"
    BUFFER_ONE = "buffer-one"
    CANCEL_RUNNING = "cancel-running"
    ALLOW = "allow"


class When(StrEnum):
    """After which runs people are told."""

    ALWAYS = "always"
    ON_ERROR = "on-error"
    ON_CHANGE = "on-change"
    NEVER = "never"


DST_RULES = {
    Dst.SKIP: api.DST_RULE_SKIP_GAP_FIRST_FOLD,
    Dst.RUN_AFTER: api.DST_RULE_RUN_AFTER_GAP_FIRST_FOLD,
    Dst.LITERAL: api.DST_RULE_LITERAL,
}
MISFIRES = {
    Misfire.SKIP: api.MisfirePolicy.KIND_SKIP,
    Misfire.ONCE: api.MisfirePolicy.KIND_ONCE,
    Misfire.ALL: api.MisfirePolicy.KIND_ALL,
}
OVERLAPS = {
    Overlap.SKIP: api.OVERLAP_POLICY_SKIP,
    Overlap.BUFFER_ONE: api.OVERLAP_POLICY_BUFFER_ONE,
    Overlap.CANCEL_RUNNING: api.OVERLAP_POLICY_CANCEL_RUNNING,
    Overlap.ALLOW: api.OVERLAP_POLICY_ALLOW,
}
WHEN = {
    When.ALWAYS: api.Notification.WHEN_ALWAYS,
    When.ON_ERROR: api.Notification.WHEN_ON_ERROR,
    When.ON_CHANGE: api.Notification.WHEN_ON_CHANGE,
    When.NEVER: api.Notification.WHEN_NEVER,
}

Text = str | None
Texts = list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a task fires."""

    cron: Annotated[Texts, typer.Option(help="Fires by this cron expression, e.g. '30 22 * * MON-SAT'.")] = None
    at: Annotated[Texts, typer.Option(help="Fires once, at this instant (ISO 8601).")] = None
    every: Annotated[Texts, typer.Option(help="Fires at an interval: 15m, or 6h+30m to shift it.")] = None
    times: Annotated[Text, typer.Option(help="Fires at these times of day: 08:00,20:00.")] = None
    week_days: Annotated[Text, typer.Option(help="With --times: only on mon-fri,sun.")] = None
    month_days: Annotated[Text, typer.Option(help="With --times: only on these days, -1 is the last: 1,-1.")] = None
    months: Annotated[Text, typer.Option(help="With --times: only in these months: 1,7.")] = None
    zone: Annotated[Text, typer.Option(help="IANA zone of triggers and file names.")] = None
    exclude: Annotated[Texts, typer.Option(help="Does not fire on this day: 2030-12-25.")] = None
    end: Annotated[Text, typer.Option(help="Fires at no instant after this one (ISO 8601).")] = None
    dst: Annotated[Dst | None, typer.Option(help="When clocks change.")] = None

    def triggers(self) -> list[api.Trigger]:
        """The triggers that were asked for."""
        made = [api.Trigger(cron=api.CronTrigger(expression=each)) for each in self.cron or ()]
        made += [api.Trigger(once=api.OnceTrigger(time=parse_instant(each, "--at"))) for each in self.at or ()]
        made += [api.Trigger(interval=_interval(each)) for each in self.every or ()]
        if self.times:
            made.append(api.Trigger(calendar=self._calendar(self.times)))
        elif self.week_days or self.month_days or self.months:
            raise typer.BadParameter("say at which times of day, e.g. --times 22:30", param_hint="--times")
        return made

    def timed(self, message: api.Task | api.PreviewTriggerRequest) -> Iterator[str]:
        """Puts them into a task or a preview; answers the fields that were said."""
        if triggers := self.triggers():
            del message.triggers[:]
            message.triggers.extend(triggers)
            yield "triggers"
        if self.zone is not None:
            message.time_zone = self.zone
            yield "time_zone"
        if self.exclude is not None:
            del message.excluded_dates[:]
            message.excluded_dates.extend(_date(each) for each in self.exclude if each)
            yield "excluded_dates"
        if self.end is not None:
            message.ClearField("end_time")
            if self.end:
                message.end_time.CopyFrom(parse_instant(self.end, "--end"))
            yield "end_time"
        if self.dst is not None:
            message.dst_rule = DST_RULES[self.dst]
            yield "dst_rule"

    def _calendar(self, times: str) -> api.CalendarTrigger:
        return api.CalendarTrigger(
            times=[each.strip() for each in times.split(",")],
            week_days=[day for each in (self.week_days or "").split(",") if each for day in _week_days(each)],
            month_days=[_number(each, "--month-days") for each in (self.month_days or "").split(",") if each],
            months=[_number(each, "--months") for each in (self.months or "").split(",") if each],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields(Timing):
    """What people edit of a task; None where nothing was said of it."""

    title: Annotated[Text, typer.Option(help="What people call it.")] = None
    option: Annotated[Texts, typer.Option(help="name=value; the value is JSON or text.")] = None
    by_hand: Annotated[bool, typer.Option("--by-hand", help="No trigger: it runs only by hand.")] = False
    start: Annotated[Text, typer.Option(help="Fires at no instant before this one (ISO 8601).")] = None
    delete_when_done: Annotated[bool | None, typer.Option(help="Deletes it once no instant is left.")] = None
    site: Annotated[Text, typer.Option(help="Site it belongs to; `backroom sites` lists them.")] = None
    destination: Annotated[Text, typer.Option(help="Where its files go: an id of `backroom destinations`.")] = None
    file_name: Annotated[Text, typer.Option(help="Name of its files, e.g. 'ventes-{y}{m}{d}-{mag x}.csv'.")] = None
    pool: Annotated[Text, typer.Option(help="Tasks of one pool run one after the other.")] = None
    misfire: Annotated[Misfire | None, typer.Option(help="What is made up of missed instants.")] = None
    misfire_runs: Annotated[int | None, typer.Option(min=1, max=1000, help="With --misfire all: at most so many.")] = (
        None
    )
    misfire_grace: Annotated[Text, typer.Option(help="So late is still on time: 60s.")] = None
    misfire_window: Annotated[Text, typer.Option(help="Missed for longer is never made up: 2d.")] = None
    overlap: Annotated[Overlap | None, typer.Option(help="While a run of it has not ended.")] = None
    jitter: Annotated[Text, typer.Option(help="Spreads starts over this time: 5m.")] = None
    attempts: Annotated[int | None, typer.Option(min=1, max=10, help="Attempts in all, where one fails.")] = None
    backoff: Annotated[Text, typer.Option(help="Wait before the second attempt, then doubled: 60s.")] = None
    timeout: Annotated[Text, typer.Option(help="How long an attempt may take: 2h.")] = None
    notify: Annotated[When | None, typer.Option(help="After which runs people are told.")] = None
    tell: Annotated[Texts, typer.Option(help="Who is told; the owner where nobody is named.")] = None
    mail: Annotated[bool | None, typer.Option(help="Tell them by mail, too.")] = None

    def put(self, task: api.Task) -> list[str]:
        """Puts what was said into a task; answers the fields that it touches, as an update mask names them."""
        touched = [*self.timed(task), *self._plain(task), *self._policies(task)]
        if self.by_hand:
            del task.triggers[:]
            touched.append("triggers")
        if self.option:
            options = struct_to_json(task.options) | dict(map(read_option, self.option))
            try:
                task.options.CopyFrom(json_to_struct(options))
            except ValueError as error:
                raise typer.BadParameter(str(error), param_hint="--option") from None
            touched.append("options")
        return list(dict.fromkeys(touched))

    def _plain(self, task: api.Task) -> Iterator[str]:
        said: Mapping[str, str | None] = {
            "title": self.title,
            "site": self.site,
            "destination": self.destination and f"destinations/{self.destination.removeprefix('destinations/')}",
            "file_name": self.file_name,
            "pool": self.pool,
        }
        for name, value in said.items():
            if value is not None:
                setattr(task, name, value)
                yield name
        if self.delete_when_done is not None:
            task.delete_when_done = self.delete_when_done
            yield "delete_when_done"
        if self.start is not None:
            task.ClearField("start_time")
            if self.start:
                task.start_time.CopyFrom(parse_instant(self.start, "--start"))
            yield "start_time"

    def _policies(self, task: api.Task) -> Iterator[str]:
        if self.misfire is not None:
            task.misfire_policy.kind = MISFIRES[self.misfire]
        if self.misfire_runs is not None:
            task.misfire_policy.max_runs = self.misfire_runs
        _put_span(task.misfire_policy, "grace", self.misfire_grace, "--misfire-grace")
        _put_span(task.misfire_policy, "window", self.misfire_window, "--misfire-window")
        if any(each is not None for each in (self.misfire, self.misfire_runs, self.misfire_grace, self.misfire_window)):
            yield "misfire_policy"
        if self.overlap is not None:
            task.overlap_policy = OVERLAPS[self.overlap]
            yield "overlap_policy"
        if _put_span(task, "jitter", self.jitter, "--jitter"):
            yield "jitter"
        if self.attempts is not None:
            task.retry_policy.max_attempts = self.attempts
        if _put_span(task.retry_policy, "initial_backoff", self.backoff, "--backoff") or self.attempts is not None:
            yield "retry_policy"
        if _put_span(task, "attempt_timeout", self.timeout, "--timeout"):
            yield "attempt_timeout"
        yield from self._notification(task.notification)

    def _notification(self, notification: api.Notification) -> Iterator[str]:
        if self.notify is not None:
            notification.when = WHEN[self.notify]
        if self.tell is not None:
            del notification.principals[:]
            notification.principals.extend(each for each in self.tell if each)
        if self.mail is not None:
            notification.mail = self.mail
        if any(each is not None for each in (self.notify, self.tell, self.mail)):
            yield "notification"


def span(text: str, hint: str) -> Duration:
    """A duration as people type it: `90s`, `15m`, `2h`."""
    try:
        read = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: {error}", param_hint=hint) from None
    except OverflowError:
        raise typer.BadParameter(f"{text!r} is longer than any clock counts", param_hint=hint) from None
    made = Duration()
    if isinstance(read, timedelta):
        made.FromTimedelta(read)
    return made


def _put_span(message: Message, field: str, text: str | None, hint: str) -> bool:
    """Puts a duration into a field; an empty one takes it out. False where nothing was said."""
    if text is None:
        return False
    message.ClearField(field)
    if text:
        getattr(message, field).CopyFrom(span(text, hint))
    return True


def _interval(text: str) -> api.IntervalTrigger:
    every, _, phase = text.partition("+")
    made = api.IntervalTrigger(interval=span(every, "--every"))
    if phase:
        made.phase.CopyFrom(span(phase, "--every"))
    return made


def _date(text: str) -> Date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write e.g. 2030-12-25", param_hint="--exclude") from None
    return Date(year=day.year, month=day.month, day=day.day)


def _week_days(text: str) -> list[int]:
    """`tue` is a day, `mon-fri` are five."""
    first, _, last = text.partition("-")
    start, end = _week_day(first), _week_day(last or first)
    return list(range(start, end + 1)) if start <= end else [*range(start, len(DAYS) + 1), *range(1, end + 1)]


def _week_day(text: str) -> int:
    day = text.strip().lower()[:3]
    if day not in DAYS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(DAYS)}", param_hint="--week-days")
    return DAYS.index(day) + 1


def _number(text: str, hint: str) -> int:
    """A whole number of at most two digits: whether there is such a day or month is the service's to say."""
    if not re.fullmatch(r"-?\d{1,2}", text.strip(), re.ASCII):
        raise typer.BadParameter(f"{text!r} is no number of a day or month", param_hint=hint)
    return int(text)
