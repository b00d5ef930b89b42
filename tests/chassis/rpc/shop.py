"""A small service that greets, and answers what every service answers beside its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from google.longrunning import operations_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from pydantic import BaseModel, ConfigDict, Field

from backroom.journal.v1 import journal_pb2_grpc
from backroom.task.v1 import task_pb2, task_pb2_grpc
from chassis.auth import Principals
from chassis.database import Database
from chassis.operations import Execution, Kind, Outcome
from chassis.operations.longrunning import LongRunning
from chassis.operations.worker import Worker
from chassis.process import common_servicers
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server
from chassis.service import Wiring
from chassis.settings import ServiceSettings
from chassis.tasks import TaskType
from chassis.work import UnitOfWork
from tests.conftest import SilentBell


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stores: list[str] = Field(default_factory=list, description="Codes of stores.")
    limit: int = Field(default=10, ge=1)


@dataclass
class Shop:
    """The service, its worker, and its callers."""

    database: Database
    bell: SilentBell
    worker: Worker
    tasks: task_pb2_grpc.TaskHandlerServiceStub
    operations: operations_pb2_grpc.OperationsStub
    journal: journal_pb2_grpc.JournalServiceStub
    done: list[Execution]

    def work(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.bell)

    def drain(self) -> None:
        self.worker.drain("default")

    def start(self, *entries: task_pb2.TaskEntry) -> list[task_pb2.StartedTask]:
        return list(self.tasks.StartTasks(task_pb2.StartTasksRequest(entries=entries), timeout=10).results)

    def poll(self, attempt: str, seconds: int = 0) -> list[task_pb2.TaskState]:
        request = task_pb2.PollTasksRequest(attempts=[attempt], wait_time=Duration(seconds=seconds))
        return list(self.tasks.PollTasks(request, timeout=30).states)


def entry(**more: object) -> task_pb2.TaskEntry:
    new = task_pb2.TaskEntry(
        attempt=str(uuid4()), task_type="shop.greet", owner="operator", time_zone="Europe/Paris", run="runs/1"
    )
    new.nominal_time.FromDatetime(datetime(2017, 1, 31, 23, 30, tzinfo=UTC))
    options = more.pop("options", None)
    if isinstance(options, dict):
        new.options.update(options)
    for name, value in more.items():
        setattr(new, name, value)
    return new


@contextmanager
def opened(
    database: Database, settings: ServiceSettings, principals: Principals, tokens: Mapping[str, str]
) -> Iterator[Shop]:
    """The service on its database; its tasks are for the role `service`, all else for operators."""
    done: list[Execution] = []

    def greet(execution: Execution) -> Outcome:
        done.append(execution)
        return Outcome(report="bonjour", result={"greeted": 1})

    kinds = [Kind(name=name, run=greet) for name in ("shop.greet", "shop.photos")]
    wiring = Wiring(
        servicers=[],
        kinds=kinds,
        task_types=[
            TaskType(name="shop.greet", folder="Autres", title="Greet", description="", options=Options),
            TaskType(
                name="shop.photos", folder="Autres", title="", description="", produces_files=True, unspooled=True
            ),
        ],
        longrunning={
            "shop.greet": LongRunning(
                metadata=lambda operation: Struct(),
                response=lambda operation: messages_of(operation.outcome),
            )
        },
    )
    bell = SilentBell({kind.name: kind for kind in kinds})
    servicers = common_servicers(lambda: UnitOfWork(database, bell), wiring, principals, None)
    server = Server(settings, servicers, principals)
    server.start()
    channels = [
        open_channel(f"127.0.0.1:{server.port}", token=partial(tokens.__getitem__, role))
        for role in ("service", "operator")
    ]
    worker = Worker(database, bell, id=uuid4(), kinds=kinds, lanes=[], threads=2)
    yield Shop(
        database,
        bell,
        worker,
        task_pb2_grpc.TaskHandlerServiceStub(channels[0]),
        operations_pb2_grpc.OperationsStub(channels[1]),
        journal_pb2_grpc.JournalServiceStub(channels[1]),
        done,
    )
    for channel in channels:
        channel.close()
    server.drain_and_stop()


def messages_of(outcome: Outcome | None) -> Struct:
    shown = Struct()
    shown.update(dict(outcome.result) if outcome else {})
    return shown
