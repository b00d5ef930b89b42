"""The stack: everything that `backroom up` runs, started in order, watched, ended in order."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from chassis.embedded.server import HOST, free_port
from chassis.errors import UnknownResource
from console.connection import Connection
from console.stack.child import Standing, SupervisedProcess
from console.stack.environment import PROCESSES, ProcessName, environment_of
from console.stack.errors import ProcessFailed
from console.stack.home import PERSON, StackHome
from console.stack.nursery import Nursery, Order, Running, start_alone
from console.stack.ports import SERVICES, Ports
from console.stack.readiness import lives, look
from console.stack.servers import Servers

LOOK = 0.05  #: seconds between two looks whether a process is ready
PATIENCE = 120.0  #: seconds that everything gets to become ready
LOG_LINES, LOG_WIDTH = 8, 500  #: of a log's end that an error shows


def _silent(_: str) -> None:
    """Nobody wants to know."""


class Stack:
    """PostgreSQL, Valkey, and eleven processes of five services, in one folder.

    `settings` are variables for one service's processes, by service; `fast` gives up durability, for tests.
    Every method may be called from any thread between `start` and `stop`.
    """

    def __init__(
        self,
        var: Path,
        *,
        ports: Ports | None = None,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        fast: bool = False,
        notice: Callable[[str], None] = _silent,
    ) -> None:
        self.home = StackHome(var)
        self.ports = ports or Ports.embedded()
        self._settings = settings or {}
        self._notice = notice
        self._servers = Servers(self.home, fast=fast, notice=notice, moved=self._restart_all)
        self._nursery: Nursery | None = None
        self._processes: dict[str, SupervisedProcess] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Starts everything and returns once every process is ready; where one fails, nothing is left running."""
        try:
            self.home.open()
            self.ports.check_free()
            if sys.platform == "linux":
                modules = [f"services.{service}.wiring" for service in SERVICES]
                self._nursery = Nursery(modules, self.home.fresh_log("nursery"))
                self._nursery.begin()
            self._servers.start()
            with ThreadPoolExecutor(len(SERVICES)) as pool:
                for done in [pool.submit(self._start_service, service) for service in SERVICES]:
                    done.result()
            self._wait_until_ready(PROCESSES, PATIENCE, first_starts=True)
            self.home.note_addresses({service: self.ports.address(service) for service in SERVICES})
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the planner, the workers, the servers, the broker and the database, in this order; all are reaped."""
        self._stopping.set()
        for command in ("plan", "work", "serve"):
            ending = [process for name, process in list(self._processes.items()) if name.split("-")[1] == command]
            for process in ending:
                process.ask_to_stop()
            for process in ending:
                process.finish()
        if self._nursery is not None:
            self._nursery.close()
        self._servers.stop()
        self.home.close()

    def remove(self) -> None:
        """Stops and deletes the databases, with whatever of them lies outside of the folder. For tests."""
        self.stop()
        self._servers.remove()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def connect(self, principal: str = PERSON) -> Connection:
        """Stubs of every service, for the person or another principal whose token lies here. Close it."""
        addresses = {service: self.ports.address(service) for service in SERVICES}
        return Connection(addresses, self.home.token(principal))

    def environment(self, service: str, command: str) -> dict[str, str]:
        """What a process of the stack is told."""
        return environment_of(
            ProcessName(service=service, command=command),
            home=self.home,
            ports=self.ports,
            database_url=self._servers.database_url(service),
            broker_url=self._servers.broker_url,
            settings=self._settings.get(service, {}),
        )

    def database_url(self, service: str) -> str:
        """The address of a service's own database; it holds the password."""
        return self._servers.database_url(service)

    def processes(self) -> list[Standing]:
        """How every process stands, PostgreSQL and Valkey among them."""
        return [*self._servers.standings(), *(process.standing() for process in self._processes.values())]

    def add(self, service: str, command: str) -> str:
        """Starts one more worker or planner and answers its name, `sales-work-2`, once it is ready."""
        if command not in ("work", "plan"):
            raise ValueError(f"a second {command} of {service} would need ports of its own")
        number = 2 + sum(name.startswith(f"{service}-{command}-") for name in self._processes)
        label, metrics = f"{service}-{command}-{number}", f"{HOST}:{free_port()}"
        name = ProcessName(service=service, command=command)
        self._start_process(name, label, {"BACKROOM_METRICS_LISTEN": metrics})
        end = time.monotonic() + PATIENCE
        while not lives(metrics):
            if time.monotonic() > end:
                raise self._failed(label, f"was not ready within {PATIENCE:.0f} s")
            time.sleep(LOOK)
        return label

    def kill(self, name: str) -> None:
        """Ends a process, `sales-work` or `postgres`, as a crash would. It is started again by itself."""
        server = self._servers.named(name)
        if server is not None:
            server.kill()
        elif name == "nursery" and self._nursery is not None:
            self._nursery.kill()
        else:
            self._process(name).kill()

    def pause(self, name: str) -> None:
        """Freezes a process (SIGSTOP)."""
        self._process(name).send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Lets a frozen process go on (SIGCONT)."""
        self._process(name).send(signal.SIGCONT)

    def wait_until_ready(self, *names: str, patience: float = PATIENCE) -> None:
        """Returns once both servers and these processes (all, where none is named) are ready again after a kill."""
        self._servers.wait_until_ready()
        self._wait_until_ready([each for each in PROCESSES if not names or str(each) in names], patience)

    def _process(self, name: str) -> SupervisedProcess:
        try:
            return self._processes[name]
        except KeyError:
            raise UnknownResource(f"process {name}") from None

    def _start_service(self, service: str) -> None:
        self._migrate(service)
        for name in PROCESSES:
            if name.service == service and not self._stopping.is_set():
                self._start_process(name)

    def _start_process(
        self, name: ProcessName, label: str = "", settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        label = label or str(name)
        process = SupervisedProcess(label, lambda: self._begin(name, label, settings), self._notice)
        self._processes[label] = process
        process.start()

    def _migrate(self, service: str) -> None:
        name = ProcessName(service=service, command="migrate")
        status = self._begin(name, str(name), {}).wait()
        if status != 0:
            raise self._failed(str(name), f"ended with status {status}")

    def _begin(self, name: ProcessName, label: str, settings: Mapping[str, str]) -> Running:
        order = Order(
            name=label,
            module=name.module,
            arguments=[name.command],
            environment={**self.environment(name.service, name.command), **settings},
            log=self.home.fresh_log(label),
        )
        return start_alone(order) if self._nursery is None else self._nursery.start(order)

    def _wait_until_ready(self, names: Iterable[ProcessName], patience: float, *, first_starts: bool = False) -> None:
        """`first_starts`: a process that ends is no victim but does not work here, and waiting would not help."""
        waiting = {str(name): self._look_at(name) for name in names}
        end = time.monotonic() + patience
        while waiting:
            for name in [name for name, is_ready in waiting.items() if is_ready()]:
                del waiting[name]
            for name in waiting:
                standing = self._process(name).standing()
                if first_starts and standing.last_status is not None:
                    raise self._failed(name, f"ended with status {standing.last_status}")
            if waiting and time.monotonic() > end:
                raise self._failed(next(iter(waiting)), f"was not ready within {patience:.0f} s")
            time.sleep(LOOK)

    def _look_at(self, name: ProcessName) -> Callable[[], bool]:
        return look(
            name.command,
            self.ports.health_address(name.service),
            self.ports.metrics_address(name.service, name.command),
        )

    def _failed(self, name: str, what: str) -> ProcessFailed:
        log = self.home.log(name)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return ProcessFailed(name, what, log, "\n".join(line[:LOG_WIDTH] for line in lines[-LOG_LINES:]))

    def _restart_all(self) -> None:
        """Processes were told an address that is no longer true: each ends in order and comes back with the new one."""
        for process in self._processes.values():
            process.send(signal.SIGTERM)
