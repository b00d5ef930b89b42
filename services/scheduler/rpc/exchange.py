"""SchedulerService: tasks are duplicated, and leave and come as `.crons` files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from threading import Lock

import grpc

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput, Unavailable
from chassis.filters import parse_filter
from chassis.listing import ListQuery
from chassis.rpc import call
from chassis.rpc.strict_json import FewProblems
from services.scheduler.application.import_tasks import ExportedTask, Imported, import_tasks, unknown_site
from services.scheduler.application.ports import Work
from services.scheduler.application.update_task import placed
from services.scheduler.domain.importing import ConflictPolicy, Outcome, free_title
from services.scheduler.domain.secret_options import without_secrets
from services.scheduler.domain.tasks import Task, TaskState, task_name
from services.scheduler.rpc import render
from services.scheduler.rpc.calls import SchedulerCalls, judged
from services.scheduler.rpc.crons import MOST_BYTES, MOST_PROBLEMS, MOST_TASKS, FiledTask, read_tasks, write_tasks
from services.scheduler.rpc.parse import parse_task_number, parse_task_numbers

CHUNK = 256 * 1024  #: bytes of a file in one message
LARGEST_PAGE = 1_000  #: tasks read at once
READING = Lock()  #: one file at a time is read: a hostile one may take some hundred MiB until that is done

Header = scheduler_pb2.ImportTasksRequest.Header
ImportedTask = scheduler_pb2.ImportTasksResponse.ImportedTask
POLICIES = {
    scheduler_pb2.ImportTasksRequest.CONFLICT_POLICY_UNSPECIFIED: ConflictPolicy.SKIP,
    scheduler_pb2.ImportTasksRequest.CONFLICT_POLICY_SKIP: ConflictPolicy.SKIP,
    scheduler_pb2.ImportTasksRequest.CONFLICT_POLICY_RENAME: ConflictPolicy.RENAME,
    scheduler_pb2.ImportTasksRequest.CONFLICT_POLICY_REPLACE: ConflictPolicy.REPLACE,
}
OUTCOMES = {
    Outcome.CREATED: ImportedTask.OUTCOME_CREATED,
    Outcome.RENAMED: ImportedTask.OUTCOME_RENAMED,
    Outcome.REPLACED: ImportedTask.OUTCOME_REPLACED,
    Outcome.SKIPPED: ImportedTask.OUTCOME_SKIPPED,
}


class ExchangeCalls(SchedulerCalls):
    """What people do with tasks they have already."""

    def DuplicateTask(
        self, request: scheduler_pb2.DuplicateTaskRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.Task:
        number = parse_task_number(request.name)
        locale = call.current().locale
        with self._open_work() as work:
            task = work.tasks.get(number)
            taken = work.tasks.titles_at(task.draft.site)
        suffixes = (
            " "
            + (self._use.texts.get("copy.first", locale) if n == 1 else self._use.texts.get("copy.next", locale, n=n))
            for n in count(1)
        )
        return render.render_draft(replace(task.draft, title=free_title(task.draft.title, suffixes, taken)))

    def ExportTasks(
        self, request: scheduler_pb2.ExportTasksRequest, context: grpc.ServicerContext
    ) -> Iterator[scheduler_pb2.ExportTasksResponse]:
        content = self._file(self._selected(request))
        for start in range(0, len(content), CHUNK):
            yield scheduler_pb2.ExportTasksResponse(chunk=content[start : start + CHUNK])

    def ImportTasks(
        self, request_iterator: Iterator[scheduler_pb2.ImportTasksRequest], context: grpc.ServicerContext
    ) -> scheduler_pb2.ImportTasksResponse:
        header, content = receive(request_iterator)
        owner = call.current().principal.name
        judge = judged(lambda: self._judged(header, content))

        def bring(work: Work) -> scheduler_pb2.ImportTasksResponse:
            site, tasks = judge()
            imported = import_tasks(
                work,
                tasks,
                site=site,
                policy=POLICIES[header.conflict_policy],
                owner=owner,
                validate_only=header.validate_only,
            )
            return scheduler_pb2.ImportTasksResponse(tasks=[_render(each) for each in imported])

        return self._writes.once(header, scheduler_pb2.ImportTasksResponse, bring, content)

    def _selected(self, request: scheduler_pb2.ExportTasksRequest) -> Sequence[Task]:
        """The tasks in the order of their names in the request, else of their numbers."""
        with self._open_work() as work:
            if request.names:
                if request.filter:
                    raise InvalidInput(FieldProblem("filter", "stands beside names; write only one of them"))
                numbers = parse_task_numbers(request.names)
                found = work.tasks.get_many(numbers)
                unknown = [
                    FieldProblem(f"names[{place}]", f"{task_name(number)} does not exist")
                    for place, number in enumerate(numbers)
                    if number not in found
                ]
                if unknown:
                    raise InvalidInput(*unknown)
                return [found[number] for number in numbers]
            query = ListQuery(filter=parse_filter(request.filter), page_size=LARGEST_PAGE)
            tasks: list[Task] = []
            while True:
                page, token = work.tasks.page(query, show_system=False)
                tasks += page
                if len(tasks) > MOST_TASKS:
                    said = f"lets more than {MOST_TASKS:,} tasks pass; a file holds no more"
                    raise InvalidInput(FieldProblem("filter", said))
                if not token:
                    return tasks
                query = replace(query, page_token=token)

    def _file(self, tasks: Sequence[Task]) -> bytes:
        """Raises where it cannot be told which options of a task are secrets."""
        offers = self._use.check_draft.offers()
        exported: list[FiledTask] = []
        problems: list[FieldProblem] = []
        for task in tasks:
            try:
                schema = offers.kind_of(task.draft).options_schema
            except InvalidInput:
                said = f"nobody offers {task.draft.task_type} any more, so its secrets are not known; leave it out"
                problems.append(FieldProblem("names", f"{task.name}: {said}"))
                continue
            options, left_out = without_secrets(task.draft.options, schema)
            paused = task.state is TaskState.PAUSED
            exported.append(FiledTask(draft=replace(task.draft, options=options), paused=paused, left_out=left_out))
        if problems:
            raise InvalidInput(*problems[:MOST_PROBLEMS])
        with self._open_work() as work:
            now = work.now()
        return write_tasks(exported, now)

    def _judged(self, header: Header, content: bytes) -> tuple[str, Sequence[ExportedTask]]:
        """The site and the tasks of a file, which may be saved there. Raises with every problem at once."""
        problems = FewProblems(MOST_PROBLEMS)
        if header.conflict_policy not in POLICIES:
            problems.add("header.conflict_policy", f"{header.conflict_policy} is not known; write 0 to 3")
        id = header.site or self._use.default_site
        with self._open_work() as work:
            if not work.sites.get_many([id]):
                problems.extend(InvalidInput(unknown_site(id)))
        offers = self._use.check_draft.offers()
        away: Unavailable | None = None
        tasks: list[ExportedTask] = []
        with READING:
            filed = read_tasks(content, problems)
        for place, read in enumerate(filed):
            if read is None:
                continue
            try:
                draft, kind = self._use.check_draft.among(offers, replace(read.draft, site=id), secrets_may_lack=True)
                tasks.append(ExportedTask(draft=draft, kind=kind, paused=read.paused, left_out=read.left_out))
            except InvalidInput as error:
                problems.extend(InvalidInput(*placed(error, f"tasks[{place}].")))
            except Unavailable as error:
                away = away or error
        problems.check()
        if away is not None:
            raise away
        return id, tasks


def receive(requests: Iterator[scheduler_pb2.ImportTasksRequest]) -> tuple[Header, bytes]:
    """The header and the file. Never holds more of a file than it may have."""
    header: Header | None = None
    content = bytearray()
    for request in requests:
        match request.WhichOneof("part"):
            case "header" if header is None:
                header = request.header
            case "chunk" if header is not None:
                if len(content) + len(request.chunk) > MOST_BYTES:
                    raise InvalidInput(
                        FieldProblem("chunk", f"the file has more than {MOST_BYTES >> 20} MiB; import it in parts")
                    )
                content += request.chunk
            case _:
                raise InvalidInput(FieldProblem("part", "send one header, then chunks only"))
    if header is None:
        raise InvalidInput(FieldProblem("part", "send the header, then the file in chunks"))
    return header, bytes(content)


def _render(imported: Imported) -> ImportedTask:
    return ImportedTask(
        outcome=OUTCOMES[imported.outcome],
        title=imported.title,
        task="" if imported.task is None else task_name(imported.task),
        missing_secrets=imported.missing_secrets,
    )
