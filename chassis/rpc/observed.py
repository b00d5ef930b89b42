"""What is seen of a call: numbers, a span, a log line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from chassis import telemetry
from chassis.rpc.layers import Incoming
from chassis.rpc.outgoing import TRACE_KEY

log = structlog.get_logger()

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Rate, errors and duration of each method."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["service", "method"]
        self._calls = Counter("backroom_rpc_calls", "Calls that ended.", [*labels, "code"], registry=registry)
        self._seconds = Histogram(
            "backroom_rpc_seconds", "How long calls took.", labels, buckets=BUCKETS, registry=registry
        )
        self._running = Gauge("backroom_rpc_in_flight", "Calls that are running.", labels, registry=registry)

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        service, _, method = incoming.method.removeprefix("/").partition("/")
        begun, error = time.perf_counter(), None
        with self._running.labels(service, method).track_inprogress():
            try:
                yield
            except BaseException as raised:
                error = raised
                raise
            finally:
                self._seconds.labels(service, method).observe(time.perf_counter() - begun)
                self._calls.labels(service, method, incoming.code(error).name).inc()


class Tracing:
    """A span for each call, inside the caller's trace; its status says whether the server failed."""

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        with telemetry.server_span(incoming.metadata.get(TRACE_KEY, ""), incoming.method) as span:
            error: BaseException | None = None
            try:
                yield
            except BaseException as raised:
                error = raised
                raise
            finally:
                code = incoming.code(error)
                telemetry.end_with_code(span, code, failed=code in telemetry.SERVER_FAULTS)


class Logging:
    """One line for each call; everything logged inside bears its method and correlation."""

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        begun, error = time.perf_counter(), None
        with structlog.contextvars.bound_contextvars(method=incoming.method, correlation=incoming.correlation):
            try:
                yield
            except BaseException as raised:
                error = raised
                raise
            finally:
                code = incoming.code(error)
                write = (
                    log.warning if code in telemetry.SERVER_FAULTS else log.debug if code is StatusCode.OK else log.info
                )
                write(
                    "call answered",
                    code=code.name,
                    seconds=round(time.perf_counter() - begun, 4),
                    caller=incoming.principal.name if incoming.principal else "",
                    peer=incoming.peer,
                )
