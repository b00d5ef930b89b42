"""A process of a service: the commands serve, work, migrate and settings, and those of its own."""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import structlog
from google.longrunning import operations_pb2_grpc

from backroom.journal.v1 import journal_pb2_grpc
from backroom.task.v1 import task_pb2_grpc
from chassis import logs, metrics, telemetry
from chassis.auth import Principals, check_owner
from chassis.broker import BellHearer
from chassis.errors import BackroomError
from chassis.journal import servicer as journal
from chassis.migrations import check_migrated, migrate
from chassis.operations import Execution, Outcome, handler, longrunning
from chassis.operations.keeper import Keeper, Times
from chassis.operations.kinds import Kind
from chassis.operations.worker import Worker
from chassis.rpc.server import Server, Servicer
from chassis.service import Background, Runtime, S, Service, Wiring
from chassis.settings import ServiceSettings, load_or_exit, shown
from chassis.system.offering import with_system_tasks
from chassis.texts import Texts
from chassis.work import UnitOfWork

DEAD = 70  #: exit status of a worker whose work others have taken over; whoever started it starts it again

SPARE_CONNECTIONS = 2  #: of a worker, beside one per thread: the keeper's and one to look around

log = structlog.get_logger(__name__)


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
            service.prepare(runtime)
            return
        check_migrated(runtime.database, service.migrations)
        wiring = with_system_tasks(runtime, service.wire(runtime))
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
    keeper = Keeper(worker, runtime.database, runtime.bell, times_of(settings), die, wiring.purges)
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
