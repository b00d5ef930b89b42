"""The life that embedded servers share: make what is missing, start, answer, stop in order, start again after
any crash.
"""

import os
import random
import signal
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from chassis.embedded.account import Account, server_account
from chassis.embedded.child import Child
from chassis.embedded.errors import PortTaken, ServerFailed
from chassis.embedded.home import Home
from chassis.embedded.leftover import end_leftover, end_orphans
from chassis.embedded.programs import Programs

HOST = "127.0.0.1"
LASTING_PORTS = (10_000, 30_000)  #: below the ephemeral ones
PAUSE = 0.01  #: seconds between two looks whether a server answers
PATIENCE = 120.0  #: seconds a start may take: recovery after a crash is part of it
TAKEN = "Address already in use"  #: how both servers' logs put it (LC_ALL=C)
FREE_PORT_ATTEMPTS = 5  #: between choosing a free port and listening, another process may take it


class EmbeddedServer(ABC):
    """One server of one folder. Every method may be called from any thread, and again."""

    program: ClassVar[str]  #: the executable, as the wheel names it
    pid_file: ClassVar[str]  #: the server's own note, in its data folder
    #: what ends it, each with the seconds it is given; the first is also sent by the system when our process
    #: dies
    endings: ClassVar[Sequence[tuple[signal.Signals, float]]]

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self._wanted_port = port
        self._port: int | None = None
        self._home: Home | None = None
        self._child: Child | None = None
        self._turn = threading.RLock()

    def start(self) -> None:
        """Start unless running, and return once it answers; a leftover of a killed process is ended first."""
        with self._turn:
            if self.is_running():
                return
            try:
                account = server_account()
                home = self._settle(account)
                if self._wanted_port is not None and not is_free(self._wanted_port):
                    raise PortTaken(self._wanted_port, self.program)  # said before anything is made
                self._prepare(home, account)
                self._start_on_a_port(home, account)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """End the server in order, or by force after a bound, and let the folder go."""
        with self._turn:
            for number, patience in self.endings:
                if self._child is None or self._child.has_ended():
                    break
                self._child.send(number)
                self._child.wait(patience)
            self._child = None
            if self._home is not None:
                self._home.close()
                self._home = None

    def kill(self) -> None:
        """End the server as a crash would. The next start recovers."""
        with self._turn:
            if self._child is not None:
                self._child.send(signal.SIGKILL)
                self._child.wait(PATIENCE)

    def remove(self) -> None:
        """End the server and delete its folder, with whatever of it lies elsewhere. For tests."""
        with self._turn:
            self.stop()
            home = self._settle(server_account())
            self._home = None
            home.remove()

    def is_running(self) -> bool:
        """Whether our child lives."""
        return self._child is not None and not self._child.has_ended()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; the same over restarts of this object unless somebody took it meanwhile."""
        if self._port is None:
            raise RuntimeError(f"{self.program} has no port before it has started")
        return self._port

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        if self._child is None:
            raise RuntimeError(f"{self.program} is not running")
        return self._child.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @abstractmethod
    def _programs(self) -> Programs:
        """Where its executables are."""

    @abstractmethod
    def _prepare(self, home: Home, account: Account) -> None:
        """Make the data folder unless it is there."""

    @abstractmethod
    def _command(self, home: Home, port: int) -> tuple[list[str], str]:
        """The command line, naming the data folder as one word, and what it reads from standard input."""

    @abstractmethod
    def _answers(self, home: Home, child: Child, port: int) -> bool:
        """Whether this very child serves now."""

    def _settle(self, account: Account) -> Home:
        """The home, ours, with nobody at work in it."""
        if self._home is None:
            self._home = Home(self.folder, account, self._programs())
        data = self._home.data
        end_leftover(data / self.pid_file, data, self.endings)
        end_orphans(data, self.program)
        return self._home

    def _start_on_a_port(self, home: Home, account: Account) -> None:
        if self._wanted_port is not None:
            self._start_on(self._wanted_port, home, account)
            return
        for attempt in range(1, FREE_PORT_ATTEMPTS + 1):
            try:
                self._start_on(self._port or free_port(), home, account)
                return
            except PortTaken:
                self._port = None
                if attempt == FREE_PORT_ATTEMPTS:
                    raise

    def _start_on(self, port: int, home: Home, account: Account) -> None:
        if not is_free(port):
            raise PortTaken(port, self.program)
        command, text = self._command(home, port)
        log = home.open_log()
        try:
            start_of_log = os.fstat(log).st_size
            child = Child(command, account, output=log, text=text, at_death=self.endings[0][0])
        finally:
            os.close(log)
        self._child, self._port = child, port
        end = time.monotonic() + PATIENCE
        while not self._answers(home, child, port):
            if child.wait(PAUSE):
                said = home.end_of_log(start_of_log)
                raise (PortTaken(port, self.program) if TAKEN in said else self._failed(home, "ended at once", said))
            if time.monotonic() > end:
                said = home.end_of_log(start_of_log)
                raise self._failed(home, f"did not answer within {PATIENCE:.0f} s", said)

    def _failed(self, home: Home, what: str, said: str) -> ServerFailed:
        return ServerFailed(self.program, what, home.log, said)


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> tuple[int, ...]:
    """Several of them. No outgoing connection is given one in the seconds until a server listens, or while it is down:
    they lie below those that the system hands out by itself.
    """
    found: list[int] = []
    with ExitStack() as held:  # all at once, so that none is found twice
        while len(found) < count:
            port = random.randrange(*LASTING_PORTS)  # noqa: S311 - no secret, a place to try
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found.append(port)
    return tuple(found)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the servers do: connections that ended don't count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
