"""From the wire: a task as somebody wrote it, every unreadable part named."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import Problems, instant, parse_name, struct_to_json
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.tasks import DEFAULT_BACKOFF, Notification, NotifyWhen, RetryPolicy, TaskDraft
from services.scheduler.domain.triggers import MAX_TRIGGERS, OnceTrigger, Trigger, cron_trigger

#: What people edit: the paths of an update mask.
EDITABLE = (
    "title",
    "options",
    "triggers",
    "site",
    "time_zone",
    "destination",
    "file_name",
    "pool",
    "notification",
    "retry_policy",
    "attempt_timeout",
)
WHEN = {
    scheduler_pb2.Notification.WHEN_UNSPECIFIED: NotifyWhen.ALWAYS,
    scheduler_pb2.Notification.WHEN_ALWAYS: NotifyWhen.ALWAYS,
    scheduler_pb2.Notification.WHEN_ON_ERROR: NotifyWhen.ON_ERROR,
    scheduler_pb2.Notification.WHEN_NEVER: NotifyWhen.NEVER,
}
LONGEST_EXPRESSION = 200
MOST_OPTIONS = 64 * 1024  #: bytes; 50 such tasks are a page, and fit into one message
MOST_MARKED = 1_000
FIRST_YEAR, LAST_YEAR = 1970, 2199

T = TypeVar("T")


def parse_draft(message: scheduler_pb2.Task, problems: Problems) -> TaskDraft:
    """What people edit. Parts that cannot be read are noted and left at their defaults."""
    policy = message.retry_policy
    backoff = _read(
        problems, lambda: _span(policy.initial_backoff, "task.retry_policy.initial_backoff"), DEFAULT_BACKOFF
    )
    timeout = _read(problems, lambda: _span(message.attempt_timeout, "task.attempt_timeout"), None)
    if message.notification.when not in WHEN:
        problems.add("task.notification.when", f"{message.notification.when} is not known; write 0 to 3")
    return TaskDraft(
        title=message.title,
        task_type=message.task_type,
        options=_read(problems, lambda: _options(message.options), {}),
        triggers=tuple(_triggers(message.triggers[: MAX_TRIGGERS + 1], problems)),  # one too many is told by the draft
        site=message.site,
        time_zone=message.time_zone,
        destination=message.destination,
        file_name=message.file_name,
        pool=message.pool,
        notification=Notification(
            when=WHEN.get(message.notification.when, NotifyWhen.ALWAYS),
            principals=tuple(dict.fromkeys(message.notification.principals)),
        ),
        retry_policy=RetryPolicy(
            max_attempts=policy.max_attempts or 1,
            initial_backoff=backoff if policy.HasField("initial_backoff") else DEFAULT_BACKOFF,
        ),
        attempt_timeout=timeout if message.HasField("attempt_timeout") else None,
    )


def _options(message: Struct) -> Mapping[str, JSON]:
    """Options that a database keeps and that a page of tasks, or the call that hands work over, has room for."""
    if message.ByteSize() > MOST_OPTIONS:
        raise InvalidInput(FieldProblem("task.options", f"take {message.ByteSize()} bytes; at most {MOST_OPTIONS}"))
    try:
        return struct_to_json(message)
    except ValueError:
        raise InvalidInput(FieldProblem("task.options", "hold NaN or an infinity; write a number")) from None


def _triggers(messages: Iterable[scheduler_pb2.Trigger], problems: Problems) -> Iterable[Trigger]:
    for place, message in enumerate(messages):
        field = f"task.triggers[{place}]"
        match message.WhichOneof("kind"):
            case "cron":
                if len(message.cron.expression) > LONGEST_EXPRESSION:
                    problems.add(f"{field}.cron.expression", f"write at most {LONGEST_EXPRESSION} characters")
                    continue
                try:
                    yield cron_trigger(message.cron.expression)
                except BadTrigger as error:
                    problems.add(f"{field}.cron.expression", str(error))
            case "once":
                try:
                    yield OnceTrigger(time=parse_instant(message.once.time, f"{field}.once.time"))
                except InvalidInput as error:
                    problems.extend(error)
            case _:
                problems.add(field, "write either `cron` or `once`")


def parse_instant(message: Timestamp, field: str) -> datetime:
    """An instant that must be there, to the microsecond, and that every zone's clocks can show."""
    at = instant(message, field)
    if at is None:
        raise InvalidInput(FieldProblem(field, "is required"))
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise InvalidInput(FieldProblem(field, f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}"))
    return at


def parse_task_number(name: str, field: str = "name") -> int:
    return int(parse_name("tasks/{number}", name, field))


def parse_run_number(name: str) -> int:
    return int(parse_name("runs/{number}", name, "name"))


def parse_message_number(name: str, field: str = "name") -> int:
    return int(parse_name("messages/{number}", name, field))


def parse_message_numbers(names: Iterable[str]) -> list[int]:
    """At most 1,000 names, each of a message."""
    wanted = list(dict.fromkeys(names))
    if not 1 <= len(wanted) <= MOST_MARKED:
        raise InvalidInput(FieldProblem("names", f"write 1 to {MOST_MARKED} names"))
    return [parse_message_number(name, f"names[{place}]") for place, name in enumerate(wanted)]


def _span(message: Duration, field: str) -> timedelta:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidInput(FieldProblem(field, "is not a duration")) from None


def _read(problems: Problems, read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except InvalidInput as error:
        problems.extend(error)
        return otherwise
