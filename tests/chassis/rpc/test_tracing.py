"""Spans and correlations from one process to the next."""

import threading
from collections.abc import Callable, Iterator

import grpc
import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis import telemetry
from chassis.database import Database
from chassis.errors import UnknownResource
from chassis.rpc import call
from tests.chassis.rpc.conftest import NAME, Place
from tests.waiting import until


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    before = telemetry.install(provider)
    yield exporter
    telemetry.install(before)
    provider.shutdown()


def by_kind(spans: InMemorySpanExporter, kind: SpanKind) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is kind]


def test_a_call_is_one_trace_from_the_caller_to_the_work_inside(place: Place, spans: InMemorySpanExporter) -> None:
    def act(text: str) -> str:
        with telemetry.span("inside", lines=3):
            return telemetry.traceparent()

    place.door.act = act
    with telemetry.span("outside"):
        outside = telemetry.trace_id()
        inside = place.caller().say("x")
    until(lambda: len(spans.get_finished_spans()) == 4)
    assert inside.split("-")[1] == outside
    parents = {span.name: span.parent for span in spans.get_finished_spans()}
    assert set(parents) == {"outside", f"{NAME}/Say", "inside"}
    (server,), (client,) = by_kind(spans, SpanKind.SERVER), by_kind(spans, SpanKind.CLIENT)
    assert server.parent is not None
    assert client.context is not None
    assert server.parent.span_id == client.context.span_id
    assert (server.attributes or {})["rpc.grpc.status_code"] == 0


@pytest.mark.parametrize(
    ("error", "server", "client"),
    [
        (ZeroDivisionError(), StatusCode.ERROR, StatusCode.ERROR),
        (UnknownResource("tasks/1"), StatusCode.UNSET, StatusCode.ERROR),
    ],
    ids=["a fault of the server", "a mistake of the caller"],
)
def test_the_status_of_a_span_says_whose_fault_it_was(
    place: Place, spans: InMemorySpanExporter, error: Exception, server: StatusCode, client: StatusCode
) -> None:
    def act(text: str) -> str:
        raise error

    place.door.act = act
    with pytest.raises(grpc.RpcError):
        place.caller().say("x")
    until(lambda: len(spans.get_finished_spans()) == 2)
    assert by_kind(spans, SpanKind.SERVER)[0].status.status_code is server
    assert by_kind(spans, SpanKind.CLIENT)[0].status.status_code is client


def test_a_streams_span_lasts_until_its_last_response(
    place: Place, spans: InMemorySpanExporter, gate: threading.Event
) -> None:
    def act(text: str) -> str:
        assert text != "2" or gate.wait(10)
        return telemetry.traceparent()

    place.door.act = act
    answers = place.caller().count(3)
    first = next(answers)
    assert spans.get_finished_spans() == ()
    gate.set()
    assert {first, *answers} == {first}
    until(lambda: len(spans.get_finished_spans()) == 2)


def test_the_correlation_goes_on_to_the_next_service(
    open_door: Callable[..., Place],
) -> None:
    far, near = open_door(), open_door()
    far.door.act = lambda _: call.current().correlation
    onward = far.caller("service")
    near.door.act = onward.say
    assert near.caller().say("x", metadata=(("x-backroom-correlation", "run-5"),)) == "run-5"


def test_without_an_exporter_ids_still_pass_through(place: Place) -> None:
    place.door.act = lambda _: telemetry.trace_id()
    with telemetry.continued("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "step"):
        assert place.caller().say("x") == "0af7651916cd43dd8448eb211c80319c"
    assert telemetry.traceparent() == ""
    with telemetry.continued("not a traceparent", "step"):
        assert len(telemetry.trace_id()) == 32


def test_statements_stand_in_the_trace_without_their_values(
    make_database: Callable[[str | None], Database], spans: InMemorySpanExporter
) -> None:
    database = make_database(None)
    with telemetry.span("work"), database.begin() as connection:
        connection.execute(sa.text("SELECT :secret || 'x'"), {"secret": "hunter2"})
    with pytest.raises(sa.exc.ProgrammingError), telemetry.span("work"), database.begin() as connection:
        connection.execute(sa.text("SELECT * FROM nothing_of_this_name"))
    good, bad = (
        span
        for span in by_kind(spans, SpanKind.CLIENT)
        if "nothing" in str(span.attributes) or "x" in str(span.attributes)
    )
    assert good.name == "SELECT"
    assert "hunter2" not in str(good.attributes)
    assert bad.status.status_code is StatusCode.ERROR
