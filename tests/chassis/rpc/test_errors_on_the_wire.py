from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import grpc
import pytest
import structlog
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from chassis import errors
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
from chassis.rpc.client import remote_errors, status_of
from chassis.rpc.status import GENERAL, code_for
from tests.chassis.rpc.conftest import Place, Refusal

M = TypeVar("M", bound=Message)

EVERY = [
    (InvalidInput(FieldProblem("title", "is empty")), StatusCode.INVALID_ARGUMENT, "INVALID_INPUT"),
    (RequestIdReused("id"), StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"),
    (UnknownResource("tasks/9"), StatusCode.NOT_FOUND, "UNKNOWN_RESOURCE"),
    (ResourceExists("tasks/9"), StatusCode.ALREADY_EXISTS, "RESOURCE_EXISTS"),
    (StaleEtag("tasks/9"), StatusCode.ABORTED, "STALE_ETAG"),
    (WrongState("tasks/9", "PAUSED", "ENABLED"), StatusCode.FAILED_PRECONDITION, "WRONG_STATE"),
    (NotAuthenticated("no token"), StatusCode.UNAUTHENTICATED, "NOT_AUTHENTICATED"),
    (NotAllowed("ana", "the role admin"), StatusCode.PERMISSION_DENIED, "NOT_ALLOWED"),
    (LimitReached("too many"), StatusCode.RESOURCE_EXHAUSTED, "LIMIT_REACHED"),
    (RemoteRefused("NOT_FOUND", "GONE", "delivery: gone"), StatusCode.FAILED_PRECONDITION, "REMOTE_REFUSED"),
    (Refusal("the door is shut"), StatusCode.OUT_OF_RANGE, "REFUSAL"),
]


def raising(error: Exception) -> Callable[[str], str]:
    def act(text: str) -> str:
        raise error

    return act


def failure(call: Callable[[], object]) -> tuple[StatusCode, status_pb2.Status]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), status_of(caught.value)


def detail(status: status_pb2.Status, kind: type[M]) -> M:
    found = kind()
    assert any(packed.Unpack(found) for packed in status.details)
    return found


@pytest.mark.parametrize(("error", "code", "reason"), EVERY, ids=lambda value: type(value).__name__)
def test_every_expected_failure_has_its_code_reason_and_message(
    place: Place, error: BackroomError, code: StatusCode, reason: str
) -> None:
    place.door.act = raising(error)
    answered, status = failure(lambda: place.caller().say("x"))
    assert answered is code
    assert status.message == str(error)
    info = detail(status, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == (reason, "backroom")


def test_every_general_error_has_a_place_in_the_table() -> None:
    drawn = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, BackroomError)}
    assert drawn == set(GENERAL)


def test_the_most_specific_class_wins_and_the_services_table_over_the_general_one() -> None:
    class Closer(Refusal):
        pass

    table = {Refusal: StatusCode.OUT_OF_RANGE, WrongState: StatusCode.ABORTED}
    assert code_for(Closer, table) is StatusCode.OUT_OF_RANGE
    assert code_for(Closer, {**table, Closer: StatusCode.NOT_FOUND}) is StatusCode.NOT_FOUND
    assert code_for(WrongState, table) is StatusCode.ABORTED
    assert code_for(RequestIdReused, {}) is StatusCode.INVALID_ARGUMENT
    assert code_for(Closer, {}) is StatusCode.FAILED_PRECONDITION


def test_invalid_input_names_each_field(place: Place) -> None:
    place.door.act = raising(
        InvalidInput(FieldProblem("title", "is empty"), FieldProblem("options.stores[2]", "is unknown"))
    )
    _, status = failure(lambda: place.caller().say("x"))
    bad = detail(status, error_details_pb2.BadRequest)
    assert [(each.field, each.description) for each in bad.field_violations] == [
        ("title", "is empty"),
        ("options.stores[2]", "is unknown"),
    ]


@pytest.mark.parametrize("letter", ["a", "é", "漢"])
def test_thousands_of_wrong_fields_still_reach_the_caller(place: Place, letter: str) -> None:
    problems = [FieldProblem(f"receipts[{number}].quantity", letter * 70) for number in range(10_000)]
    place.door.act = raising(InvalidInput(*problems))
    answers = [failure(lambda: place.caller().say("x")) for _ in range(20)]  # gRPC drops too large ones now and then
    assert {code for code, _ in answers} == {StatusCode.INVALID_ARGUMENT}
    named = detail(answers[0][1], error_details_pb2.BadRequest).field_violations
    assert len(named) >= 10
    assert [each.field for each in named] == [problem.field for problem in problems[: len(named)]]
    assert named[0].description == letter * 70


def test_unavailable_says_when_to_come_again(place: Place) -> None:
    place.door.act = raising(Unavailable("the database is away", timedelta(seconds=3)))
    code, status = failure(lambda: place.caller().say("x"))
    assert code is StatusCode.UNAVAILABLE
    assert detail(status, error_details_pb2.RetryInfo).retry_delay.ToTimedelta() == timedelta(seconds=3)


@pytest.mark.parametrize("shape", ["say", "count", "collect", "echo"])
def test_an_unexpected_exception_says_nothing_but_an_id_in_every_shape(
    place: Place,
    shape: str,
) -> None:
    place.door.act = raising(ZeroDivisionError("secret=hunter2"))
    caller = place.caller("service")
    if shape == "collect":
        caller = place.caller("operator")
    calls: dict[str, Callable[[], object]] = {
        "say": lambda: caller.say("x"),
        "count": lambda: list(caller.count(1)),
        "collect": lambda: caller.collect("x"),
        "echo": lambda: caller.echo("x"),
    }
    code, status = failure(calls[shape])
    assert code is StatusCode.INTERNAL
    assert status.message == f"internal error, id {detail(status, error_details_pb2.ErrorInfo).metadata['correlation']}"
    wire = status.SerializeToString()
    for leak in (b"hunter2", b"ZeroDivision", b"Traceback", b".py"):
        assert leak not in wire


def test_the_id_of_an_internal_error_leads_to_the_stack_in_the_log(place: Place) -> None:
    place.door.act = raising(ZeroDivisionError("here it is"))
    with structlog.testing.capture_logs() as lines:
        _, status = failure(lambda: place.caller().say("x", metadata=(("x-backroom-correlation", "run-77"),)))
    assert status.message == "internal error, id run-77"
    (line,) = (line for line in lines if line["event"] == "call failed unexpectedly")
    assert isinstance(line["exc_info"], ZeroDivisionError)


def test_an_abort_of_grpc_passes_through(place: Place) -> None:
    def refuse(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        context.abort(StatusCode.DATA_LOSS, "as it is")

    place.door.behaviour = refuse
    code, status = failure(lambda: place.caller().say("x"))
    assert (code, status.message) == (StatusCode.DATA_LOSS, "as it is")


def test_what_comes_back_is_ours_again(place: Place) -> None:
    place.door.act = raising(InvalidInput(FieldProblem("title", "is empty")))
    with pytest.raises(RemoteRefused) as refused, remote_errors("door"):
        place.caller().say("x")
    assert (refused.value.code, refused.value.remote_reason) == ("INVALID_ARGUMENT", "INVALID_INPUT")
    assert list(refused.value.problems) == [FieldProblem("title", "is empty")]
    assert str(refused.value) == "door: title: is empty"

    place.door.act = raising(Unavailable("busy", timedelta(seconds=2)))
    with pytest.raises(Unavailable) as unavailable, remote_errors("door"):
        place.caller().say("x")
    assert unavailable.value.retry_after == timedelta(seconds=2)


def test_a_server_that_is_not_there_is_unavailable(place: Place) -> None:
    caller = place.caller()
    place.server.drain_and_stop()
    with pytest.raises(Unavailable, match="door does not answer now"), remote_errors("door"):
        caller.say("x")
