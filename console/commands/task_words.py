"""Tasks as people read them: names, a table, one task with all that was said of it."""

from collections.abc import Iterable, Iterator
from json import dumps as json_text
from typing import Annotated

import typer
from google.protobuf.duration_pb2 import Duration
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from backroom.scheduler.v1 import scheduler_pb2 as api
from chassis.durations import render_duration
from chassis.rpc.messages import struct_to_json
from console.commands.task_fields import DAYS
from console.output import day, enum_name, instant, print_fields, print_json, print_table

Name = Annotated[str, typer.Argument(help="`tasks/7`, or just `7`.")]
Names = Annotated[list[str], typer.Argument(help="`tasks/7`, or just `7`; several at once.")]

SHOWN_DATES = 10  #: excluded dates that are shown


def full(name: str) -> str:
    """`7` is `tasks/7`."""
    return name if "/" in name else f"tasks/{name}"


def print_tasks(tasks: Iterable[api.Task]) -> None:
    """Tasks as a table."""
    print_table(
        ["task", "title", "type", "state", "next", "pool", "destination"],
        (
            (
                task.name,
                task.title,
                task.task_type,
                enum_name(api.Task.State, task.state),
                instant(task.next_run_time),
                task.pool,
                task.destination,
            )
            for task in tasks
        ),
    )


def render(task: api.Task, json: bool) -> None:
    """One task."""
    if json:
        print_json(task)
        return
    print_fields(
        [
            ("task", task.name),
            ("title", task.title),
            ("type", task.task_type),
            ("state", enum_name(api.Task.State, task.state)),
            ("next", "\n".join(map(instant, task.upcoming_times)) or instant(task.next_run_time)),
            ("triggers", "\n".join(map(trigger, task.triggers))),
            ("not before", instant(task.start_time)),
            ("not after", instant(task.end_time)),
            ("not on", ", ".join(map(day, task.excluded_dates[:SHOWN_DATES])) + _more(task)),
            ("zone", task.time_zone),
            ("when clocks change", _words(api.DstRule, task.dst_rule, "DST_RULE_")),
            ("options", "\n".join(_options(task))),
            ("destination", task.destination),
            ("file name", task.file_name),
            ("pool", task.pool),
            *_policies(task),
            ("owner", task.owner),
            ("site", task.site),
        ]
    )


def trigger(message: api.Trigger) -> str:
    """A trigger in words."""
    match message.WhichOneof("kind"):
        case "cron":
            return f"cron {message.cron.expression}"
        case "interval":
            phase = span(message.interval.phase)
            return f"every {span(message.interval.interval)}" + (f" + {phase}" if phase else "")
        case "calendar":
            return _calendar(message.calendar)
        case _:
            return f"once at {instant(message.once.time)}"


def span(message: Duration) -> str:
    """A duration in words; nothing for none."""
    return render_duration(message.ToTimedelta()) if message.seconds or message.nanos else ""


def _options(task: api.Task) -> Iterator[str]:
    """Its options as `--option` takes them; those that hold nothing are left out."""
    for name, value in sorted(struct_to_json(task.options).items()):
        if value not in (None, [], {}, ""):
            yield f"{name}={value if isinstance(value, str) else json_text(value, ensure_ascii=False)}"


def _calendar(message: api.CalendarTrigger) -> str:
    parts = [f"at {', '.join(message.times)}"]
    if message.week_days:
        parts.append("on " + ", ".join(DAYS[each - 1] for each in message.week_days if 1 <= each <= len(DAYS)))
    if message.month_days:
        parts.append("on day " + ", ".join(map(str, message.month_days)) + " of the month")
    if message.months:
        parts.append("in month " + ", ".join(map(str, message.months)))
    return " ".join(parts)


def _policies(task: api.Task) -> Iterator[tuple[str, str]]:
    misfire, notification = task.misfire_policy, task.notification
    kind = _words(api.MisfirePolicy.Kind, misfire.kind, "KIND_")
    bound = f", at most {misfire.max_runs}" if misfire.kind == api.MisfirePolicy.KIND_ALL else ""
    grace = f", {span(misfire.grace)} late is on time" if span(misfire.grace) else ""
    window = f", not after {span(misfire.window)}" if span(misfire.window) else ""
    yield "missed instants", f"{kind}{bound}{grace}{window}" if kind else ""
    yield "while it runs", _words(api.OverlapPolicy, task.overlap_policy, "OVERLAP_POLICY_")
    yield "jitter", span(task.jitter)
    attempts, backoff = task.retry_policy.max_attempts, span(task.retry_policy.initial_backoff)
    yield "attempts", (f"{attempts}, {backoff} apart at first" if attempts > 1 and backoff else str(attempts or ""))
    yield "attempt may take", span(task.attempt_timeout)
    when = _words(api.Notification.When, notification.when, "WHEN_")
    people = f", {', '.join(notification.principals)}" if notification.principals else ""
    yield "told", f"{when}{people}{', by mail too' if notification.mail else ''}" if when else ""
    yield "deleted when done", "yes" if task.delete_when_done else ""


def _words(enum: EnumTypeWrapper, value: int, prefix: str) -> str:
    return enum_name(enum, value, prefix).lower().replace("_", " ")


def _more(task: api.Task) -> str:
    more = len(task.excluded_dates) - SHOWN_DATES
    return f" and {more} more" if more > 0 else ""
