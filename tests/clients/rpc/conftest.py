"""The clients service as its wiring makes it, on a real server."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import grpc
import pytest

from backroom.clients.v1 import clients_pb2_grpc
from backroom.task.v1 import task_pb2_grpc
from chassis.auth import Principals
from chassis.operations.worker import Worker
from chassis.process import common_servicers
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server
from chassis.service import Runtime, Wiring
from services.clients.settings import ClientsSettings
from services.clients.wiring import SERVICE, wire
from tests.clients.conftest import Keep


@dataclass
class Served:
    """A running service and ways to call it."""

    port: int
    tokens: dict[str, str]
    runtime: Runtime[ClientsSettings]
    wiring: Wiring
    channels: list[grpc.Channel] = field(default_factory=list)

    def channel(self, role: str) -> grpc.Channel:
        self.channels.append(open_channel(f"127.0.0.1:{self.port}", token=lambda: self.tokens[role]))
        return self.channels[-1]

    def clients(self, role: str = "operator") -> clients_pb2_grpc.ClientsServiceStub:
        return clients_pb2_grpc.ClientsServiceStub(self.channel(role))

    def tasks(self) -> task_pb2_grpc.TaskHandlerServiceStub:
        return task_pb2_grpc.TaskHandlerServiceStub(self.channel("service"))

    def work(self) -> None:
        """Does what is queued, as a worker process would."""
        Worker(
            self.runtime.database,
            self.runtime.bell,
            id=self.runtime.id,
            kinds=self.wiring.kinds,
            lanes=self.wiring.lanes,
            threads=1,
        ).drain("default")


@pytest.fixture
def served(settings: ClientsSettings, principals: Principals, tokens: dict[str, str], keep: Keep) -> Iterator[Served]:
    runtime = Runtime(SERVICE, settings, "serve", 5)
    runtime.__dict__["bell"] = keep.bell  # nobody listens: the tests work by hand
    runtime.__dict__["principals"] = principals
    wiring = wire(runtime)
    servicers = [*wiring.servicers, *common_servicers(keep.open_work, wiring, principals, runtime.texts)]
    server = Server(settings, servicers, principals, wiring.status, runtime.registry)
    server.start()
    served = Served(server.port, tokens, runtime, wiring)
    yield served
    for channel in served.channels:
        channel.close()
    server.drain_and_stop()
    runtime.close()
