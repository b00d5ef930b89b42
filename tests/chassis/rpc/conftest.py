"""A door: a real server on loopback whose four methods, one of each shape, do what the test tells them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from chassis.auth import Principals, Role, hash_token, new_token
from chassis.database import Database
from chassis.errors import BackroomError
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server, Servicer
from chassis.settings import ServiceSettings
from tests.certificates import self_signed
from tests.chassis.rpc.shop import Shop, opened

NAME = "backroom.door.v1.DoorService"
ROLES = {"Say": Role.VIEWER, "Count": Role.VIEWER, "Collect": Role.OPERATOR, "Echo": Role.SERVICE}
READ = StringValue.FromString
WRITE = StringValue.SerializeToString


class Refusal(BackroomError):
    """A service's own error."""


@dataclass
class Door:
    """What answers; a test replaces `act`."""

    act: Callable[[str], str] = field(default=lambda text: text)
    behaviour: Callable[[StringValue, grpc.ServicerContext], StringValue] | None = None  #: all of Say
    conversation: Callable[[Iterator[StringValue]], Iterator[StringValue]] | None = None  #: all of Echo

    def say(self, request: StringValue, context: grpc.ServicerContext) -> StringValue:
        if self.behaviour is not None:
            return self.behaviour(request, context)
        return StringValue(value=self.act(request.value))

    def count(self, request: StringValue, context: grpc.ServicerContext) -> Iterator[StringValue]:
        for number in range(int(request.value)):
            yield StringValue(value=self.act(str(number)))

    def collect(self, requests: Iterator[StringValue], context: grpc.ServicerContext) -> StringValue:
        return StringValue(value=",".join(self.act(each.value) for each in requests))

    def echo(self, requests: Iterator[StringValue], context: grpc.ServicerContext) -> Iterator[StringValue]:
        if self.conversation is not None:
            yield from self.conversation(requests)
            return
        for each in requests:
            yield StringValue(value=self.act(each.value))


def add_door(door: Door, server: grpc.Server) -> None:
    """As generated code would."""
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Say": grpc.unary_unary_rpc_method_handler(door.say, READ, WRITE),
        "Count": grpc.unary_stream_rpc_method_handler(door.count, READ, WRITE),
        "Collect": grpc.stream_unary_rpc_method_handler(door.collect, READ, WRITE),
        "Echo": grpc.stream_stream_rpc_method_handler(door.echo, READ, WRITE),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))
    server.add_registered_method_handlers(NAME, handlers)


class Caller:
    """The four methods from outside."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self._say = channel.unary_unary(f"/{NAME}/Say", WRITE, READ)
        self._count = channel.unary_stream(f"/{NAME}/Count", WRITE, READ)
        self._collect = channel.stream_unary(f"/{NAME}/Collect", WRITE, READ)
        self._echo = channel.stream_stream(f"/{NAME}/Echo", WRITE, READ)

    def say(self, text: str, *, timeout: float = 10, metadata: tuple[tuple[str, str], ...] = ()) -> str:
        return self._say(StringValue(value=text), timeout=timeout, metadata=metadata).value

    def count(self, upto: int) -> Iterator[str]:
        for each in self._count(StringValue(value=str(upto)), timeout=10):
            yield each.value

    def collect(self, *texts: str) -> str:
        return self._collect(iter([StringValue(value=text) for text in texts]), timeout=10).value

    def echo(self, *texts: str) -> list[str]:
        answers = self._echo(iter([StringValue(value=text) for text in texts]), timeout=10)
        return [each.value for each in answers]


@dataclass
class Place:
    """A started server and ways to call it."""

    door: Door
    server: Server
    registry: CollectorRegistry
    tokens: dict[str, str]
    settings: ServiceSettings
    channels: list[grpc.Channel] = field(default_factory=list)

    def caller(self, role: str = "viewer", token: str | None = None) -> Caller:
        known = self.tokens[role] if token is None else token
        self.channels.append(open_channel(f"127.0.0.1:{self.server.port}", token=lambda: known))
        return Caller(self.channels[-1])

    def plain(self) -> grpc.Channel:
        """A channel without retries and tokens."""
        self.channels.append(
            grpc.insecure_channel(f"127.0.0.1:{self.server.port}", options=[("grpc.enable_retries", 0)])
        )
        return self.channels[-1]

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def tokens() -> dict[str, str]:
    return {role.value: new_token()[0] for role in Role}


@pytest.fixture
def principals(tokens: dict[str, str], tmp_path: Path) -> Principals:
    path = tmp_path / "principals.toml"
    path.write_text(
        "".join(
            f'[[principal]]\nname = "{role}"\ntoken_hashes = ["{hash_token(token)}"]\nroles = ["{role}"]\n'
            for role, token in tokens.items()
        )
    )
    return Principals(path, look_again=0.0)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., ServiceSettings]:
    def make(**more: object) -> ServiceSettings:
        return ServiceSettings.model_validate(
            {
                "database_url": SecretStr("postgresql://nowhere/none"),
                "broker_url": SecretStr("redis://nowhere"),
                "listen": "127.0.0.1:0",
                "health_listen": "127.0.0.1:0",
                "drain_notice": "50ms",
                "drain_seconds": 5,
                "var": tmp_path,
                **more,
            }
        )

    return make


@pytest.fixture
def open_door(
    settings: Callable[..., ServiceSettings], principals: Principals, tokens: dict[str, str]
) -> Iterator[Callable[..., Place]]:
    opened: list[Place] = []

    def make(unhurried: frozenset[str] = frozenset(), **more: object) -> Place:
        door, registry, told = Door(), CollectorRegistry(), settings(**more)
        server = Server(
            told,
            [Servicer(NAME, add_door, door, ROLES, unhurried)],
            principals,
            {Refusal: grpc.StatusCode.OUT_OF_RANGE},
            registry,
        )
        server.start()
        opened.append(Place(door, server, registry, tokens, told))
        return opened[-1]

    yield make
    for place in opened:
        for channel in place.channels:
            channel.close()
        place.server.drain_and_stop()


@pytest.fixture
def place(open_door: Callable[..., Place]) -> Place:
    return open_door()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds calls until set; set at the end whatever happens, so that no server waits for them."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def shop(
    make_database: Callable[[str | None], Database],
    settings: Callable[..., ServiceSettings],
    principals: Principals,
    tokens: dict[str, str],
) -> Iterator[Shop]:
    """A small service with its database."""
    with opened(make_database(None), settings(), principals, tokens) as shop:
        yield shop


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that is its own authority, and its key."""
    return self_signed(tmp_path)
