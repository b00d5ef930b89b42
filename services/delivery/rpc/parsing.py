"""Requests, parsed once into what the use cases take; every mistake is named by its field."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import DEFAULT_SITE, OperatingMode
from chassis.rpc.messages import Problems, check_mask, instant, parse_name, parse_uuid
from services.delivery.domain.drafts import Draft
from services.delivery.domain.file_names import file_name_problem
from services.delivery.domain.sealing import Manifest
from services.delivery.domain.staging import FileToStage

T = TypeVar("T")

LARGEST_CHUNK = 1 << 20
MOST_FILES = 10_000  #: of one manifest
SECRETS = ("password", "private_key", "passphrase")
SFTP_FIELDS = ("host", "port", "user_name", "host_key", "folder", *SECRETS)
MASK = ("display_name", "server_path", "server_path.folder", "sftp", *(f"sftp.{name}" for name in SFTP_FIELDS))
PROTOCOLS = {"server_path": "server-path", "sftp": "sftp"}
MODES = {
    type_pb2.OPERATING_MODE_UNSPECIFIED: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_NORMAL: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED: OperatingMode.ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING: OperatingMode.TRAINING,
}


def parse_destination(name: str, field: str = "name") -> str:
    """A destination's id."""
    return parse_name("destinations/{id}", name, field)


def parse_check(request: pb.CheckDestinationRequest) -> tuple[str, bool]:
    """A destination's id, and whether its sandbox is meant."""
    identifier = parse_destination(request.name)
    if request.mode not in MODES:
        raise InvalidInput(FieldProblem("mode", "give one of the modes of the contract"))
    return identifier, MODES[request.mode] is OperatingMode.TRAINING


def parse_etag(etag: str) -> int | None:
    """The version that an etag stands for; None where none was given. What is no etag of ours is stale by nature."""
    if not etag:
        return None
    return int(etag) if etag.isascii() and etag.isdigit() and len(etag) < 19 else -1


def parse_draft(message: pb.Destination) -> Draft:
    """The fields as they came."""
    method = message.WhichOneof("method")
    draft = Draft(display_name=message.display_name)
    match method:
        case "server_path":
            return replace(draft, protocol="server-path", folder=message.server_path.folder)
        case "sftp":
            sftp = message.sftp
            return replace(
                draft,
                protocol="sftp",
                folder=sftp.folder,
                host=sftp.host,
                port=sftp.port,
                user_name=sftp.user_name,
                host_key=sftp.host_key,
                password=sftp.password,
                private_key=sftp.private_key,
                passphrase=sftp.passphrase,
            )
        case _:
            return draft


def parse_edit(request: pb.UpdateDestinationRequest) -> Callable[[Draft], Draft]:
    """What an update does to a destination's fields.

    Without a mask everything that the message holds is taken; a secret that it leaves empty is kept.
    """
    new = parse_draft(request.destination)
    method = request.destination.WhichOneof("method")
    masked = bool(request.update_mask.paths) and list(request.update_mask.paths) != ["*"]
    paths = check_mask(request.update_mask, MASK)

    def edit(old: Draft) -> Draft:
        draft = replace(old, display_name=new.display_name) if "display_name" in paths else old
        if not masked:
            return draft if method is None else _replaced(draft, new, keep_secrets=True)
        problems = Problems()
        for whole, protocol in PROTOCOLS.items():
            if whole in paths:
                if method != whole:
                    problems.add(f"destination.{whole}", "the mask names it, so give it")
                else:
                    draft = _replaced(draft, new, keep_secrets=False)
            for path in sorted(path for path in paths if path.startswith(f"{whole}.")):
                if draft.protocol != protocol:
                    problems.add("update_mask", f"{path} is of the other method; replace `{whole}` as a whole")
                else:
                    name = path.removeprefix(f"{whole}.")
                    draft = _with_field(draft, name, new)
        problems.check()
        return draft

    return edit


def _replaced(old: Draft, new: Draft, *, keep_secrets: bool) -> Draft:
    if keep_secrets and old.protocol == new.protocol == "sftp":
        new = replace(
            new,
            password=new.password or old.password,
            private_key=new.private_key or old.private_key,
            passphrase=new.passphrase or old.passphrase,
            unreadable=old.unreadable,
        )
    return replace(new, display_name=old.display_name)


def _with_field(draft: Draft, name: str, new: Draft) -> Draft:
    match name:
        case "port":
            return replace(draft, port=new.port)
        case "folder":
            return replace(draft, folder=new.folder)
        case "host":
            return replace(draft, host=new.host)
        case "user_name":
            return replace(draft, user_name=new.user_name)
        case "host_key":
            return replace(draft, host_key=new.host_key)
        case "password":
            return replace(draft, password=new.password)
        case "private_key":
            return replace(draft, private_key=new.private_key)
        case _:
            return replace(draft, passphrase=new.passphrase)


def parse_staging(requests: Iterator[pb.StageFileRequest]) -> tuple[FileToStage, Iterator[bytes]]:
    """The header, and the bytes that follow it."""
    first = next(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidInput(FieldProblem("header", "send the header first, then the chunks"))
    return parse_header(first.header), _chunks(requests)


def parse_header(header: pb.StageFileHeader) -> FileToStage:
    """What a handler says of its file."""
    problems = Problems()
    if header.epoch < 0:
        problems.add("header.epoch", "give the epoch of the handler's operation, 0 or more")
    if header.ordinal < 0:
        problems.add("header.ordinal", "give the file's place among the attempt's files, from 0")
    name = file_name_problem(header.file_name)
    if name is not None:
        problems.add("header.file_name", name)
    attempt = collected(problems, lambda: parse_uuid(header.attempt, "header.attempt"), UUID(int=0))
    run = collected(problems, lambda: parse_name("runs/{number}", header.run, "header.run"), "0")
    task = collected(problems, lambda: parse_name("tasks/{number}", header.task, "header.task"), "0")
    if header.mode not in MODES:
        problems.add("header.mode", "give one of the modes of the contract")
    problems.check()
    return FileToStage(
        attempt=attempt,
        epoch=header.epoch,
        ordinal=header.ordinal,
        task=int(task),
        run=int(run),
        file_name=header.file_name,
        site=header.site or DEFAULT_SITE,
        mode=MODES[header.mode].value,
    )


def _chunks(requests: Iterable[pb.StageFileRequest]) -> Iterator[bytes]:
    """The bytes; an end must prove that they are all there: a caller that dies ends its stream as if it were done."""
    digest, size = sha256(), 0
    for request in requests:
        if request.WhichOneof("part") == "end":
            if (request.end.size_bytes, request.end.sha256) != (size, digest.hexdigest()):
                raise InvalidInput(
                    FieldProblem("end", "size and hash are not those of the chunks; send the file again")
                )
            return
        if request.WhichOneof("part") != "chunk" or not 1 <= len(request.chunk) <= LARGEST_CHUNK:
            raise InvalidInput(FieldProblem("chunk", "after the header come chunks of 1 byte to 1 MiB, then the end"))
        digest.update(request.chunk)
        size += len(request.chunk)
        yield request.chunk
    raise InvalidInput(FieldProblem("end", "the stream stopped before its end; send the file again"))


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
    if request.mode not in MODES:
        problems.add("mode", "give one of the modes of the contract")
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
        mode=MODES[request.mode].value,
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
