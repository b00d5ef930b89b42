"""What a service is: what its wiring gets (Runtime) and gives back (Wiring), and how a process finds both (Service)."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar
from uuid import uuid4

import grpc
from prometheus_client import CollectorRegistry

from chassis import broker, metrics
from chassis.auth import Principals
from chassis.broker import BrokerBell
from chassis.database import Database
from chassis.errors import BackroomError
from chassis.operations.kinds import Kind
from chassis.operations.longrunning import LongRunning
from chassis.operations.model import Lane
from chassis.operations.purging import Purge
from chassis.rpc import call
from chassis.rpc.client import Channels
from chassis.rpc.servicer import Servicer
from chassis.secrets import KeyRing
from chassis.settings import ServiceSettings
from chassis.staging import DeliveryStager
from chassis.tasks import TaskType
from chassis.texts import Texts

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A loop of the worker process that is no operation. `run` returns once the event is set."""

    name: str
    run: Callable[[threading.Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What a service is made of, as its wiring put it together."""

    servicers: Sequence[Servicer]
    kinds: Sequence[Kind] = ()
    lanes: Sequence[Lane] = ()
    task_types: Sequence[TaskType] = ()
    status: Mapping[type[BackroomError], grpc.StatusCode] = field(default_factory=dict)
    longrunning: Mapping[str, LongRunning] = field(default_factory=dict)  #: by kind
    background: Sequence[Background] = ()
    purges: Sequence[Purge] = ()  #: what the service forgets, beside what every service does


class Runtime(Generic[S]):
    """What chassis hands to a service's wiring: everything is made on first use."""

    def __init__(self, service: "Service[S]", settings: S, process: str, connections: int) -> None:
        self.service = service
        self.settings = settings
        self.process = process
        self.id = uuid4()  #: of this process
        self.database = Database(
            settings.database_url.get_secret_value(),
            application_name=f"backroom-{service.name}-{process}-{self.id.hex}"[:63],
            pool_size=connections,
            statement_timeout=settings.stream_timeout if process == "serve" else None,
            time_left=call.time_left,
        )

    @cached_property
    def bell(self) -> BrokerBell:
        """Rings this service's workers."""
        connection = broker.connect(self.settings.broker_url.get_secret_value())
        return BrokerBell(connection, self.service.name, self.settings.worker_threads)

    @cached_property
    def registry(self) -> CollectorRegistry:
        """What this process measures."""
        return metrics.new_registry(self.service.name, self.process)

    @cached_property
    def principals(self) -> Principals:
        """Everyone who may call."""
        return Principals(self.settings.principals)

    @cached_property
    def keyring(self) -> KeyRing:
        """Encrypts secrets at rest."""
        return KeyRing.load(self.settings.keyring)

    @cached_property
    def texts(self) -> Texts:
        """The service's own catalogue, and that of what chassis does in every service."""
        return Texts.of(f"services.{self.service.name}").beside(Texts.of("chassis.system"))

    @cached_property
    def channels(self) -> Channels:
        """Ways to the other services."""
        return Channels(self.settings)

    @cached_property
    def stager(self) -> DeliveryStager:
        """Where handlers put the files they produce."""
        return DeliveryStager(self.channels.get(self.settings.delivery_address))

    def close(self) -> None:
        """Lets go of everything that was made."""
        if "channels" in self.__dict__:
            self.channels.close()
        if "bell" in self.__dict__:
            self.bell.close()
        self.database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[S]):
    """A service, as `python -m services.<name>` finds it."""

    name: str
    settings: type[S]
    migrations: str  #: import path of its Alembic revisions' package
    wire: Callable[[Runtime[S]], Wiring]
    prepare: Callable[[Runtime[S]], None] = lambda runtime: None  #: after the migrations: rows that must be there
    commands: Mapping[str, Callable[[Runtime[S], threading.Event], None]] = field(
        default_factory=dict
    )  #: beyond serve and work
