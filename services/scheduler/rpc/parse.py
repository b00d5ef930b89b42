"""From the wire: a task as somebody wrote it, every unreadable part named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import Problems, parse_name, struct_to_json
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.tasks import DEFAULT_BACKOFF, Notification, NotifyWhen, RetryPolicy, TaskDraft
from services.scheduler.rpc.schedules import parse_instant, parse_schedule

#: What people edit: the paths of an update mask, and the part of the draft that each is.
EDITABLE = {
    "title": "title",
    "options": "options",
    "triggers": "schedule.triggers",
    "excluded_dates": "schedule.excluded_dates",
    "start_time": "schedule.start_time",
    "end_time": "schedule.end_time",
    "dst_rule": "schedule.dst_rule",
    "site": "site",
    "time_zone": "time_zone",
    "destination": "destination",
    "file_name": "file_name",
    "pool": "pool",
    "notification": "notification",
    "retry_policy": "retry_policy",
    "attempt_timeout": "attempt_timeout",
    "misfire_policy": "misfire",
    "overlap_policy": "overlap",
    "jitter": "jitter",
    "delete_when_done": "delete_when_done",
}
WHEN = {
    scheduler_pb2.Notification.WHEN_UNSPECIFIED: NotifyWhen.ALWAYS,
    scheduler_pb2.Notification.WHEN_ALWAYS: NotifyWhen.ALWAYS,
    scheduler_pb2.Notification.WHEN_ON_ERROR: NotifyWhen.ON_ERROR,
    scheduler_pb2.Notification.WHEN_NEVER: NotifyWhen.NEVER,
    scheduler_pb2.Notification.WHEN_ON_CHANGE: NotifyWhen.ON_CHANGE,
}
OVERLAPS = {
    scheduler_pb2.OVERLAP_POLICY_UNSPECIFIED: Overlap.SKIP,
    scheduler_pb2.OVERLAP_POLICY_SKIP: Overlap.SKIP,
    scheduler_pb2.OVERLAP_POLICY_BUFFER_ONE: Overlap.BUFFER_ONE,
    scheduler_pb2.OVERLAP_POLICY_CANCEL_RUNNING: Overlap.CANCEL_RUNNING,
    scheduler_pb2.OVERLAP_POLICY_ALLOW: Overlap.ALLOW,
}
MISFIRES = {
    scheduler_pb2.MisfirePolicy.KIND_UNSPECIFIED: MisfireKind.ONCE,
    scheduler_pb2.MisfirePolicy.KIND_SKIP: MisfireKind.SKIP,
    scheduler_pb2.MisfirePolicy.KIND_ONCE: MisfireKind.ONCE,
    scheduler_pb2.MisfirePolicy.KIND_ALL: MisfireKind.ALL,
}
MOST_OPTIONS = 64 * 1024  #: bytes; 50 such tasks are a page, and fit into one message
MOST_MARKED = 1_000

T = TypeVar("T")


def parse_draft(message: scheduler_pb2.Task, problems: Problems) -> TaskDraft:
    """What people edit. Parts that cannot be read are noted and left at their defaults."""
    policy = message.retry_policy
    backoff = _read(
        problems, lambda: _span(policy.initial_backoff, "task.retry_policy.initial_backoff"), DEFAULT_BACKOFF
    )
    timeout = _read(problems, lambda: _span(message.attempt_timeout, "task.attempt_timeout"), None)
    if message.notification.when not in WHEN:
        problems.add("task.notification.when", f"{message.notification.when} is not known; write 0 to 4")
    if message.overlap_policy not in OVERLAPS:
        problems.add("task.overlap_policy", f"{message.overlap_policy} is not known; write 0 to 4")
    return TaskDraft(
        title=message.title,
        task_type=message.task_type,
        options=_read(problems, lambda: _options(message.options), {}),
        schedule=parse_schedule(
            message,
            _bound(message, "start_time", problems),
            _bound(message, "end_time", problems),
            problems,
            "task.",
        ),
        site=message.site,
        time_zone=message.time_zone,
        destination=message.destination,
        file_name=message.file_name,
        pool=message.pool,
        notification=Notification(
            when=WHEN.get(message.notification.when, NotifyWhen.ALWAYS),
            principals=tuple(dict.fromkeys(message.notification.principals)),
            mail=message.notification.mail,
        ),
        retry_policy=RetryPolicy(
            max_attempts=policy.max_attempts or 1,
            initial_backoff=backoff if policy.HasField("initial_backoff") else DEFAULT_BACKOFF,
        ),
        attempt_timeout=timeout if message.HasField("attempt_timeout") else None,
        misfire=_misfire(message.misfire_policy, problems),
        overlap=OVERLAPS.get(message.overlap_policy, Overlap.SKIP),
        jitter=_read(problems, lambda: _span(message.jitter, "task.jitter"), timedelta()),
        delete_when_done=message.delete_when_done,
    )


def merge(draft: TaskDraft, wanted: TaskDraft, paths: Iterable[str]) -> TaskDraft:
    """The draft with those parts of another that the paths of a mask name."""
    parts = [EDITABLE[path].split(".") for path in paths]
    timing = {part[1]: getattr(wanted.schedule, part[1]) for part in parts if len(part) == 2}
    others = {part[0]: getattr(wanted, part[0]) for part in parts if len(part) == 1}
    if timing:
        timing["unread"] = ""  # what a person writes takes the place of what could not be read
    return replace(draft, schedule=replace(draft.schedule, **timing), **others)


def _bound(message: scheduler_pb2.Task, name: str, problems: Problems) -> datetime | None:
    if not message.HasField(name):
        return None
    return _read(problems, lambda: parse_instant(getattr(message, name), f"task.{name}"), None)


def _misfire(message: scheduler_pb2.MisfirePolicy, problems: Problems) -> MisfirePolicy:
    if message.kind not in MISFIRES:
        problems.add("task.misfire_policy.kind", f"{message.kind} is not known; write 0 to 3")
    usual = MisfirePolicy()
    grace = _read(problems, lambda: _span(message.grace, "task.misfire_policy.grace"), usual.grace)
    window = _read(problems, lambda: _span(message.window, "task.misfire_policy.window"), usual.grace)
    return MisfirePolicy(
        kind=MISFIRES.get(message.kind, usual.kind),
        max_runs=message.max_runs or usual.max_runs,
        grace=grace if message.HasField("grace") else usual.grace,
        window=window if message.HasField("window") else None,
    )


def _options(message: Struct) -> Mapping[str, JSON]:
    """Options that a database keeps and that a page of tasks, or the call that hands work over, has room for."""
    if message.ByteSize() > MOST_OPTIONS:
        raise InvalidInput(FieldProblem("task.options", f"take {message.ByteSize()} bytes; at most {MOST_OPTIONS}"))
    try:
        return struct_to_json(message)
    except ValueError:
        raise InvalidInput(FieldProblem("task.options", "hold NaN or an infinity; write a number")) from None


def parse_task_number(name: str, field: str = "name") -> int:
    return int(parse_name("tasks/{number}", name, field))


def parse_task_numbers(names: Iterable[str]) -> list[int]:
    """At most 1,000 names, each of a task."""
    wanted = list(dict.fromkeys(names))
    if not 1 <= len(wanted) <= MOST_MARKED:
        raise InvalidInput(FieldProblem("names", f"write 1 to {MOST_MARKED} names"))
    return [parse_task_number(name, f"names[{place}]") for place, name in enumerate(wanted)]


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
