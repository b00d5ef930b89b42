"""The layers around every incoming call, outermost first. A stream is inside them until its end."""

import contextvars
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar, cast
from urllib.parse import unquote

import grpc

from chassis.auth import Principal
from chassis.rpc.outgoing import CORRELATION_KEY

Q = TypeVar("Q")
R = TypeVar("R")

CORRELATION = re.compile(r"[A-Za-z0-9._:/-]{1,100}")


@dataclass(slots=True, kw_only=True)
class Incoming:
    """An incoming call on its way inward; layers note what they find out."""

    method: str
    streams: bool  #: in either direction
    context: grpc.ServicerContext
    metadata: Mapping[str, str]
    correlation: str
    peer: str
    principal: Principal | None = field(default=None)
    deadline: datetime | None = field(default=None)

    def code(self, error: BaseException | None) -> grpc.StatusCode:
        """How the call ends, with the error that leaves the inner layers or without one."""
        code = answered(self.context)
        if code is not None:
            return code
        if error is None:
            return grpc.StatusCode.OK
        return grpc.StatusCode.UNKNOWN if self.context.is_active() else grpc.StatusCode.CANCELLED


class Layer(Protocol):
    """One concern of every call."""

    def around(self, incoming: Incoming) -> AbstractContextManager[None]:
        """Entered before the call, left after it, with the error that ended it."""


class _Coded(Protocol):
    def code(self) -> grpc.StatusCode | None: ...


def answered(context: grpc.ServicerContext) -> grpc.StatusCode | None:
    """The code that was set for the answer so far."""
    return cast(_Coded, context).code()  # the stubs lack it; grpc.ServicerContext has it


class Layers(grpc.ServerInterceptor):
    """All layers as one interceptor: each call runs in its own copy of the context, on one thread."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Q, R] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Q, R] | None":
        """See grpc.ServerInterceptor."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        coders = handler.request_deserializer, handler.response_serializer
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._single(method, handler.unary_unary, False), *coders)
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(self._single(method, handler.stream_unary, True), *coders)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(self._many(method, handler.unary_stream), *coders)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(self._many(method, handler.stream_stream), *coders)
        raise TypeError(f"{method} has no behaviour")

    def _single(
        self, method: str, inner: Callable[[Q, grpc.ServicerContext], R], streams: bool
    ) -> Callable[[Q, grpc.ServicerContext], R]:
        def behave(request: Q, context: grpc.ServicerContext) -> R:
            with self._entered(_incoming(method, streams, context)):
                return inner(request, context)

        return lambda request, context: contextvars.copy_context().run(behave, request, context)

    def _many(
        self, method: str, inner: Callable[[Q, grpc.ServicerContext], Iterator[R]]
    ) -> Callable[[Q, grpc.ServicerContext], Iterator[R]]:
        def behave(request: Q, context: grpc.ServicerContext) -> Iterator[R]:
            with self._entered(_incoming(method, True, context)):
                yield from inner(request, context)

        def stepped(request: Q, context: grpc.ServicerContext) -> Iterator[R]:
            # Context variables set inside a generator would leak into the thread between two steps of it.
            scope = contextvars.copy_context()
            responses = scope.run(behave, request, context)
            done = object()
            try:
                while (response := scope.run(next, responses, done)) is not done:
                    yield cast(R, response)
            finally:
                scope.run(cast("Closable", responses).close)

        return stepped

    @contextmanager
    def _entered(self, incoming: Incoming) -> Iterator[None]:
        with ExitStack() as stack:
            for layer in self._layers:
                stack.enter_context(layer.around(incoming))
            yield


class Closable(Protocol):
    """A generator, as far as it is ended."""

    def close(self) -> None:
        """Ends it where it stands."""


def _incoming(method: str, streams: bool, context: grpc.ServicerContext) -> Incoming:
    metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    correlation = metadata.get(CORRELATION_KEY, "")
    return Incoming(
        method=method,
        streams=streams,
        context=context,
        metadata=metadata,
        correlation=correlation if CORRELATION.fullmatch(correlation) else uuid.uuid4().hex,
        peer=unquote(context.peer()).partition(":")[2],
    )
