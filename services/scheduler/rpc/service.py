"""SchedulerService as chassis serves it: its parts together, and the role that each call needs."""

from collections.abc import Mapping

from backroom.scheduler.v1 import scheduler_pb2_grpc
from chassis.auth import Role
from chassis.rpc.servicer import Servicer
from chassis.rpc.writes import Writes
from services.scheduler.application.ports import Handlers, OpenWork, Work
from services.scheduler.rpc.calls import UseCases
from services.scheduler.rpc.catalogue import CatalogueCalls
from services.scheduler.rpc.exchange import ExchangeCalls
from services.scheduler.rpc.runs import RunCalls
from services.scheduler.rpc.tasks import TaskCalls
from services.scheduler.rpc.watch import WatchCalls

ROLES: Mapping[str, Role] = {
    "CreateTask": Role.OPERATOR,
    "GetTask": Role.VIEWER,
    "ListTasks": Role.VIEWER,
    "UpdateTask": Role.OPERATOR,
    "DeleteTask": Role.OPERATOR,
    "BatchUpdateTasks": Role.OPERATOR,
    "BatchDeleteTasks": Role.OPERATOR,
    "PauseTask": Role.OPERATOR,
    "ResumeTask": Role.OPERATOR,
    "RunTask": Role.OPERATOR,
    "BackfillTask": Role.OPERATOR,
    "DuplicateTask": Role.VIEWER,
    "ExportTasks": Role.VIEWER,
    "ImportTasks": Role.OPERATOR,
    "PreviewTrigger": Role.VIEWER,
    "ListFolders": Role.VIEWER,
    "RenameFolder": Role.ADMIN,
    "ListTaskTypes": Role.VIEWER,
    "GetRun": Role.VIEWER,
    "ListRuns": Role.VIEWER,
    "CancelRun": Role.OPERATOR,
    "RetryRun": Role.OPERATOR,
    "WatchRun": Role.VIEWER,
}


class SchedulerServicer(TaskCalls, RunCalls, CatalogueCalls, ExchangeCalls, WatchCalls):
    """Every part of the service."""


def servicer(open_work: OpenWork, writes: Writes[Work], handlers: Handlers, use: UseCases) -> Servicer:
    """What chassis serves."""
    return Servicer(
        "backroom.scheduler.v1.SchedulerService",
        scheduler_pb2_grpc.add_SchedulerServiceServicer_to_server,
        SchedulerServicer(open_work, writes, handlers, use),
        ROLES,
    )
