"""google.longrunning.Operations for every service: what people started and can wait for."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import grpc
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from chassis.auth import Role
from chassis.errors import WrongState
from chassis.operations.handler import FIRST_LOOK, LONGEST_LOOK, LONGEST_WAIT, render_error
from chassis.operations.model import Operation, OperationState
from chassis.operations.store import list_operations
from chassis.rpc import call, messages
from chassis.rpc.listing import parse_listing
from chassis.work import UnitOfWork

ROLES: Mapping[str, Role] = {
    "GetOperation": Role.VIEWER,
    "ListOperations": Role.VIEWER,
    "WaitOperation": Role.VIEWER,
    "CancelOperation": Role.OPERATOR,
    "DeleteOperation": Role.OPERATOR,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRunning:
    """How operations of a kind are shown to people."""

    metadata: Callable[[Operation], Message]
    response: Callable[[Operation], Message]  #: called for operations that succeeded


class Operations(operations_pb2_grpc.OperationsServicer):
    """Looks at, waits for and cancels operations."""

    def __init__(
        self,
        open_work: Callable[[], AbstractContextManager[UnitOfWork]],
        kinds: Mapping[str, LongRunning],
    ) -> None:
        self._open_work = open_work
        self._kinds = kinds

    def GetOperation(
        self, request: operations_pb2.GetOperationRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        with self._open_work() as work:
            return self._render(work.operations.get(identifier_of(request.name)))

    def ListOperations(
        self, request: operations_pb2.ListOperationsRequest, context: grpc.ServicerContext
    ) -> operations_pb2.ListOperationsResponse:
        with self._open_work() as work:
            operations, token = list_operations(work.connection, parse_listing(request))
        return operations_pb2.ListOperationsResponse(operations=map(self._render, operations), next_page_token=token)

    def WaitOperation(
        self, request: operations_pb2.WaitOperationRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        """Answers once the operation has ended, or as it stands after the timeout (at most 20 s)."""
        identifier = identifier_of(request.name)
        wait = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else LONGEST_WAIT
        until, pause = time.monotonic() + min(wait, LONGEST_WAIT), FIRST_LOOK
        while True:
            with self._open_work() as work:
                operation = work.operations.get(identifier)
            if operation.ended or time.monotonic() >= until or call.current().over():
                return self._render(operation)
            time.sleep(min(pause, max(until - time.monotonic(), 0)))
            pause = min(pause * 1.5, LONGEST_LOOK)

    def CancelOperation(
        self, request: operations_pb2.CancelOperationRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        identifier = identifier_of(request.name)
        with self._open_work() as work:
            work.operations.get(identifier)
            work.operations.cancel([identifier], f"cancelled by {call.current().principal.name}")
        return empty_pb2.Empty()

    def DeleteOperation(
        self, request: operations_pb2.DeleteOperationRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        identifier = identifier_of(request.name)
        with self._open_work() as work:
            operation = work.operations.get(identifier)
            if not operation.ended:
                raise WrongState(request.name, operation.state, "ended; cancel it first")
            work.operations.delete_ended(identifier)
        return empty_pb2.Empty()

    def _render(self, operation: Operation) -> operations_pb2.Operation:
        return render(operation, self._kinds.get(operation.kind))


def render(operation: Operation, shown: LongRunning | None) -> operations_pb2.Operation:
    """The operation as people read it; kinds that are nobody's business show name and end only."""
    message = operations_pb2.Operation(name=f"operations/{operation.id}", done=operation.ended)
    if shown is not None:
        message.metadata.Pack(shown.metadata(operation))
    if operation.state is OperationState.SUCCEEDED:
        message.response.Pack(empty_pb2.Empty() if shown is None else shown.response(operation))
    elif operation.ended and operation.error is not None:
        message.error.CopyFrom(render_error(operation.state, operation.error))
    return message


def identifier_of(name: str) -> UUID:
    """The id in `operations/{uuid}`. Raises `InvalidInput`."""
    return messages.parse_uuid(messages.parse_name("operations/{uuid}", name, "name"), "name")
