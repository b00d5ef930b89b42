"""The delivery service as its wiring makes it, on a real server."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import SecretStr

from backroom.delivery.v1 import delivery_pb2_grpc
from backroom.task.v1 import task_pb2_grpc
from chassis.auth import Principals, Role, new_token
from chassis.database import Database
from chassis.operations.worker import Worker
from chassis.process import common_servicers
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server
from chassis.secrets import KeyRing
from chassis.service import Runtime, Wiring
from chassis.work import UnitOfWork
from services.delivery.settings import DeliverySettings
from services.delivery.wiring import SERVICE, wire
from tests.certificates import Authority
from tests.conftest import SilentBell


@dataclass
class Served:
    """A running service and ways to call it."""

    port: int
    tokens: dict[str, str]
    runtime: Runtime[DeliverySettings]
    wiring: Wiring
    var: Path
    server: Server
    channels: list[grpc.Channel] = field(default_factory=list)

    def channel(self, role: str) -> grpc.Channel:
        self.channels.append(open_channel(f"127.0.0.1:{self.port}", token=lambda: self.tokens[role]))
        return self.channels[-1]

    def delivery(self, role: str = "operator") -> delivery_pb2_grpc.DeliveryServiceStub:
        return delivery_pb2_grpc.DeliveryServiceStub(self.channel(role))

    def tasks(self) -> task_pb2_grpc.TaskHandlerServiceStub:
        return task_pb2_grpc.TaskHandlerServiceStub(self.channel("service"))

    def work(self, *lanes: str) -> None:
        """Does what is queued, as a worker process would."""
        worker = Worker(
            self.runtime.database,
            self.runtime.bell,
            id=self.runtime.id,
            kinds=self.wiring.kinds,
            lanes=self.wiring.lanes,
            threads=1,
        )
        for lane in lanes or ("sending", "retrying"):
            worker.drain(lane)


@pytest.fixture
def served(make_database: Callable[[str | None], Database], tmp_path: Path) -> Iterator[Served]:
    with serving(make_database("services.delivery.storage.migrations"), tmp_path) as place:
        yield place


@contextmanager
def serving(database: Database, tmp_path: Path, **more: Any) -> Iterator[Served]:
    """The service, with settings of a test's own."""
    tokens, lines = {}, []
    for role in Role:
        token, digest = new_token()
        tokens[role.value] = token
        lines.append(
            f'[[principal]]\nname = "{role.value}"\nroles = ["{role.value}"]\n'
            f'token_hashes = ["{digest}"]\nlocale = "en"\n'
        )
    (tmp_path / "principals.toml").write_text("\n".join(lines))
    KeyRing.create(tmp_path / "keyring")
    settings = DeliverySettings(
        database_url=SecretStr(database.url),
        broker_url=SecretStr("redis://127.0.0.1:1/0"),
        var=tmp_path / "var",
        keyring=tmp_path / "keyring",
        principals=tmp_path / "principals.toml",
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
        **({"mail_address": "127.0.0.1:1"} | more),  # nobody's, where a test has no mail
    )
    runtime = Runtime(SERVICE, settings, "work", 8)
    bell = SilentBell()
    runtime.__dict__["bell"] = bell  # nobody listens: the tests work by hand
    wiring = wire(runtime)
    bell.kinds = {kind.name: kind for kind in wiring.kinds}
    principals = Principals(settings.principals)
    common = common_servicers(lambda: UnitOfWork(runtime.database, runtime.bell), wiring, principals, runtime.texts)
    server = Server(settings, [*wiring.servicers, *common], principals, wiring.status, runtime.registry)
    server.start()
    place = Served(server.port, tokens, runtime, wiring, settings.var, server)
    yield place
    for channel in place.channels:
        channel.close()
    server.drain_and_stop()
    runtime.close()


@pytest.fixture
def impatient(make_database: Callable[[str | None], Database], tmp_path: Path) -> Iterator[Served]:
    """The service, soon tired of waiting."""
    soon = timedelta(seconds=3)
    database = make_database("services.delivery.storage.migrations")
    with serving(database, tmp_path, greeting_timeout=soon, answer_timeout=soon) as place:
        yield place


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def mute() -> Iterator[Callable[[bytes], int]]:
    """Listens, says the given greeting, and nothing more."""
    listeners: list[socket.socket] = []

    def greet(listener: socket.socket, greeting: bytes) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            connections.append(connection)
            connection.sendall(greeting)

    connections: list[socket.socket] = []

    def listen(greeting: bytes) -> int:
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=greet, args=(listeners[-1], greeting), daemon=True).start()
        port: int = listeners[-1].getsockname()[1]
        return port

    yield listen
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
    for each in listeners + connections:
        each.close()
