"""Another team's services, in memory behind real gRPC servers: a handler of tasks, and a delivery."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import grpc
from google.protobuf.struct_pb2 import Struct
from google.rpc import code_pb2, error_details_pb2, status_pb2

from backroom.delivery.v1 import delivery_pb2, delivery_pb2_grpc
from backroom.task.v1 import task_pb2, task_pb2_grpc
from backroom.type.v1 import type_pb2

State = task_pb2.TaskState
Started = task_pb2.StartedTask

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "stores": {"type": "array", "items": {"type": "string"}, "default": []},
        "method": {"enum": ["transfer", "adjustment"], "default": "transfer"},
        "days": {"type": "integer", "minimum": 1, "maximum": 31},
    },
}


def task_type(name: str, **more: object) -> task_pb2.TaskType:
    schema = Struct()
    schema.update(SCHEMA)
    return task_pb2.TaskType(
        name=name,
        folder="Système",
        title=name,
        description=name,
        options_schema=schema,
        **more,  # type: ignore[arg-type]  # the test's shorthand
    )


def status(code: int, reason: str, message: str) -> status_pb2.Status:
    made = status_pb2.Status(code=code, message=message)
    made.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="team"))
    return made


def failed(reason: str = "NO_SALES", message: str = "aucune vente") -> State:
    return State(state=State.STATE_FAILED, error=status(code_pb2.FAILED_PRECONDITION, reason, message))


def succeeded(report: str = "fait", files: Sequence[str] = ()) -> State:
    return State(
        state=State.STATE_SUCCEEDED,
        report=report,
        files=[
            type_pb2.SpooledFile(name=f"files/{name}", file_name=name, size_bytes=3, sha256="0" * 64) for name in files
        ],
    )


class Team(task_pb2_grpc.TaskHandlerServiceServicer):
    """A handler that keeps its attempts in memory. What it does with each is the test's choice."""

    def __init__(self) -> None:
        self.types = [
            task_type("team.report"),
            task_type("team.export", produces_files=True, splits_by_store=True),
            task_type("team.extract", produces_files=True),
            task_type("team.photos", produces_files=True, unspooled=True),
        ]
        self.does: Callable[[task_pb2.TaskEntry], State | None] = lambda entry: succeeded()
        self.before_start: Callable[[grpc.ServicerContext], None] = lambda context: None
        self.after_start: Callable[[grpc.ServicerContext], None] = lambda context: None
        self.before_poll: Callable[[grpc.ServicerContext], None] = lambda context: None
        self.before_cancel: Callable[[grpc.ServicerContext], None] = lambda context: None
        self.ends: Callable[[str], State | None] = lambda attempt: State(
            state=State.STATE_CANCELLED, error=status(code_pb2.CANCELLED, "CANCELLED", "it was asked to end")
        )  #: what becomes of an attempt at work whose end is asked for; None goes on
        self.asked_to_end: list[str] = []  #: attempts whose end was asked for, repeats included
        self.asked: list[str] = []  #: attempts of every entry that came, repeats included
        self.done: list[task_pb2.TaskEntry] = []  #: entries whose work was done
        self.attempts: dict[str, State] = {}
        self.tombstones: set[str] = set()
        self.stray: list[State] = []  #: said in every poll, whoever asks
        self.changed = threading.Condition()
        self.modes: list[list[task_pb2.SiteMode]] = []  #: of every call that told some
        self.before_modes: Callable[[grpc.ServicerContext], None] = lambda context: None

    def SetOperatingModes(  # noqa: N802 - the contract's name
        self, request: task_pb2.SetOperatingModesRequest, context: grpc.ServicerContext
    ) -> task_pb2.SetOperatingModesResponse:
        self.before_modes(context)
        self.modes.append(list(request.modes))
        return task_pb2.SetOperatingModesResponse()

    def ListTaskTypes(  # noqa: N802 - the contract's name
        self, request: task_pb2.ListTaskTypesRequest, context: grpc.ServicerContext
    ) -> task_pb2.ListTaskTypesResponse:
        return task_pb2.ListTaskTypesResponse(task_types=self.types)

    def StartTasks(  # noqa: N802 - the contract's name
        self, request: task_pb2.StartTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.StartTasksResponse:
        self.before_start(context)
        with self.changed:
            results = [self._start(entry) for entry in request.entries]
            self.changed.notify_all()
        self.after_start(context)
        return task_pb2.StartTasksResponse(results=results)

    def _start(self, entry: task_pb2.TaskEntry) -> Started:
        self.asked.append(entry.attempt)
        if entry.attempt in self.tombstones:
            return Started(attempt=entry.attempt, outcome=Started.OUTCOME_CANCELLED)
        if entry.attempt in self.attempts:
            return Started(attempt=entry.attempt, outcome=Started.OUTCOME_REPEATED)
        if entry.owner == "nobody":
            refusal = status(code_pb2.PERMISSION_DENIED, "NOT_ALLOWED", "nobody may not do this")
            return Started(attempt=entry.attempt, outcome=Started.OUTCOME_REFUSED, refusal=refusal)
        self.done.append(entry)
        state = self.does(entry) or State(state=State.STATE_RUNNING)
        self.attempts[entry.attempt] = state
        return Started(attempt=entry.attempt, outcome=Started.OUTCOME_ACCEPTED)

    def finish(self, attempt: str, state: State) -> None:
        with self.changed:
            self.attempts[attempt] = state
            self.changed.notify_all()

    def PollTasks(  # noqa: N802 - the contract's name
        self, request: task_pb2.PollTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.PollTasksResponse:
        self.before_poll(context)
        working = (State.STATE_QUEUED, State.STATE_RUNNING)

        def news() -> list[State]:
            found = []
            for attempt in request.attempts:
                state = State(attempt=attempt, state=State.STATE_NOT_FOUND)
                if attempt in self.attempts:
                    state.CopyFrom(self.attempts[attempt])
                    state.attempt = attempt
                found.append(state)
            return found

        def any_ended() -> bool:
            return any(state.state not in working for state in news())

        with self.changed:
            self.changed.wait_for(any_ended, request.wait_time.ToTimedelta().total_seconds())
            ended = [state for state in news() if state.state not in working]
            return task_pb2.PollTasksResponse(states=[*self.stray, *(ended or news())])

    def CancelTasks(  # noqa: N802 - the contract's name
        self, request: task_pb2.CancelTasksRequest, context: grpc.ServicerContext
    ) -> task_pb2.CancelTasksResponse:
        self.before_cancel(context)
        working = (State.STATE_QUEUED, State.STATE_RUNNING)
        with self.changed:
            self.asked_to_end += request.attempts
            self.tombstones.update(attempt for attempt in request.attempts if attempt not in self.attempts)
            for attempt in request.attempts:
                if attempt in self.attempts and self.attempts[attempt].state in working:
                    self.attempts[attempt] = self.ends(attempt) or self.attempts[attempt]
            self.changed.notify_all()
        return task_pb2.CancelTasksResponse()


class Carrier(delivery_pb2_grpc.DeliveryServiceServicer):
    """A delivery that says of each destination what the test says, and sends nothing."""

    def __init__(self, handler: Team) -> None:
        self.handler = handler
        self.unreachable: dict[str, delivery_pb2.CheckDestinationResponse] = {}
        self.checked: list[str] = []
        self.sent: list[delivery_pb2.SendSpoolRequest] = []
        self.arrives: Callable[[delivery_pb2.SendSpoolRequest], State | None] = lambda request: succeeded("")
        self.before_send: Callable[[grpc.ServicerContext], None] = lambda context: None

    def CheckDestination(  # noqa: N802 - the contract's name
        self, request: delivery_pb2.CheckDestinationRequest, context: grpc.ServicerContext
    ) -> delivery_pb2.CheckDestinationResponse:
        self.checked.append(request.name)
        return self.unreachable.get(request.name, delivery_pb2.CheckDestinationResponse(reachable=True))

    def SendSpool(  # noqa: N802 - the contract's name
        self, request: delivery_pb2.SendSpoolRequest, context: grpc.ServicerContext
    ) -> delivery_pb2.SendSpoolResponse:
        self.before_send(context)
        self.sent.append(request)
        if request.attempt not in self.handler.attempts:
            state = self.arrives(request) or State(state=State.STATE_RUNNING)
            self.handler.finish(request.attempt, state)
        return delivery_pb2.SendSpoolResponse(file_count=len(request.files))


@dataclass
class Times:
    """Does something to the first calls and leaves the others alone."""

    count: int
    act: Callable[[grpc.ServicerContext], None]
    done: int = field(default=0)

    def __call__(self, context: grpc.ServicerContext) -> None:
        if self.done < self.count:
            self.done += 1
            self.act(context)


def refuse(code: grpc.StatusCode) -> Callable[[grpc.ServicerContext], NoReturn]:
    """Ends a call with a code."""

    def act(context: grpc.ServicerContext) -> NoReturn:
        context.abort(code, "no")

    return act


def drop(context: grpc.ServicerContext) -> None:
    """Ends a call without an answer, as a connection that is lost does."""
    context.cancel()
