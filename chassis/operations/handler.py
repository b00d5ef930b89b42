"""TaskHandlerService for every service: entries become operations, operations answer polls."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from uuid import UUID

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

from backroom.task.v1 import task_pb2, task_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.auth import Principals, Role, check_owner
from chassis.errors import BackroomError, FieldProblem, InvalidInput
from chassis.operations.entries import (
    MOST_POLLED,
    MOST_STARTED,
    parse_attempts,
    parse_context,
    parse_modes,
    parse_options,
)
from chassis.operations.model import (
    DEFAULT_SITE,
    NewOperation,
    Operation,
    OperationError,
    OperationState,
    SpooledFile,
)
from chassis.rpc import call, messages
from chassis.rpc.status import GENERAL, to_status
from chassis.tasks import TaskType
from chassis.texts import Texts
from chassis.work import UnitOfWork

LONGEST_WAIT = 20.0  #: seconds; longer calls would outlive their connection
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.25  #: seconds between looks at the rows while waiting

ROLES: Mapping[str, Role] = {
    "ListTaskTypes": Role.SERVICE,
    "StartTasks": Role.SERVICE,
    "PollTasks": Role.SERVICE,
    "CancelTasks": Role.SERVICE,
    "SetOperatingModes": Role.SERVICE,
}
STATES = {
    OperationState.QUEUED: task_pb2.TaskState.STATE_QUEUED,
    OperationState.RUNNING: task_pb2.TaskState.STATE_RUNNING,
    OperationState.SUCCEEDED: task_pb2.TaskState.STATE_SUCCEEDED,
    OperationState.FAILED: task_pb2.TaskState.STATE_FAILED,
    OperationState.CANCELLED: task_pb2.TaskState.STATE_CANCELLED,
    OperationState.PARKED: task_pb2.TaskState.STATE_PARKED,
}
CODES = {
    OperationState.CANCELLED: code_pb2.CANCELLED,
    OperationState.PARKED: code_pb2.ABORTED,
    OperationState.FAILED: code_pb2.FAILED_PRECONDITION,
}


class TaskHandler(task_pb2_grpc.TaskHandlerServiceServicer):
    """Starts and follows the operations that tasks ask for."""

    def __init__(
        self,
        open_work: Callable[[], AbstractContextManager[UnitOfWork]],
        task_types: Sequence[TaskType],
        principals: Principals,
        texts: Texts | None,
    ) -> None:
        self._open_work = open_work
        self._types = {offered.name: offered for offered in task_types}
        self._principals = principals
        self._texts = texts

    def ListTaskTypes(
        self, request: task_pb2.ListTaskTypesRequest, context: grpc.ServicerContext
    ) -> task_pb2.ListTaskTypesResponse:
        locale = request.locale or call.current().locale
        return task_pb2.ListTaskTypesResponse(
            task_types=[self._render_type(self._types[name], locale) for name in sorted(self._types)]
        )

    def StartTasks(
        self, request: task_pb2.StartTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.StartTasksResponse:
        if len(request.entries) > MOST_STARTED:
            raise InvalidInput(FieldProblem("entries", f"send at most {MOST_STARTED} in one request"))
        attempts = parse_attempts([entry.attempt for entry in request.entries], "entries[{}].attempt", MOST_STARTED)
        if len(set(attempts)) < len(attempts):
            raise InvalidInput(FieldProblem("entries", "the attempts of one request must be distinct"))
        results: dict[UUID, task_pb2.StartedTask] = {}
        accepted: list[NewOperation] = []
        for place, (attempt, entry) in enumerate(zip(attempts, request.entries, strict=True)):
            try:
                accepted.append(self._parse(place, attempt, entry))
            except BackroomError as refusal:
                results[attempt] = refused(attempt, refusal)
        with self._open_work() as work:
            tombstones = work.operations.tombstones(new.id for new in accepted if new.id)
            wanted = [new for new in accepted if new.id not in tombstones]
            added = work.operations.add_many(wanted, ids=[new.id for new in wanted if new.id])
            stored = work.operations.get_many(new.id for new in accepted if new.id and new.id not in added)
        for new in accepted:
            if new.id is not None:
                results[new.id] = started(new.id, new, new.id in added, stored.get(new.id))
        return task_pb2.StartTasksResponse(results=[results[attempt] for attempt in attempts])

    def PollTasks(
        self, request: task_pb2.PollTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.PollTasksResponse:
        attempts = parse_attempts(request.attempts, "attempts[{}]", MOST_POLLED)
        wait = min(request.wait_time.ToTimedelta().total_seconds(), LONGEST_WAIT)
        until = time.monotonic() + wait
        pause = FIRST_LOOK
        while True:
            with self._open_work() as work:
                ended, unknown = work.operations.ended_or_unknown(attempts)
                if ended or unknown:
                    break
                if time.monotonic() >= until or call.current().over():
                    ended = work.operations.get_many(attempts)
                    break
            time.sleep(min(pause, max(until - time.monotonic(), 0)))
            pause = min(pause * 1.5, LONGEST_LOOK)
        missing = [
            task_pb2.TaskState(attempt=str(attempt), state=task_pb2.TaskState.STATE_NOT_FOUND) for attempt in unknown
        ]
        return task_pb2.PollTasksResponse(states=[*map(render_state, ended.values()), *missing])

    def CancelTasks(
        self, request: task_pb2.CancelTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.CancelTasksResponse:
        attempts = parse_attempts(request.attempts, "attempts[{}]", MOST_STARTED)
        with self._open_work() as work:
            work.operations.cancel(attempts, f"cancelled by {call.current().principal.name}")
        return task_pb2.CancelTasksResponse()

    def SetOperatingModes(
        self, request: task_pb2.SetOperatingModesRequest, context: grpc.ServicerContext
    ) -> task_pb2.SetOperatingModesResponse:
        modes = parse_modes(request.modes)
        with self._open_work() as work:
            work.operations.set_modes(modes)
        return task_pb2.SetOperatingModesResponse()

    def _render_type(self, offered: TaskType, locale: str) -> task_pb2.TaskType:
        return task_pb2.TaskType(
            name=offered.name,
            folder=offered.folder,
            title=offered.title if self._texts is None else self._texts.get(offered.title, locale),
            description=offered.description if self._texts is None else self._texts.get(offered.description, locale),
            options_schema=messages.json_to_struct(offered.options.model_json_schema()),
            produces_files=offered.produces_files,
            splits_by_store=offered.splits_by_store,
            unspooled=offered.unspooled,
        )

    def _parse(self, place: int, attempt: UUID, entry: task_pb2.TaskEntry) -> NewOperation:
        """The operation an entry asks for. Raises `InvalidInput` or `NotAllowed`."""
        offered = self._types.get(entry.task_type)
        field = f"entries[{place}]"
        if offered is None:
            raise InvalidInput(
                FieldProblem(f"{field}.task_type", f"{entry.task_type!r} is not offered here; see ListTaskTypes")
            )
        if offered.unspooled and not entry.destination:
            wanted = f"{offered.name} sends its files straight on; say where to, `destinations/{{id}}`"
            raise InvalidInput(FieldProblem(f"{field}.destination", wanted))
        check_owner(self._principals, entry.owner)
        return NewOperation(
            kind=offered.name,
            request=parse_options(offered, entry.options, f"{field}.options"),
            id=attempt,
            site=entry.site or DEFAULT_SITE,
            caller=entry.owner,
            traceparent=entry.traceparent or None,
            expire_time=messages.instant(entry.expire_time) if entry.HasField("expire_time") else None,
            context=parse_context(attempt, entry, field),
        )


def started(attempt: UUID, new: NewOperation, added: bool, stored: Operation | None) -> task_pb2.StartedTask:
    """What became of an entry that could be read."""
    outcome = task_pb2.StartedTask.OUTCOME_ACCEPTED
    if not added and stored is None:
        outcome = task_pb2.StartedTask.OUTCOME_CANCELLED
    elif stored is not None and not added:
        if (stored.kind, dict(stored.request)) != (new.kind, dict(new.request)):
            wrong = FieldProblem("attempt", f"{attempt} was started with other work; use a new UUID for each attempt")
            return refused(attempt, InvalidInput(wrong))
        outcome = task_pb2.StartedTask.OUTCOME_REPEATED
    return task_pb2.StartedTask(attempt=str(attempt), outcome=outcome)


def refused(attempt: UUID, refusal: BackroomError) -> task_pb2.StartedTask:
    return task_pb2.StartedTask(
        attempt=str(attempt),
        outcome=task_pb2.StartedTask.OUTCOME_REFUSED,
        refusal=to_status(refusal, GENERAL),
    )


def render_state(operation: Operation) -> task_pb2.TaskState:
    """How an attempt stands."""
    state = task_pb2.TaskState(attempt=str(operation.id), state=STATES[operation.state])
    if operation.outcome is not None:
        state.report = operation.outcome.report
        state.files.extend(map(render_file, operation.outcome.files))
    if operation.error is not None and operation.ended:
        state.error.CopyFrom(render_error(operation.state, operation.error))
    if operation.end_time is not None:
        state.end_time.FromDatetime(operation.end_time)
    elif operation.progress is not None:
        state.progress.done = operation.progress.done
        state.progress.total = operation.progress.total
        state.progress.text = operation.progress.text
    return state


def render_file(file: SpooledFile) -> type_pb2.SpooledFile:
    return type_pb2.SpooledFile(
        name=file.name, file_name=file.file_name, size_bytes=file.size_bytes, sha256=file.sha256
    )


def render_error(state: OperationState, error: OperationError) -> status_pb2.Status:
    """Why an operation did not succeed, as `google.rpc.Status` with its reason."""
    status = status_pb2.Status(code=CODES.get(state, code_pb2.ABORTED), message=error.message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain="backroom"))
    return status
