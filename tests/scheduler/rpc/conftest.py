"""The scheduler as its wiring makes it, on a real server."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.rpc import error_details_pb2

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.process import common_servicers
from chassis.rpc.client import open_channel, status_of
from chassis.rpc.server import Server
from tests.scheduler.conftest import House


@dataclass
class Served:
    """The running service and ways to call it."""

    port: int
    tokens: dict[str, str]
    house: House
    channels: list[grpc.Channel] = field(default_factory=list)

    def channel(self, who: str) -> grpc.Channel:
        self.channels.append(open_channel(f"127.0.0.1:{self.port}", token=lambda: self.tokens[who]))
        return self.channels[-1]

    def tasks(self, who: str = "anne") -> scheduler_pb2_grpc.SchedulerServiceStub:
        return scheduler_pb2_grpc.SchedulerServiceStub(self.channel(who))

    def inbox(self, who: str = "anne") -> scheduler_pb2_grpc.InboxServiceStub:
        return scheduler_pb2_grpc.InboxServiceStub(self.channel(who))

    def create(self, task: scheduler_pb2.Task, **more: object) -> scheduler_pb2.Task:
        request = scheduler_pb2.CreateTaskRequest(task=task, **more)  # type: ignore[arg-type]  # the test's shorthand
        return self.tasks().CreateTask(request)


@pytest.fixture
def served(house: House, tokens: dict[str, str]) -> Iterator[Served]:
    runtime, wiring = house.runtime, house.wiring
    common = common_servicers(house.open_work, wiring, runtime.principals, runtime.texts)
    server = Server(runtime.settings, [*wiring.servicers, *common], runtime.principals, wiring.status, runtime.registry)
    server.start()
    served = Served(server.port, tokens, house)
    yield served
    for channel in served.channels:
        channel.close()
    server.drain_and_stop()


def task(title: str = "Nuit", **more: object) -> scheduler_pb2.Task:
    """A task that may be saved."""
    given = {"task_type": "team.report", "triggers": [cron("30 22 * * MON-SAT")]} | more
    return scheduler_pb2.Task(title=title, **given)  # type: ignore[arg-type]  # the test's shorthand


def cron(expression: str) -> scheduler_pb2.Trigger:
    return scheduler_pb2.Trigger(cron=scheduler_pb2.CronTrigger(expression=expression))


def struct(**values: object) -> Struct:
    made = Struct()
    made.update(values)  # type: ignore[arg-type]  # whatever JSON holds
    return made


def wrong_fields(error: grpc.RpcError) -> list[str]:
    """The fields that a refusal names."""
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT, error
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status_of(error).details)
    return [violation.field for violation in bad.field_violations]
