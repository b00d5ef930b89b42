"""Requests, parsed once into what the use cases take; every mistake is named by its field."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from uuid import UUID

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import DEFAULT_SITE, OperatingMode
from chassis.rpc.messages import Problems, instant, parse_name, parse_uuid
from services.delivery.domain.file_names import file_name_problem
from services.delivery.domain.sealing import Manifest
from services.delivery.domain.staging import FileToStage
from services.delivery.domain.unspooled import FileToSend
from services.delivery.rpc.arriving import Arriving

T = TypeVar("T")

MOST_FILES = 10_000  #: of one manifest
MODES: dict[int, OperatingMode] = {
    type_pb2.OPERATING_MODE_UNSPECIFIED: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_NORMAL: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED: OperatingMode.ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING: OperatingMode.TRAINING,
}


def parse_destination(name: str, field: str = "name") -> str:
    """A destination's id."""
    return parse_name("destinations/{id}", name, field)


def parse_mode(mode: int, field: str = "mode") -> OperatingMode:
    """A mode of the contract."""
    if mode not in MODES:
        raise InvalidInput(FieldProblem(field, "give one of the modes of the contract"))
    return MODES[mode]


def parse_staging(requests: Iterator[pb.StageFileRequest]) -> tuple[FileToStage, Arriving]:
    """The header, and the bytes that follow it."""
    first = next(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidInput(FieldProblem("header", "send the header first, then the chunks"))
    return parse_header(first.header, "header"), Arriving(requests)


def parse_sending(requests: Iterator[pb.SendFileRequest]) -> tuple[FileToSend, Arriving]:
    """The header of a file that goes past the spool, and the bytes that follow it."""
    first = next(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidInput(FieldProblem("header", "send the header first, then the chunks"))
    header, problems = first.header, Problems()
    file = collected(problems, lambda: parse_header(header.file, "header.file"), None)
    destination = collected(problems, lambda: parse_destination(header.destination, "header.destination"), "")
    if not header.owner:
        problems.add("header.owner", "say with whose rights the file is sent")
    problems.check()
    assert file is not None  # noqa: S101 - else a problem was noted; tells mypy so
    return FileToSend(file=file, destination=destination, owner=header.owner), Arriving(requests)


def parse_header(header: pb.StageFileHeader, field: str) -> FileToStage:
    """What a handler says of its file."""
    problems = Problems()
    if header.epoch < 0:
        problems.add(f"{field}.epoch", "give the epoch of the handler's operation, 0 or more")
    if header.ordinal < 0:
        problems.add(f"{field}.ordinal", "give the file's place among the attempt's files, from 0")
    name = file_name_problem(header.file_name)
    if name is not None:
        problems.add(f"{field}.file_name", name)
    attempt = collected(problems, lambda: parse_uuid(header.attempt, f"{field}.attempt"), UUID(int=0))
    run = collected(problems, lambda: parse_name("runs/{number}", header.run, f"{field}.run"), "0")
    task = collected(problems, lambda: parse_name("tasks/{number}", header.task, f"{field}.task"), "0")
    mode = collected(problems, lambda: parse_mode(header.mode, f"{field}.mode"), OperatingMode.NORMAL)
    problems.check()
    return FileToStage(
        attempt=attempt,
        epoch=header.epoch,
        ordinal=header.ordinal,
        task=int(task),
        run=int(run),
        file_name=header.file_name,
        site=header.site or DEFAULT_SITE,
        mode=mode.value,
    )


def parse_manifest(request: pb.SendSpoolRequest) -> Manifest:
    """What is to be sealed and sent."""
    problems = Problems()
    nominal_time = collected(problems, lambda: instant(request.nominal_time, "nominal_time"), None)
    if nominal_time is None:
        problems.add("nominal_time", "say which instant the run stands for")
    attempt = collected(problems, lambda: parse_uuid(request.attempt, "attempt"), UUID(int=0))
    task = collected(problems, lambda: parse_name("tasks/{number}", request.task, "task"), "0")
    run = collected(problems, lambda: parse_name("runs/{number}", request.run, "run"), "0")
    destination = collected(problems, lambda: parse_destination(request.destination, "destination"), "")
    if len(request.files) > MOST_FILES:
        problems.add("files", f"send at most {MOST_FILES} in one manifest")
        problems.check()
    files = parse_files(request.files, problems)
    mode = collected(problems, lambda: parse_mode(request.mode), OperatingMode.NORMAL)
    problems.check()
    assert nominal_time is not None  # noqa: S101 - else a problem was noted; tells mypy so
    return Manifest(
        attempt=attempt,
        task=int(task),
        run=int(run),
        destination=destination,
        files=tuple(files),
        nominal_time=nominal_time,
        site=request.site or DEFAULT_SITE,
        mode=mode.value,
        owner=request.owner,
        traceparent=request.traceparent,
    )


def parse_files(names: Iterable[str], problems: Problems) -> list[UUID]:
    """The ids of `files/{uuid}`; each that is none is noted by its place."""
    files: list[UUID] = []
    for place, name in enumerate(names):
        try:
            files.append(UUID(parse_name("files/{uuid}", name, f"files[{place}]")))
        except InvalidInput as refusal:
            problems.extend(refusal)
    return files


def collected(problems: Problems, parse: Callable[[], T], otherwise: T) -> T:
    """What `parse` answers; where it refuses, its problems are noted and `otherwise` stands in until they are told."""
    try:
        return parse()
    except InvalidInput as refusal:
        problems.extend(refusal)
        return otherwise
