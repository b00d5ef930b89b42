"""What the caller of FetchFiles says, parsed once, and what it hears."""

from datetime import timedelta
from uuid import UUID

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import DEFAULT_SITE, OperatingMode
from chassis.rpc.messages import Problems, parse_name, timestamp
from services.delivery.application.fetch_round import FetchDone, FetchEnd, Part
from services.delivery.domain.fetching import (
    LONGEST_PATTERN,
    AfterCommit,
    FetchedFile,
    FetchOrder,
    archive_folder_problem,
)
from services.delivery.rpc.parsing import collected, parse_destination, parse_mode

MOST_SECONDS = 300
DEFAULT_SECONDS = 2
MOST_FILES = 1000
ARCHIVE = "archive"
AFTER_COMMIT = {
    pb.FetchBegin.AFTER_COMMIT_UNSPECIFIED: AfterCommit.ARCHIVE,
    pb.FetchBegin.AFTER_COMMIT_ARCHIVE: AfterCommit.ARCHIVE,
    pb.FetchBegin.AFTER_COMMIT_DELETE: AfterCommit.DELETE,
    pb.FetchBegin.AFTER_COMMIT_LEAVE: AfterCommit.LEAVE,
}


def parse_begin(message: pb.FetchFilesRequest | None) -> FetchOrder:
    """What is to be fetched: the first word of the stream."""
    if message is None or message.WhichOneof("part") != "begin":
        raise InvalidInput(FieldProblem("begin", "say first what to fetch, then what became of each file"))
    begin = message.begin
    problems = Problems()
    destination = collected(problems, lambda: parse_destination(begin.destination, "begin.destination"), "")
    if len(begin.pattern) > LONGEST_PATTERN or "/" in begin.pattern:
        problems.add("begin.pattern", f"give a pattern of names, without folders, of at most {LONGEST_PATTERN} signs")
    if not 0 <= begin.stable_seconds <= MOST_SECONDS:
        problems.add("begin.stable_seconds", f"give 0 to {MOST_SECONDS} seconds")
    if begin.after_commit not in AFTER_COMMIT:
        problems.add("begin.after_commit", "give one of the values of the contract")
    folder = archive_folder_problem(begin.archive_folder or ARCHIVE)
    if folder is not None:
        problems.add("begin.archive_folder", folder)
    if not 0 <= begin.max_files <= MOST_FILES:
        problems.add("begin.max_files", f"give 0 to {MOST_FILES} files")
    mode = collected(problems, lambda: parse_mode(begin.mode, "begin.mode"), OperatingMode.NORMAL)
    problems.check()
    return FetchOrder(
        destination=destination,
        pattern=begin.pattern,
        stable=timedelta(seconds=begin.stable_seconds or DEFAULT_SECONDS),
        after_commit=AFTER_COMMIT[begin.after_commit],
        archive_folder=begin.archive_folder or ARCHIVE,
        most=begin.max_files or MOST_FILES,
        site=begin.site or DEFAULT_SITE,
        mode=mode.value,
    )


def parse_settled(message: pb.FetchFilesRequest | None, file: UUID) -> bool:
    """Whether the file that was just sent is committed: the caller's next word is of that file, and of no other."""
    name = fetched_name(file)
    if message is None or message.WhichOneof("part") != "settled":
        problem = f"say whether {name} is committed; to stop the fetch, cancel the call"
        raise InvalidInput(FieldProblem("settled", problem))
    given = parse_name("fetched/{uuid}", message.settled.file, "settled.file")
    if given != str(file):
        raise InvalidInput(FieldProblem("settled.file", f"settle {name} now, the file just received"))
    return message.settled.committed


def fetched_name(file: UUID) -> str:
    """A fetched file's resource name."""
    return f"fetched/{file}"


def render_part(part: Part) -> pb.FetchFilesResponse:
    """What is sent."""
    match part:
        case bytes():
            return pb.FetchFilesResponse(chunk=part)
        case FetchedFile():
            header = pb.FetchedFile(
                file=fetched_name(part.id),
                file_name=part.file_name,
                size_bytes=part.size_bytes,
                sha256=part.sha256,
                modify_time=timestamp(part.modify_time),
            )
            return pb.FetchFilesResponse(header=header)
        case FetchEnd():
            return pb.FetchFilesResponse(end=pb.StageFileEnd(size_bytes=part.size_bytes, sha256=part.sha256))
        case FetchDone():
            done = pb.FetchDone(file=fetched_name(part.file), cleared=part.cleared, message=part.message)
            return pb.FetchFilesResponse(done=done)
