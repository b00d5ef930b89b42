"""Calls: each in its shape, let in or refused, with its deadline, counted by how it ends."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import structlog
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2
from grpc import StatusCode

from chassis.rpc import call
from tests.chassis.rpc.conftest import NAME, READ, WRITE, Place
from tests.chassis.rpc.test_errors_on_the_wire import detail, failure
from tests.waiting import until


def test_a_door_answers_in_every_shape(place: Place) -> None:
    place.door.act = str.upper
    caller = place.caller("service")
    assert caller.say("a") == "A"
    assert list(caller.count(2)) == ["0", "1"]
    assert caller.collect("a", "b") == "A,B"
    assert caller.echo("a", "b") == ["A", "B"]


def say_once(place: Place) -> Callable[[], object]:
    """A call that is not retried."""
    method = place.plain().unary_unary(f"/{NAME}/Say", WRITE, READ)
    metadata = (("authorization", f"Bearer {place.tokens['viewer']}"),)
    return lambda: method(READ(b""), timeout=10, metadata=metadata)


def test_a_full_server_refuses_at_once_and_says_when_to_come_again(
    open_door: Callable[..., Place], gate: threading.Event
) -> None:
    place = open_door(max_concurrent_calls=2)
    entered = threading.Semaphore(0)

    def act(text: str) -> str:
        entered.release()
        gate.wait(10)
        return text

    place.door.act = act
    caller = place.caller()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(caller.say, "in") for _ in range(2)]
        assert entered.acquire(timeout=5)
        assert entered.acquire(timeout=5)
        with pytest.raises(grpc.RpcError) as caught:
            say_once(place)()
        gate.set()
        assert [each.result() for each in running] == ["in", "in"]
    code, status = failure(lambda: (_ for _ in ()).throw(caught.value))
    assert code is StatusCode.UNAVAILABLE
    assert detail(status, error_details_pb2.ErrorInfo).reason == "TOO_MANY_CALLS"
    delay = detail(status, error_details_pb2.RetryInfo).retry_delay.ToTimedelta()
    trailers = {each.key: each.value for each in caught.value.trailing_metadata()}
    assert int(trailers["grpc-retry-pushback-ms"]) == round(delay / timedelta(milliseconds=1))
    assert place.metric("backroom_rpc_refused_total") == 1


def test_refused_callers_come_again_by_themselves(open_door: Callable[..., Place]) -> None:
    place = open_door(max_concurrent_calls=2)

    def act(text: str) -> str:
        time.sleep(0.02)
        return text

    place.door.act = act
    caller = place.caller()
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(caller.say, "abcdef")) == list("abcdef")


def test_a_call_without_a_deadline_gets_one_and_a_long_one_is_cut(open_door: Callable[..., Place]) -> None:
    place = open_door(call_timeout="3s", stream_timeout="30s")

    def act(text: str) -> str:
        deadline = call.current().deadline
        assert deadline is not None
        return str((deadline - datetime.now(UTC)).total_seconds())

    place.door.act = act
    method = place.caller().channel.unary_unary(f"/{NAME}/Say", WRITE, READ)
    assert 2.5 < float(method(READ(b"")).value) <= 3
    assert 9 < float(method(READ(b""), timeout=10).value) < 11  # the wire rounds up
    assert 29 < float(method(READ(b""), timeout=10_000).value) <= 30


def test_a_method_that_may_take_as_long_as_it_moves_has_the_deadline_of_its_caller_or_none(
    open_door: Callable[..., Place],
) -> None:
    place = open_door(unhurried=frozenset({"Say"}), call_timeout="3s", stream_timeout="30s")

    def act(text: str) -> str:
        deadline, left = call.current().deadline, call.time_left()
        assert (deadline is None) is (left is None)
        assert not call.current().over()
        return "" if left is None else str(left.total_seconds())

    place.door.act = act
    method = place.caller().channel.unary_unary(f"/{NAME}/Say", WRITE, READ)
    assert not method(READ(b"")).value
    assert float(method(READ(b""), timeout=10_000).value) > 9_999


def test_work_that_overruns_its_deadline_ends_deadline_exceeded_not_internal(place: Place) -> None:
    def act(text: str) -> str:
        until(lambda: call.current().over())
        raise RuntimeError("statement cancelled")

    place.door.act = act
    code, _ = failure(lambda: place.caller().say("x", timeout=0.1))
    assert code is StatusCode.DEADLINE_EXCEEDED
    labels = {"service": NAME, "method": "Say", "code": "DEADLINE_EXCEEDED"}
    until(lambda: place.metric("backroom_rpc_calls_total", **labels) == 1)


def test_a_stream_learns_that_its_caller_has_gone(place: Place) -> None:
    begun, noticed = threading.Event(), threading.Event()

    def act(text: str) -> str:
        if text == "1":
            begun.set()
            until(lambda: call.current().over())
            noticed.set()
        return text

    place.door.act = act
    answers = place.caller().channel.unary_stream(f"/{NAME}/Count", WRITE, READ)(READ(b"\n\x015"), timeout=10)
    assert next(answers).value == "0"
    assert begun.wait(5)
    answers.cancel()
    assert noticed.wait(5)
    labels = {"service": NAME, "method": "Count", "code": "CANCELLED"}
    until(lambda: place.metric("backroom_rpc_calls_total", **labels) == 1)
    until(lambda: place.metric("backroom_rpc_in_flight", service=NAME, method="Count") == 0)


def test_each_call_is_counted_by_its_code(place: Place) -> None:
    caller = place.caller()
    caller.say("x")
    list(caller.count(3))
    place.door.act = lambda text: str(1 / 0)
    failure(lambda: caller.say("x"))
    failure(lambda: place.caller(token="wrong").say("x"))

    def counted(method: str, code: str) -> float:
        return place.metric("backroom_rpc_calls_total", service=NAME, method=method, code=code)

    until(lambda: counted("Say", "UNAUTHENTICATED") == 1)
    assert (counted("Say", "OK"), counted("Count", "OK"), counted("Say", "INTERNAL")) == (1, 1, 1)
    assert place.metric("backroom_rpc_seconds_count", service=NAME, method="Say") == 3


def test_an_upload_that_its_caller_gives_up_is_cancelled_and_no_failure_of_ours(
    place: Place, gate: threading.Event
) -> None:
    begun = threading.Event()

    def act(text: str) -> str:
        begun.set()
        return text

    def endless() -> Iterator[StringValue]:
        yield StringValue(value="first")
        gate.wait(10)

    place.door.act = act
    method = place.caller("operator").channel.stream_unary(f"/{NAME}/Collect", WRITE, READ)

    def ended() -> dict[str, float]:
        codes = ("OK", "CANCELLED", "INTERNAL", "UNKNOWN")
        counted = {
            code: place.metric("backroom_rpc_calls_total", service=NAME, method="Collect", code=code) for code in codes
        }
        return {code: count for code, count in counted.items() if count}

    with structlog.testing.capture_logs() as lines:
        upload = method.future(endless(), timeout=10)
        assert begun.wait(5)
        upload.cancel()
        until(lambda: bool(ended()))
    # gRPC may show a cancelled upload as one that ended (OK), so an upload must say itself where it ends.
    assert set(ended()) <= {"CANCELLED", "OK"}
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []
