"""SchedulerService: tasks and their runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.auth import Role
from chassis.errors import BackroomError, FieldProblem, InvalidInput, StaleEtag
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import Problems, check_mask
from chassis.rpc.servicer import Servicer
from chassis.rpc.writes import Writes
from services.scheduler.application.check_draft import CheckDraft
from services.scheduler.application.create_task import CreateTask
from services.scheduler.application.delete_task import delete_task
from services.scheduler.application.pause_task import ResumeTask, pause_task
from services.scheduler.application.ports import Handlers, OpenWork, Work
from services.scheduler.application.run_task import RunTask
from services.scheduler.application.update_task import UpdateTask
from services.scheduler.domain.task_types import TaskType
from services.scheduler.domain.tasks import Task, TaskDraft
from services.scheduler.rpc import render
from services.scheduler.rpc.parse import EDITABLE, parse_draft, parse_instant, parse_run_number, parse_task_number

ROLES: Mapping[str, Role] = {
    "CreateTask": Role.OPERATOR,
    "GetTask": Role.VIEWER,
    "ListTasks": Role.VIEWER,
    "UpdateTask": Role.OPERATOR,
    "DeleteTask": Role.OPERATOR,
    "PauseTask": Role.OPERATOR,
    "ResumeTask": Role.OPERATOR,
    "RunTask": Role.OPERATOR,
    "ListTaskTypes": Role.VIEWER,
    "GetRun": Role.VIEWER,
    "ListRuns": Role.VIEWER,
}
PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the servicer calls."""

    check_draft: CheckDraft
    create_task: CreateTask
    update_task: UpdateTask
    resume_task: ResumeTask
    run_task: RunTask


class SchedulerServicer(scheduler_pb2_grpc.SchedulerServiceServicer):
    """Translates, nothing more."""

    def __init__(self, open_work: OpenWork, writes: Writes[Work], handlers: Handlers, use: UseCases) -> None:
        self._open_work = open_work
        self._writes = writes
        self._handlers = handlers
        self._use = use

    def CreateTask(self, request: scheduler_pb2.CreateTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        checked = judged(lambda: self._checked(request.task))
        caller = call.current().principal.name

        def create(work: Work) -> scheduler_pb2.Task:
            draft, kind = checked()
            task = self._use.create_task(
                work,
                draft,
                handler=kind.handler,
                owner=caller,
                paused=request.paused,
                validate_only=request.validate_only,
            )
            return render.render_task(task)

        return self._writes.once(request, scheduler_pb2.Task, create)

    def GetTask(self, request: scheduler_pb2.GetTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        with self._open_work() as work:
            return render.render_task(work.tasks.get(number))

    def ListTasks(
        self, request: scheduler_pb2.ListTasksRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListTasksResponse:
        query = parse_listing(request, default_page_size=PAGE)
        with self._open_work() as work:
            tasks, token = work.tasks.page(query)
        return scheduler_pb2.ListTasksResponse(
            tasks=[render.render_task(task) for task in tasks], next_page_token=token
        )

    def UpdateTask(self, request: scheduler_pb2.UpdateTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.task.name, "task.name")
        paths = check_mask(request.update_mask, EDITABLE)
        merged = judged(lambda: self._merged(number, request.task, paths))

        def update(work: Work) -> scheduler_pb2.Task:
            task, draft = merged()
            if request.task.etag and request.task.etag != task.etag:
                raise StaleEtag(task.name)
            return render.render_task(
                self._use.update_task(work, number, draft=draft, etag=task.etag, validate_only=request.validate_only)
            )

        return self._writes.once(request, scheduler_pb2.Task, update)

    def DeleteTask(self, request: scheduler_pb2.DeleteTaskRequest, context: grpc.ServicerContext) -> Empty:
        number = parse_task_number(request.name)

        def delete(work: Work) -> Empty:
            delete_task(work, number, etag=request.etag)
            return Empty()

        return self._writes.once(request, Empty, delete)

    def PauseTask(self, request: scheduler_pb2.PauseTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        return self._writes.once(request, scheduler_pb2.Task, lambda work: render.render_task(pause_task(work, number)))

    def ResumeTask(self, request: scheduler_pb2.ResumeTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        return self._writes.once(
            request, scheduler_pb2.Task, lambda work: render.render_task(self._use.resume_task(work, number))
        )

    def RunTask(self, request: scheduler_pb2.RunTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number = parse_task_number(request.name)
        nominal = parse_instant(request.nominal_time, "nominal_time") if request.HasField("nominal_time") else None
        caller = call.current()

        def start(work: Work) -> scheduler_pb2.Run:
            run = self._use.run_task(work, number, caller=caller.principal.name, peer=caller.peer, nominal_time=nominal)
            return render.render_run(run, [])

        return self._writes.once(request, scheduler_pb2.Run, start)

    def ListTaskTypes(
        self, request: scheduler_pb2.ListTaskTypesRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListTaskTypesResponse:
        catalogue = self._handlers.catalogue(request.locale or call.current().locale)
        return scheduler_pb2.ListTaskTypesResponse(
            task_types=[render.render_task_type(kind) for kind in catalogue.task_types],
            unavailable_handlers=catalogue.unavailable_handlers,
        )

    def GetRun(self, request: scheduler_pb2.GetRunRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number = parse_run_number(request.name)
        with self._open_work() as work:
            run = work.runs.get(number)
            attempts = work.attempts.of_runs([number]).get(number, [])
        return render.render_run(run, attempts)

    def ListRuns(
        self, request: scheduler_pb2.ListRunsRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListRunsResponse:
        query = parse_listing(request, default_page_size=PAGE)
        with self._open_work() as work:
            runs, token = work.runs.page(query)
            attempts = work.attempts.of_runs(run.number for run in runs)
        return scheduler_pb2.ListRunsResponse(
            runs=[render.render_run(run, attempts.get(run.number, []), in_list=True) for run in runs],
            next_page_token=token,
        )

    def _checked(self, message: scheduler_pb2.Task) -> tuple[TaskDraft, TaskType]:
        """A draft that may be saved. Raises `InvalidInput` with every problem at once."""
        problems = Problems()
        draft = parse_draft(message, problems)
        return self._check(draft, problems)

    def _merged(self, number: int, message: scheduler_pb2.Task, paths: frozenset[str]) -> tuple[Task, TaskDraft]:
        """The task, and its draft with the fields of the mask as somebody wrote them."""
        with self._open_work() as work:
            task = work.tasks.get(number)
        if message.task_type and message.task_type != task.draft.task_type:
            raise InvalidInput(FieldProblem("task.task_type", "cannot be changed; create another task"))
        masked = scheduler_pb2.Task()
        for path in paths:
            _copy(message, masked, path)
        problems = Problems()
        wanted = parse_draft(masked, problems)
        draft, _ = self._check(replace(task.draft, **{path: getattr(wanted, path) for path in paths}), problems)
        return task, draft

    def _check(self, draft: TaskDraft, problems: Problems) -> tuple[TaskDraft, TaskType]:
        try:
            checked = self._use.check_draft(draft)
        except InvalidInput as error:
            problems.extend(error)
            problems.check()
            raise
        problems.check()
        return checked


def judged(judge: Callable[[], T]) -> Callable[[], T]:
    """Judges a request now, outside of the transaction, and tells a refusal only to who asks for the judgement.

    A repeat does not ask: it gets the first answer, whatever has become of handlers, people and tasks since.
    """
    try:
        judgement = judge()
    except BackroomError as refused:
        refusal = refused

        def tell() -> T:
            raise refusal

        return tell
    return lambda: judgement


def _copy(source: scheduler_pb2.Task, target: scheduler_pb2.Task, field: str) -> None:
    """One field, absent where it is absent."""
    part = scheduler_pb2.Task()
    part.CopyFrom(source)
    for other in source.DESCRIPTOR.fields_by_name:
        if other != field:
            part.ClearField(other)
    target.MergeFrom(part)


def servicer(open_work: OpenWork, writes: Writes[Work], handlers: Handlers, use: UseCases) -> Servicer:
    """What chassis serves."""
    return Servicer(
        "backroom.scheduler.v1.SchedulerService",
        scheduler_pb2_grpc.add_SchedulerServiceServicer_to_server,
        SchedulerServicer(open_work, writes, handlers, use),
        ROLES,
    )
