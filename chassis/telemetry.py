"""Traces: spans of our own, carried on as `traceparent`, sent by OTLP/HTTP where an endpoint is set."""

import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata

import sqlalchemy as sa
from grpc import StatusCode
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Span, SpanKind, Status
from opentelemetry.trace import StatusCode as SpanStatus
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.metrics import serve_http
from chassis.settings import ServiceSettings

__all__ = [
    "SERVER_FAULTS",
    "client_span",
    "continued",
    "end_with_code",
    "install",
    "provider_for",
    "root",
    "serve_http",
    "server_span",
    "span",
    "start",
    "stop",
    "trace_engine",
    "trace_id",
    "traceparent",
    "traceparent_of",
]

#: Codes that mean the server failed, not the caller.
SERVER_FAULTS = frozenset(
    {
        StatusCode.UNKNOWN,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.UNIMPLEMENTED,
        StatusCode.INTERNAL,
        StatusCode.UNAVAILABLE,
        StatusCode.DATA_LOSS,
    }
)
STATEMENT_LENGTH = 2000  #: characters of SQL that a span keeps; values are never in it

_propagator = TraceContextTextMapPropagator()
_lock = threading.Lock()
_provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)  #: real ids, nothing recorded, until `start`
_current: trace.Tracer = _provider.get_tracer("backroom")  #: made once: asking for it costs more than a span


def provider_for(service: str, process: str, endpoint: str | None) -> TracerProvider:
    """A provider that sends to the endpoint; without one it only makes ids, so that traces pass through."""
    resource = Resource.create(
        {
            "service.namespace": "backroom",
            "service.name": service,
            "backroom.process": process,
            "service.version": version(),
        }
    )
    if endpoint is None:
        return TracerProvider(sampler=ALWAYS_OFF, resource=resource, shutdown_on_exit=False)
    provider = TracerProvider(sampler=ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    return provider


def start(service: str, process: str, settings: ServiceSettings) -> None:
    """Begins to trace. Call it once, after any fork; `stop` sends what is left."""
    install(provider_for(service, process, settings.otlp_endpoint))


def install(provider: TracerProvider) -> TracerProvider:
    """Makes this the provider of every span from now on; answers the one before."""
    global _provider, _current  # a process has one, as it has one set of signal handlers
    with _lock:
        before, _provider, _current = _provider, provider, provider.get_tracer("backroom")
    return before


def stop() -> None:
    """Sends what is left and ends the sending."""
    install(TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)).shutdown()


def version() -> str:
    """The version of this program."""
    return metadata.version("backroom")


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[Span]:
    """A piece of work inside the current trace. An exception that leaves it marks it as failed."""
    with _entered(_tracer().start_span(name, attributes=attributes)) as entered:
        yield entered


def root(name: str, **attributes: str | int | float | bool) -> str:
    """Begins a trace whose work is done elsewhere, with a span that has ended at once; answers its `traceparent`."""
    if _provider.sampler is ALWAYS_OFF:  # nobody records: the ids are all there is
        return f"00-{random.getrandbits(128) or 1:032x}-{random.getrandbits(64) or 1:016x}-00"
    span = _tracer().start_span(name, context=otel_context.Context(), attributes=attributes)
    span.end()
    return traceparent_of(span)


@contextmanager
def continued(traceparent: str, name: str, **attributes: str | int | float | bool) -> Iterator[Span]:
    """A piece of work inside a trace that began elsewhere; a broken `traceparent` begins a new one."""
    started = _tracer().start_span(
        name, context=_context_of(traceparent), kind=SpanKind.CONSUMER, attributes=attributes
    )
    with _entered(started) as entered:
        yield entered


@contextmanager
def server_span(traceparent: str, method: str) -> Iterator[Span]:
    """The span of an incoming call. Who answers the call sets its code by `end_with_code`."""
    started = _tracer().start_span(
        method.removeprefix("/"),
        context=_context_of(traceparent),
        kind=SpanKind.SERVER,
        attributes=_rpc_attributes(method),
    )
    with _entered(started, judged=False) as entered:
        yield entered


def client_span(method: str) -> Span:
    """The span of an outgoing call, not made current; end it by `end_with_code` and `end`."""
    return _tracer().start_span(method.removeprefix("/"), kind=SpanKind.CLIENT, attributes=_rpc_attributes(method))


def end_with_code(span: Span, code: StatusCode, *, failed: bool) -> None:
    """Notes how a call ended."""
    if span.is_recording():
        span.set_attribute("rpc.grpc.status_code", int(code.value[0]))
        if failed:
            span.set_status(Status(SpanStatus.ERROR, code.name))


def traceparent() -> str:
    """The current place in the trace, to be carried elsewhere; empty outside of any."""
    return _render(None)


def traceparent_of(span: Span) -> str:
    """The same for a span that is not current."""
    return _render(trace.set_span_in_context(span))


def trace_id() -> str:
    """The current trace's id, 32 hexadecimal digits; empty outside of any."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def trace_engine(engine: sa.Engine) -> None:
    """Gives every statement of this engine a span, where somebody records them."""
    sa.event.listen(engine, "before_cursor_execute", _before_statement)
    sa.event.listen(engine, "after_cursor_execute", _after_statement)
    sa.event.listen(engine, "handle_error", _failed_statement)


def _tracer() -> trace.Tracer:
    return _current


@contextmanager
def _entered(started: Span, *, judged: bool = True) -> Iterator[Span]:
    """Makes the span current, then ends it; where `judged`, an exception marks it as failed."""
    token = otel_context.attach(trace.set_span_in_context(started))
    try:
        yield started
    except BaseException as error:
        if judged and not isinstance(error, GeneratorExit):
            started.set_status(Status(SpanStatus.ERROR, type(error).__name__))
        raise
    finally:
        otel_context.detach(token)
        started.end()


def _context_of(traceparent: str) -> Context:
    return _propagator.extract({"traceparent": traceparent}, context=Context())


def _render(context: Context | None) -> str:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context=context)
    return carrier.get("traceparent", "")


def _rpc_attributes(method: str) -> Mapping[str, str]:
    service, _, name = method.removeprefix("/").partition("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}


def _before_statement(
    connection: sa.Connection,
    cursor: object,
    statement: str,
    parameters: object,
    context: sa.ExecutionContext | None,
    many: bool,
) -> None:
    if trace.get_current_span().is_recording():  # a statement outside of any recorded work makes no trace of its own
        verb = statement.split(None, 1)[0].upper() if statement.strip() else "SQL"
        started = _tracer().start_span(
            verb,
            kind=SpanKind.CLIENT,
            attributes={"db.system.name": "postgresql", "db.query.text": statement[:STATEMENT_LENGTH]},
        )
        connection.info.setdefault("backroom_spans", []).append(started)


def _after_statement(
    connection: sa.Connection,
    cursor: object,
    statement: str,
    parameters: object,
    context: sa.ExecutionContext | None,
    many: bool,
) -> None:
    if spans := connection.info.get("backroom_spans"):
        spans.pop().end()


def _failed_statement(failure: sa.ExceptionContext) -> None:
    connection = failure.connection
    if connection is not None and (spans := connection.info.get("backroom_spans")):
        failed: Span = spans.pop()
        failed.set_status(Status(SpanStatus.ERROR, type(failure.original_exception).__name__))
        failed.end()
