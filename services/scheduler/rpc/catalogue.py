"""SchedulerService: what the catalogue offers, and when triggers fire."""

from dataclasses import replace
from itertools import islice
from zoneinfo import ZoneInfo

import grpc

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput, UnknownResource
from chassis.rpc import call
from chassis.rpc.messages import Problems, parse_name, timestamp
from services.scheduler.application.ports import Work
from services.scheduler.domain.errors import NeverFires, UnknownZone
from services.scheduler.domain.folders import Folder, folders, title_problems
from services.scheduler.domain.schedules import Schedule, never_firing
from services.scheduler.domain.triggers import zone_named
from services.scheduler.rpc import render
from services.scheduler.rpc.calls import SchedulerCalls
from services.scheduler.rpc.parse import parse_task_number
from services.scheduler.rpc.schedules import parse_instant, parse_schedule

USUAL_COUNT, MOST_INSTANTS = 10, 1_000


class CatalogueCalls(SchedulerCalls):
    """What tasks are made of."""

    def ListTaskTypes(
        self, request: scheduler_pb2.ListTaskTypesRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListTaskTypesResponse:
        if request.site:
            with self._open_work() as work:
                if not work.sites.get_many([request.site]):
                    said = f"`{request.site}` is not a site; leave it empty or write one of ListSites"
                    raise InvalidInput(FieldProblem("site", said))
        catalogue = self._handlers.catalogue(request.locale or call.current().locale, request.site)
        return scheduler_pb2.ListTaskTypesResponse(
            task_types=[render.render_task_type(kind) for kind in catalogue.task_types],
            unavailable_handlers=catalogue.unavailable_handlers,
        )

    def PreviewTrigger(
        self, request: scheduler_pb2.PreviewTriggerRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.PreviewTriggerResponse:
        problems = Problems()
        end = parse_instant(request.end_time, "end_time") if request.HasField("end_time") else None
        after = parse_instant(request.start_time, "start_time") if request.HasField("start_time") else None
        schedule = parse_schedule(request, None, end, problems)
        if not request.triggers:
            problems.add("triggers", "write at least one")
        if not 0 <= request.count <= MOST_INSTANTS:
            problems.add("count", f"write 1 to {MOST_INSTANTS}, or 0 for {USUAL_COUNT}")
        seed = parse_task_number(request.task, "task") if request.task else 0
        with self._open_work() as work:
            if seed:
                work.tasks.get(seed)
            zone = self._zone(work, request.time_zone, problems)
            after = after or work.now()
        problems.check()
        _check_fires(schedule, zone, seed)
        instants = islice(schedule.instants(after, zone, seed), request.count or USUAL_COUNT)
        return scheduler_pb2.PreviewTriggerResponse(
            times=[stamp for instant in instants if (stamp := timestamp(instant)) is not None]
        )

    def ListFolders(
        self, request: scheduler_pb2.ListFoldersRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListFoldersResponse:
        paths = self._paths()
        with self._open_work() as work:
            found = folders(paths, work.folders.titles())
        return scheduler_pb2.ListFoldersResponse(folders=[_render(folder) for folder in found])

    def RenameFolder(
        self, request: scheduler_pb2.RenameFolderRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.Folder:
        id = parse_name("folders/{id}", request.name, "name")
        if problems := list(title_problems(request.title)):
            raise InvalidInput(*problems)
        paths = self._paths()

        def rename(work: Work) -> scheduler_pb2.Folder:
            titles = work.folders.titles()
            folder = next((each for each in folders(paths, titles) if each.id == id), None)
            if folder is None:
                raise UnknownResource(request.name)
            work.folders.rename(folder.path, request.title)
            own = folder.path.rpartition("/")[2]
            return _render(replace(folder, title=request.title or own))

        return self._writes.once(request, scheduler_pb2.Folder, rename)

    def _paths(self) -> list[str]:
        return [kind.folder for kind in self._handlers.catalogue(call.current().locale).task_types]

    def _zone(self, work: Work, name: str, problems: Problems) -> ZoneInfo:
        """The zone named; the default site's where none is, or where there is none of that name."""
        usual = zone_named(work.sites.get(self._use.default_site).time_zone)
        try:
            return zone_named(name) if name else usual
        except UnknownZone as error:
            problems.add("time_zone", str(error))
            return usual


def _check_fires(schedule: Schedule, zone: ZoneInfo, seed: int) -> None:
    """Raises `InvalidInput` for each trigger that never fires, or for all of them together, and says why."""
    if problems := list(never_firing(schedule, zone, seed)):
        raise InvalidInput(*problems)
    try:
        schedule.check(zone, seed)
    except NeverFires as error:
        raise InvalidInput(FieldProblem("triggers", str(error))) from None


def _render(folder: Folder) -> scheduler_pb2.Folder:
    return scheduler_pb2.Folder(
        name=f"folders/{folder.id}",
        path=folder.path,
        title=folder.title,
        parent=f"folders/{folder.parent}" if folder.parent else "",
    )
