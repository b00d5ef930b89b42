"""A caller of a stream that speaks, falls silent or goes, and what hears it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from queue import SimpleQueue

import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc import RpcError, StatusCode

from chassis.errors import Unavailable
from chassis.rpc import call
from chassis.rpc.hearing import Hearing
from tests.chassis.rpc.conftest import NAME, READ, WRITE, Place, Refusal
from tests.chassis.rpc.test_errors_on_the_wire import failure
from tests.waiting import until

Talk = Callable[[Hearing[StringValue]], Iterator[str]]


class Caller:
    """Says one word after another to Echo, and hears the answers."""

    def __init__(self, place: Place, timeout: float = 10) -> None:
        self._words: SimpleQueue[StringValue | None] = SimpleQueue()
        method = place.caller("service").channel.stream_stream(f"/{NAME}/Echo", WRITE, READ)
        self.call = method(iter(self._words.get, None), timeout=timeout)

    def say(self, text: str) -> None:
        self._words.put(StringValue(value=text))

    def end(self) -> None:
        self._words.put(None)

    def hear(self) -> str:
        return next(self.call).value


@pytest.fixture
def talking(place: Place) -> Iterator[Callable[[Talk], Caller]]:
    """Has Echo hold a conversation, and begins it."""
    callers: list[Caller] = []

    def begin(talk: Talk) -> Caller:
        def converse(requests: Iterator[StringValue]) -> Iterator[StringValue]:
            with Hearing(requests, call.current().over) as words:
                for text in talk(words):
                    yield StringValue(value=text)

        place.door.conversation = converse
        callers.append(Caller(place))
        return callers[-1]

    yield begin
    for each in callers:
        each.end()
        each.call.cancel()


def hearing_threads() -> int:
    return sum(thread.name == "hearing" for thread in threading.enumerate())


def answer_each(words: Hearing[StringValue]) -> Iterator[str]:
    while (word := words.next()) is not None:
        yield word.value.upper()


def test_word_and_answer_take_turns_until_the_caller_has_said_its_last(talking: Callable[[Talk], Caller]) -> None:
    caller = talking(answer_each)
    for text in ("a", "b", "c"):
        caller.say(text)
        assert caller.hear() == text.upper()
    caller.end()
    assert list(caller.call) == []
    until(lambda: hearing_threads() == 0)


def test_words_said_ahead_are_heard_in_their_order(talking: Callable[[Talk], Caller]) -> None:
    caller = talking(answer_each)
    for number in range(50):
        caller.say(str(number))
    caller.end()
    assert [each.value for each in caller.call] == [str(number) for number in range(50)]


def test_an_error_in_the_middle_ends_the_call_as_it_would_any_other(talking: Callable[[Talk], Caller]) -> None:
    def refuse(words: Hearing[StringValue]) -> Iterator[str]:
        words.next()
        yield "first"
        raise Refusal("no more")

    caller = talking(refuse)
    caller.say("x")
    assert caller.hear() == "first"
    code, status = failure(caller.hear)
    assert (code, status.message) == (StatusCode.OUT_OF_RANGE, "no more")
    caller.say("nobody hears this")
    until(lambda: hearing_threads() == 0)


def test_a_caller_that_goes_while_it_is_listened_to_frees_everything(
    place: Place, talking: Callable[[Talk], Caller]
) -> None:
    freed = threading.Event()

    def wait(words: Hearing[StringValue]) -> Iterator[str]:
        try:
            yield "go on"
            words.next()
        finally:
            freed.set()

    caller = talking(wait)
    assert caller.hear() == "go on"
    caller.call.cancel()
    assert freed.wait(2)
    labels = {"service": NAME, "method": "Echo", "code": "CANCELLED"}
    until(lambda: place.metric("backroom_rpc_calls_total", **labels) == 1)
    until(lambda: hearing_threads() == 0)


class EndedThenGone:
    """What gRPC's iterator may do when the caller goes: it ends, and says why when it is asked again."""

    def __init__(self) -> None:
        self._ended = False

    def __iter__(self) -> Iterator[StringValue]:
        return self

    def __next__(self) -> StringValue:
        if not self._ended:
            self._ended = True
            raise StopIteration
        raise RpcError


def test_a_caller_that_goes_is_not_taken_for_one_that_has_said_its_last() -> None:
    with Hearing(EndedThenGone(), lambda: False) as words, pytest.raises(RpcError):
        words.next()


def test_a_caller_that_goes_while_it_is_answered_frees_everything(
    place: Place, talking: Callable[[Talk], Caller]
) -> None:
    freed = threading.Event()

    def flood(words: Hearing[StringValue]) -> Iterator[str]:
        try:
            while True:
                yield "x" * 100_000
        finally:
            freed.set()

    caller = talking(flood)
    caller.hear()
    caller.call.cancel()
    assert freed.wait(2)
    until(lambda: place.metric("backroom_rpc_in_flight", service=NAME, method="Echo") == 0)
    until(lambda: hearing_threads() == 0)


def test_a_caller_that_goes_ends_a_rest(talking: Callable[[Talk], Caller]) -> None:
    begun, freed = threading.Event(), threading.Event()

    def rest(words: Hearing[StringValue]) -> Iterator[str]:
        try:
            begun.set()
            words.rest(timedelta(seconds=60))
            yield "slept well"
        finally:
            freed.set()

    caller = talking(rest)
    assert begun.wait(5)
    caller.call.cancel()
    assert freed.wait(2)


def test_a_draining_server_waits_for_no_silent_caller(place: Place, talking: Callable[[Talk], Caller]) -> None:
    def wait(words: Hearing[StringValue]) -> Iterator[str]:
        yield "go on"
        words.next()

    caller = talking(wait)
    assert caller.hear() == "go on"
    begun = time.monotonic()
    place.server.drain_and_stop()
    assert time.monotonic() - begun < 3
    code, status = failure(caller.hear)
    assert code is StatusCode.UNAVAILABLE
    assert "call again" in status.message


def test_the_deadline_ends_a_wait(place: Place) -> None:
    freed = threading.Event()

    def converse(requests: Iterator[StringValue]) -> Iterator[StringValue]:
        with Hearing(requests, call.current().over) as words:
            try:
                yield StringValue(value="go on")
                words.next()
            finally:
                freed.set()

    place.door.conversation = converse
    caller = Caller(place, timeout=0.5)
    assert caller.hear() == "go on"
    code, _ = failure(caller.hear)
    assert code is StatusCode.DEADLINE_EXCEEDED
    assert freed.wait(2)
    caller.end()


def test_a_rest_lasts_as_long_as_it_should_and_ends_when_the_call_does() -> None:
    over = threading.Event()
    with Hearing(iter(()), over.is_set) as words:
        begun = time.monotonic()
        words.rest(timedelta(seconds=0.5))
        assert 0.45 < time.monotonic() - begun < 2
        over.set()
        with pytest.raises(Unavailable):
            words.rest(timedelta(seconds=60))
        with pytest.raises(Unavailable):
            words.check()


def test_who_says_nothing_for_too_long_is_told_so() -> None:
    def silent() -> Iterator[StringValue]:
        over.wait(10)
        yield from ()

    over = threading.Event()
    with Hearing(silent(), over.is_set) as words, pytest.raises(Unavailable, match="nothing was said"):
        words.next(timedelta(seconds=0.1))
    over.set()
