"""A process of a service: what wiring gets, what it gives back, and the commands serve, work, migrate and settings."""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar
from uuid import uuid4

import grpc
import structlog
from google.longrunning import operations_pb2_grpc
from prometheus_client import CollectorRegistry

from backroom.journal.v1 import journal_pb2_grpc
from backroom.task.v1 import task_pb2_grpc
from chassis import broker, logs, metrics, telemetry
from chassis.auth import Principals, check_owner
from chassis.broker import BellHearer, BrokerBell
from chassis.database import Database
from chassis.errors import BackroomError
from chassis.journal import servicer as journal
from chassis.migrations import check_migrated, migrate
from chassis.operations import Execution, Outcome, handler, longrunning
from chassis.operations.keeper import Keeper, Times
from chassis.operations.longrunning import LongRunning
from chassis.operations.model import Kind, Lane
from chassis.operations.worker import Worker
from chassis.rpc import call
from chassis.rpc.client import Channels
from chassis.rpc.server import Server, Servicer
from chassis.secrets import KeyRing
from chassis.settings import ServiceSettings, load_or_exit, shown
from chassis.staging import DeliveryStager, Stager
from chassis.tasks import TaskType
from chassis.texts import Texts
from chassis.work import UnitOfWork

DEAD = 70  #: exit status of a worker whose work others have taken over; whoever started it starts it again
S = TypeVar("S", bound=ServiceSettings)

SPARE_CONNECTIONS = 2  #: of a worker, beside one per thread: the keeper's and one to look around

log = structlog.get_logger(__name__)


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
        """The service's own catalogue."""
        return Texts.of(f"services.{self.service.name}")

    @cached_property
    def channels(self) -> Channels:
        """Ways to the other services."""
        return Channels(self.settings)

    @cached_property
    def stager(self) -> Stager:
        """Where handlers put the files they produce."""
        return DeliveryStager(self.channels.get(self.settings.delivery_address))

    def close(self) -> None:
        """Lets go of everything that was made."""
        if "channels" in self.__dict__:
            self.channels.close()
        self.database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[S]):
    """A service, as `python -m services.<name>` finds it."""

    name: str
    settings: type[S]
    migrations: str  #: import path of its Alembic revisions' package
    wire: Callable[[Runtime[S]], Wiring]
    commands: Mapping[str, Callable[[Runtime[S], threading.Event], None]] = field(
        default_factory=dict
    )  #: beyond serve and work


def main(service: Service[S]) -> None:
    """Runs one command of the service until it is done or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    parser.add_argument("command", choices=["serve", "work", "migrate", "settings", *service.commands])
    command = parser.parse_args().command
    settings = load_or_exit(service.settings)
    if command == "settings":
        sys.stdout.writelines(f"{name}={value}\n" for name, value in shown(settings).items())
        return
    logs.start(service.name, command, settings)
    telemetry.start(service.name, command, settings)
    try:
        run(service, settings, command)
    except BackroomError as refusal:
        log.error("cannot go on", reason=refusal.reason, why=str(refusal))
        raise SystemExit(1) from None
    finally:
        telemetry.stop()


def run(service: Service[S], settings: S, command: str) -> None:
    """Makes the runtime and gives it to the command."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    connections = settings.database_pool
    if command == "work":
        connections = settings.worker_threads + SPARE_CONNECTIONS + settings.database_pool
    runtime = Runtime(service, settings, command, connections)
    try:
        if command == "migrate":
            migrate(runtime.database, service.migrations)
            return
        check_migrated(runtime.database, service.migrations)
        wiring = service.wire(runtime)
        runtime.bell.kinds = {kind.name: kind for kind in wiring.kinds}
        gc.freeze()  # what a process is made of stays; the collector need not look at it again and again
        gc.set_threshold(20_000, 20, 50)
        match command:
            case "serve":
                serve(runtime, wiring, stop)
            case "work":
                work(runtime, wiring, stop)
            case _:
                service.commands[command](runtime, stop)
    finally:
        runtime.close()


def serve(runtime: Runtime[S], wiring: Wiring, stop: threading.Event) -> None:
    """Answers calls until told to stop, then drains."""
    common = common_servicers(
        lambda: UnitOfWork(runtime.database, runtime.bell), wiring, runtime.principals, runtime.texts
    )
    servicers = [*wiring.servicers, *common]
    server = Server(runtime.settings, servicers, runtime.principals, wiring.status, runtime.registry)
    watched = metrics.serve_http(runtime.settings.metrics_listen, lambda: True, runtime.registry)
    server.start()
    stop.wait()
    server.drain_and_stop()
    watched.stop()


def common_servicers(
    open_work: Callable[[], UnitOfWork], wiring: Wiring, principals: Principals, texts: Texts | None
) -> list[Servicer]:
    """What every service answers: task handling, operations and its journal."""
    return [
        Servicer(
            "backroom.task.v1.TaskHandlerService",
            task_pb2_grpc.add_TaskHandlerServiceServicer_to_server,
            handler.TaskHandler(open_work, wiring.task_types, principals, texts),
            handler.ROLES,
        ),
        Servicer(
            "google.longrunning.Operations",
            operations_pb2_grpc.add_OperationsServicer_to_server,
            longrunning.Operations(open_work, wiring.longrunning),
            longrunning.ROLES,
        ),
        Servicer(
            "backroom.journal.v1.JournalService",
            journal_pb2_grpc.add_JournalServiceServicer_to_server,
            journal.Journal(open_work),
            journal.ROLES,
        ),
    ]


def work(runtime: Runtime[S], wiring: Wiring, stop: threading.Event) -> None:
    """Does operations until told to stop, then gives back what is in hand."""
    settings = runtime.settings
    worker = Worker(
        runtime.database,
        runtime.bell,
        id=runtime.id,
        kinds=[with_owner_s_rights(kind, runtime.principals) for kind in wiring.kinds],
        lanes=wiring.lanes,
        threads=settings.worker_threads,
    )
    keeper = Keeper(worker, runtime.database, runtime.bell, times_of(settings), die)
    watched = metrics.serve_http(settings.metrics_listen, keeper.live, runtime.registry)
    hearer = BellHearer(runtime.bell.broker, runtime.bell.queue, worker.drain, settings.worker_threads)
    loops = [
        threading.Thread(target=keep_running, args=(one, stop), name=one.name, daemon=True) for one in wiring.background
    ]
    keeper.start()
    hearer.start()
    for loop in loops:
        loop.start()
    log.info("working", kinds=sorted(worker.kinds), threads=settings.worker_threads)
    stop.wait()
    log.info("draining")
    worker.leave()
    hearer.stop(settings.drain_seconds)
    for loop in loops:
        loop.join(settings.drain_seconds)
    keeper.stop()
    watched.stop()
    log.info("stopped")


def with_owner_s_rights(kind: Kind, principals: Principals) -> Kind:
    """The kind, refused where a task's owner has lost the right to what the task does since it was accepted."""

    def run(execution: Execution) -> Outcome | None:
        if execution.context is not None:
            check_owner(principals, execution.context.owner)
        return kind.run(execution)

    return replace(kind, run=run)


def times_of(settings: ServiceSettings) -> Times:
    """How patient the keeper is, as the settings say."""
    return Times(
        lease=settings.lease,
        heartbeat=settings.heartbeat,
        relay=settings.relay,
        operations_kept=settings.operations_kept,
        repeats_kept=settings.repeats_kept,
        journal_kept=settings.journal_kept,
    )


def keep_running(background: Background, stop: threading.Event) -> None:
    """Runs a loop, and again after a fault; the fault is logged."""
    while not stop.is_set():
        try:
            background.run(stop)
        except Exception:
            log.exception("background loop broke; it starts again", loop=background.name)
            stop.wait(1.0)


def die(why: str) -> None:
    """Ends the process at once: whatever its threads still do must not count."""
    log.critical("leaving at once", why=why)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(DEAD)
