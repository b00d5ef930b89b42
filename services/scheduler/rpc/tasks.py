"""SchedulerService: tasks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

import grpc
from google.protobuf.empty_pb2 import Empty

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput, StaleEtag, Unavailable, UnknownResource
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import Problems
from services.scheduler.application.check_draft import Offers
from services.scheduler.application.create_task import create_task
from services.scheduler.application.delete_task import delete_task, delete_tasks
from services.scheduler.application.pause_task import pause_task, resume_task
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import INSTANT, zone_of
from services.scheduler.application.update_task import TaskChange, placed, update_tasks
from services.scheduler.domain.errors import SecretsMissing
from services.scheduler.domain.secret_options import missing_secrets
from services.scheduler.domain.sites import Site
from services.scheduler.domain.task_types import TaskType
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState
from services.scheduler.rpc import render
from services.scheduler.rpc.calls import PAGE, SchedulerCalls, judged
from services.scheduler.rpc.parse import merge, parse_draft, parse_task_number, parse_task_numbers
from services.scheduler.rpc.schedules import parse_instant
from services.scheduler.rpc.selection import Wanted, parse_selection, parse_wanted

MOST_UPCOMING = 10  #: instants told with a task


class TaskCalls(SchedulerCalls):
    """What people do with tasks."""

    def CreateTask(self, request: scheduler_pb2.CreateTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        checked = judged(lambda: self._checked(request.task))
        caller = call.current().principal.name

        def create(work: Work) -> scheduler_pb2.Task:
            draft, kind = checked()
            task = create_task(
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
            task = work.tasks.get(number)
            return render.render_task(task, upcoming(task, work.sites.get(task.draft.site)))

    def ListTasks(
        self, request: scheduler_pb2.ListTasksRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListTasksResponse:
        query = parse_listing(request, default_page_size=PAGE)
        owner = call.current().principal.name if request.mine else ""
        with self._open_work() as work:
            tasks, token = work.tasks.page(query, owner=owner, show_system=request.show_system)
        return scheduler_pb2.ListTasksResponse(
            tasks=[render.render_task(task) for task in tasks], next_page_token=token
        )

    def UpdateTask(self, request: scheduler_pb2.UpdateTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        wanted = parse_wanted(request)
        merged = judged(lambda: self._merged([wanted]))

        def update(work: Work) -> scheduler_pb2.Task:
            (task,) = update_tasks(work, merged(), validate_only=request.validate_only)
            return render.render_task(task)

        return self._writes.once(request, scheduler_pb2.Task, update)

    def BatchUpdateTasks(
        self, request: scheduler_pb2.BatchUpdateTasksRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.BatchUpdateTasksResponse:
        selection = parse_selection(request.requests)
        merged = judged(lambda: self._merged(selection))

        def update(work: Work) -> scheduler_pb2.BatchUpdateTasksResponse:
            tasks = update_tasks(work, merged(), validate_only=request.validate_only)
            return scheduler_pb2.BatchUpdateTasksResponse(tasks=[render.render_task(task) for task in tasks])

        return self._writes.once(request, scheduler_pb2.BatchUpdateTasksResponse, update)

    def DeleteTask(self, request: scheduler_pb2.DeleteTaskRequest, context: grpc.ServicerContext) -> Empty:
        number = parse_task_number(request.name)

        def delete(work: Work) -> Empty:
            delete_task(work, number, etag=request.etag)
            return Empty()

        return self._writes.once(request, Empty, delete)

    def BatchDeleteTasks(self, request: scheduler_pb2.BatchDeleteTasksRequest, context: grpc.ServicerContext) -> Empty:
        numbers = parse_task_numbers(request.names)

        def delete(work: Work) -> Empty:
            delete_tasks(work, numbers)
            return Empty()

        return self._writes.once(request, Empty, delete)

    def PauseTask(self, request: scheduler_pb2.PauseTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        return self._writes.once(request, scheduler_pb2.Task, lambda work: render.render_task(pause_task(work, number)))

    def ResumeTask(self, request: scheduler_pb2.ResumeTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        checked = judged(lambda: self._check_secrets(number))

        def resume(work: Work) -> scheduler_pb2.Task:
            checked()
            return render.render_task(resume_task(work, number))

        return self._writes.once(request, scheduler_pb2.Task, resume)

    def RunTask(self, request: scheduler_pb2.RunTaskRequest, context: grpc.ServicerContext) -> scheduler_pb2.Run:
        number = parse_task_number(request.name)
        nominal = parse_instant(request.nominal_time, "nominal_time") if request.HasField("nominal_time") else None
        caller = call.current()

        def start(work: Work) -> scheduler_pb2.Run:
            run = self._use.run_task(work, number, caller=caller.principal.name, peer=caller.peer, nominal_time=nominal)
            return render.render_run(run, [])

        return self._writes.once(request, scheduler_pb2.Run, start)

    def _checked(self, message: scheduler_pb2.Task) -> tuple[TaskDraft, TaskType]:
        """A draft that may be saved. Raises `InvalidInput` with every problem at once."""
        problems = Problems()
        draft = parse_draft(message, problems)
        with self._open_work() as work:
            self._note_sites(work, [(draft.site, "task.")], problems)
        return self._check(draft, problems, self._use.check_draft.offers())

    def _note_sites(self, work: Work, given: Iterable[tuple[str, str]], problems: Problems) -> None:
        """Notes each site that is not there, at the place of its draft in the request."""
        named = [(site, place) for site, place in given if site]
        known = work.sites.get_many(site for site, _ in named)
        for site, place in named:
            if site not in known:
                problems.add(f"{place}site", f"`{site}` is not a site; leave it empty or write one of ListSites")

    def _check_secrets(self, number: int) -> None:
        """Raises `SecretsMissing` where the task's type, as far as it is known now, requires what no file brought."""
        with self._open_work() as work:
            task = work.tasks.get(number)
        try:
            kind = self._use.check_draft.offers().kind_of(task.draft)
        except (InvalidInput, Unavailable):  # its handler will judge, when the task runs
            return
        if missing := missing_secrets(task.draft.options, kind.options_schema):
            raise SecretsMissing(task.name, missing)

    def _merged(self, selection: Sequence[Wanted]) -> Sequence[TaskChange]:
        """What tasks are to become: each with the fields of its mask as somebody wrote them. Every problem at once."""
        problems = Problems()
        with self._open_work() as work:
            tasks = work.tasks.get_many(wanted.number for wanted in selection)
            moving = [wanted for wanted in selection if "site" in wanted.paths]
            self._note_sites(work, [(wanted.message.site, wanted.place) for wanted in moving], problems)
        for wanted in selection:
            if wanted.number not in tasks:
                raise UnknownResource(wanted.message.name)
            if wanted.message.etag and wanted.message.etag != tasks[wanted.number].etag:
                raise StaleEtag(wanted.message.name)
        offers = self._use.check_draft.offers()
        changes: list[TaskChange] = []
        for wanted in selection:
            task = tasks[wanted.number]
            try:
                draft = self._merge(task, wanted, offers)
                changes.append(TaskChange(number=task.number, draft=draft, etag=task.etag, place=wanted.place))
            except InvalidInput as error:
                problems.extend(InvalidInput(*placed(error, wanted.place)))
        problems.check()
        return changes

    def _merge(self, task: Task, wanted: Wanted, offers: Offers) -> TaskDraft:
        if wanted.message.task_type and wanted.message.task_type != task.draft.task_type:
            raise InvalidInput(FieldProblem("task.task_type", "cannot be changed; create another task"))
        problems = Problems()
        asked = parse_draft(wanted.masked(), problems)
        draft, _ = self._check(merge(task.draft, asked, wanted.paths), problems, offers, before=task.draft)
        return draft

    def _check(
        self, draft: TaskDraft, problems: Problems, offers: Offers, before: TaskDraft | None = None
    ) -> tuple[TaskDraft, TaskType]:
        try:
            checked = self._use.check_draft.among(offers, draft, before=before)
        except InvalidInput as error:
            problems.extend(error)
            problems.check()
            raise
        problems.check()
        return checked


def upcoming(task: Task, site: Site) -> Sequence[datetime]:
    """The next instants of a task that fires."""
    if task.state is not TaskState.ENABLED or task.next_time is None or task.draft.schedule.unread:
        return ()
    instants = task.draft.schedule.instants(task.next_time - INSTANT, zone_of(task.draft, site), task.number)
    return tuple(islice(instants, MOST_UPCOMING))
