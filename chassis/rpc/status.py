"""Errors on the wire: the table from error to code, and what goes with the code."""

from collections.abc import Mapping
from datetime import timedelta

import grpc
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode

from chassis.errors import (
    BackroomError,
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


MOST_PROBLEMS = 20  #: fields that one answer names
LONGEST_PROBLEM, LONGEST_MESSAGE = 150, 500  #: characters


def code_for(error: type[BackroomError], table: Table | None = None) -> StatusCode:
    """The code of the most specific class that the service's table or the general one knows."""
    known = {**GENERAL, **(table or {})}
    return next(known[kind] for kind in error.__mro__ if kind in known)


def to_status(error: BackroomError, table: Table | None = None) -> status_pb2.Status:
    """The error as it crosses the wire."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    details: list[Message] = [info]
    if isinstance(error, InvalidInput):
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=problem.field, description=shortened(problem.description, LONGEST_PROBLEM)
                    )
                    for problem in error.problems[:MOST_PROBLEMS]
                ]
            )
        )
    if isinstance(error, RemoteRefused):
        info.metadata.update({"remote_code": error.code, "remote_reason": error.remote_reason})
    if isinstance(error, Unavailable) and error.retry_after is not None:
        details.append(retry_info(error.retry_after))
    return make_status(code_for(type(error), table), shortened(str(error), LONGEST_MESSAGE), *details)


def shortened(text: str, most: int) -> str:
    """The text, cut where it is longer; an answer's trailers may hold 16 KiB in all, or the caller sees none of it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


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
