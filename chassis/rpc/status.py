"""Errors on the wire: the table from error to code, and what goes with the code."""

import string
from collections.abc import Iterable, Mapping
from datetime import timedelta
from urllib.parse import quote

import grpc
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode

from chassis.errors import (
    BackroomError,
    FieldProblem,
    InvalidInput,
    LimitReached,
    NotAllowed,
    NotAuthenticated,
    RemoteRefused,
    RequestIdReused,
    ResourceExists,
    StaleEtag,
    Unavailable,
    UnknownResource,
    WrongState,
)

DOMAIN = "backroom"
DETAILS_KEY = "grpc-status-details-bin"
PUSHBACK_KEY = "grpc-retry-pushback-ms"

Table = Mapping[type[BackroomError], StatusCode]

GENERAL: Table = {
    # Whatever a service has not placed: it is expected, hence never UNKNOWN.
    BackroomError: StatusCode.FAILED_PRECONDITION,
    InvalidInput: StatusCode.INVALID_ARGUMENT,
    RequestIdReused: StatusCode.INVALID_ARGUMENT,
    UnknownResource: StatusCode.NOT_FOUND,
    ResourceExists: StatusCode.ALREADY_EXISTS,
    StaleEtag: StatusCode.ABORTED,
    WrongState: StatusCode.FAILED_PRECONDITION,
    NotAuthenticated: StatusCode.UNAUTHENTICATED,
    NotAllowed: StatusCode.PERMISSION_DENIED,
    LimitReached: StatusCode.RESOURCE_EXHAUSTED,
    Unavailable: StatusCode.UNAVAILABLE,
    RemoteRefused: StatusCode.FAILED_PRECONDITION,
}


#: Bytes. gRPC drops answers at random whose trailers are larger than 8 KiB; the details travel there in base64, beside
#: the message with its letters beyond ASCII percent-encoded.
MESSAGE_ROOM, PROBLEMS_ROOM, PROBLEM_ROOM = 1_500, 2_500, 700


def code_for(error: type[BackroomError], table: Table | None = None) -> StatusCode:
    """The code of the most specific class that the service's table or the general one knows."""
    known = {**GENERAL, **(table or {})}
    return next(known[kind] for kind in error.__mro__ if kind in known)


def to_status(error: BackroomError, table: Table | None = None) -> status_pb2.Status:
    """The error as it crosses the wire."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    details: list[Message] = [info]
    if isinstance(error, InvalidInput):
        details.append(error_details_pb2.BadRequest(field_violations=violations(error.problems)))
    if isinstance(error, RemoteRefused):
        info.metadata.update({"remote_code": error.code, "remote_reason": error.remote_reason})
    if isinstance(error, Unavailable) and error.retry_after is not None:
        details.append(retry_info(error.retry_after))
    return make_status(code_for(type(error), table), shortened(str(error), MESSAGE_ROOM), *details)


def violations(problems: Iterable[FieldProblem]) -> list[error_details_pb2.BadRequest.FieldViolation]:
    """The first problems, as many as one answer has room for."""
    found, room = [], PROBLEMS_ROOM
    for problem in problems:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=shortened(problem.field, PROBLEM_ROOM), description=shortened(problem.description, PROBLEM_ROOM)
        )
        room -= violation.ByteSize()
        if room < 0:
            break
        found.append(violation)
    return found


def shortened(text: str, room: int) -> str:
    """The text, cut where it is longer than so many bytes, percent-encoded."""
    if len(text) <= room and len(quote(text, safe=string.printable)) <= room:
        return text
    kept = text[:room]
    while len(quote(kept, safe=string.printable)) > room - 3:
        kept = kept[: len(kept) * 3 // 4]
    return f"{kept}…"


def make_status(code: StatusCode, message: str, *details: Message) -> status_pb2.Status:
    """A google.rpc.Status with its details packed."""
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def retry_info(delay: timedelta) -> error_details_pb2.RetryInfo:
    """When to come again."""
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromTimedelta(delay)
    return info


class Ending(grpc.Status):
    """What `context.abort_with_status` wants."""

    def __init__(self, status: status_pb2.Status, *trailers: tuple[str, str]) -> None:
        self.code = next(code for code in StatusCode if code.value[0] == status.code)
        self.details = status.message
        self.trailing_metadata = ((DETAILS_KEY, status.SerializeToString()), *trailers)
