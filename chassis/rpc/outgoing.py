"""What every outgoing call carries: token, trace and correlation; and its span, ended with the call."""

import uuid
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

import grpc
from opentelemetry.trace import Span

from chassis import telemetry
from chassis.rpc import call

CORRELATION_KEY = "x-backroom-correlation"
TRACE_KEY = "traceparent"
TOKEN_KEY = "authorization"  # noqa: S105 - the name of a header


class Outcome(Protocol):
    """A call that was begun: of any shape, ended or not."""

    def code(self) -> grpc.StatusCode:
        """How it ended."""

    def add_done_callback(self, callback: Callable[["Outcome"], None], /) -> None:
        """Calls back at once where it has ended, else when it ends."""


Q = TypeVar("Q")
R = TypeVar("R", bound=Outcome)


class _Details(NamedTuple):
    """What gRPC reads of a call; its own class is abstract and its concrete one private."""

    method: str
    timeout: float | None
    metadata: tuple[tuple[str, str | bytes], ...]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class Outgoing(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """One interceptor for calls of every shape."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def intercept_unary_unary(self, continuation, client_call_details, request):  # type: ignore[no-untyped-def]  # its types are private to the stubs
        """See grpc.UnaryUnaryClientInterceptor."""
        return self._call(continuation, client_call_details, request)

    def intercept_unary_stream(self, continuation, client_call_details, request):  # type: ignore[no-untyped-def]  # as above
        """See grpc.UnaryStreamClientInterceptor."""
        return self._call(continuation, client_call_details, request)

    def intercept_stream_unary(self, continuation, client_call_details, request_iterator):  # type: ignore[no-untyped-def]  # as above
        """See grpc.StreamUnaryClientInterceptor."""
        return self._call(continuation, client_call_details, request_iterator)

    def intercept_stream_stream(self, continuation, client_call_details, request_iterator):  # type: ignore[no-untyped-def]  # as above
        """See grpc.StreamStreamClientInterceptor."""
        return self._call(continuation, client_call_details, request_iterator)

    def _call(self, continuation: Callable[[_Details, Q], R], details: grpc.ClientCallDetails, request: Q) -> R:
        span = telemetry.client_span(details.method)
        try:
            outcome = continuation(self._enriched(details, span), request)
        except BaseException:
            span.end()
            raise
        outcome.add_done_callback(lambda ended: _end(span, ended))
        return outcome

    def _enriched(self, details: grpc.ClientCallDetails, span: Span) -> _Details:
        answering = call.current_or_none()
        carried = (
            (TOKEN_KEY, f"Bearer {self._token()}"),
            (TRACE_KEY, telemetry.traceparent_of(span)),
            (
                CORRELATION_KEY,
                answering.correlation if answering else telemetry.trace_id() or uuid.uuid4().hex,
            ),
        )
        given = tuple(details.metadata or ())
        taken = {key for key, _ in given}
        return _Details(
            method=details.method,
            timeout=details.timeout,
            metadata=(*given, *(pair for pair in carried if pair[0] not in taken)),
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
            compression=details.compression,
        )


def _end(span: Span, ended: Outcome) -> None:
    code = ended.code()
    telemetry.end_with_code(span, code, failed=code is not grpc.StatusCode.OK)
    span.end()
