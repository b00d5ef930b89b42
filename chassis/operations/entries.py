"""What the scheduler sends to TaskHandlerService, parsed: attempts, options, for whom and when, modes of sites."""

from collections.abc import Mapping, Sequence
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from google.protobuf import struct_pb2
from pydantic import ValidationError

from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations.model import DEFAULT_SITE, EVERY_SITE, JSON, OperatingMode, SiteMode, TaskContext
from chassis.operations.rows import storable
from chassis.rpc import messages
from chassis.tasks import TaskType

MOST_STARTED = 1_000
MOST_POLLED = 10_000
MOST_MODES = 10_000
MODES = {
    type_pb2.OPERATING_MODE_UNSPECIFIED: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_NORMAL: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED: OperatingMode.ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING: OperatingMode.TRAINING,
}


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # walks a folder tree: once is enough


def parse_attempts(given: Sequence[str], field: str, most: int) -> list[UUID]:
    """UUIDs of attempts. Raises `InvalidInput` naming the one that is none."""
    if len(given) > most:
        raise InvalidInput(FieldProblem(field.split("[")[0], f"send at most {most} in one request"))
    return [messages.parse_uuid(text, field.format(place)) for place, text in enumerate(given)]


def parse_modes(given: Sequence[task_pb2.SiteMode]) -> list[SiteMode]:
    """What sites may do by themselves. Raises `InvalidInput` naming each field that is wrong."""
    if len(given) > MOST_MODES:
        raise InvalidInput(FieldProblem("modes", f"send at most {MOST_MODES} in one request"))
    problems: list[FieldProblem] = []
    modes: list[SiteMode] = []
    seen: set[str] = set()
    for place, one in enumerate(given):
        field = f"modes[{place}]"
        if one.site in seen or one.site in ("", EVERY_SITE):
            problems.append(FieldProblem(f"{field}.site", "name each site once"))
        seen.add(one.site)
        if one.mode not in MODES or not one.mode:
            problems.append(FieldProblem(f"{field}.mode", "give one of the modes of the contract"))
        if one.version < 1:
            problems.append(FieldProblem(f"{field}.version", "versions begin at 1"))
        if not problems:
            modes.append(SiteMode(site=one.site, mode=MODES[one.mode], version=one.version))
    if problems:
        raise InvalidInput(*problems)
    return modes


def parse_options(offered: TaskType, options: struct_pb2.Struct, field: str) -> Mapping[str, JSON]:
    """Options as the type's model has them, defaults filled in. Raises `InvalidInput` with each field."""
    try:
        given = messages.struct_to_json(options)
    except ValueError as wrong:
        raise InvalidInput(FieldProblem(field, "holds a number that is none (NaN or infinity)")) from wrong
    try:
        model = offered.options.model_validate(given)
    except ValidationError as wrong:
        raise InvalidInput(
            *(
                FieldProblem(".".join([field, *map(str, problem["loc"])]), problem["msg"])
                for problem in wrong.errors(include_url=False, include_input=False)
            )
        ) from wrong
    values: Mapping[str, JSON] = model.model_dump(mode="json")
    if storable(values) != values:
        raise InvalidInput(FieldProblem(field, "holds a character that no text can hold (NUL, half a surrogate pair)"))
    return values


def parse_context(attempt: UUID, entry: task_pb2.TaskEntry, field: str) -> TaskContext:
    """For whom and when. Raises `InvalidInput`."""
    nominal_time = messages.instant(entry.nominal_time) if entry.HasField("nominal_time") else None
    if nominal_time is None:
        raise InvalidInput(FieldProblem(f"{field}.nominal_time", "say which instant the run stands for"))
    if entry.time_zone not in _zones():
        raise InvalidInput(
            FieldProblem(f"{field}.time_zone", f"{entry.time_zone!r} is no IANA zone such as Europe/Paris")
        )
    return TaskContext(
        attempt=attempt,
        run=entry.run,
        task=entry.task,
        task_title=entry.task_title,
        site=entry.site or DEFAULT_SITE,
        mode=MODES[entry.mode],
        owner=entry.owner,
        locale=entry.locale or "fr",
        nominal_time=nominal_time,
        time_zone=entry.time_zone,
        file_name=entry.file_name,
        destination=entry.destination,
    )
