"""Our end of the nursery: the process that the stack's processes are forked from, so that a dozen of them start in the
time of one. Where forking is not safe (any system but Linux), each is started by itself.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from chassis.embedded.account import Account
from chassis.embedded.child import launched
from chassis.errors import BackroomError

GONE = -int(signal.SIGKILL)  #: status of processes whose nursery died: they died with it
PYTHON = (sys.executable, "-P", "-W", "default")  #: -P: the folder it runs in is no place to import from


class Running(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number."""

    def wait(self) -> int:
        """Its exit status, once it has ended and was reaped; negative for a signal."""

    def poll(self) -> int | None:
        """The same, or None while it runs."""

    def send_signal(self, number: int, /) -> None:
        """Signals it, unless it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A process to start: a Python module with arguments, its environment, the file for its output."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: Path


def start_alone(order: Order) -> Running:
    """Starts it as a process of its own; the calling thread must stay until it has ended."""
    handle = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            launched((*PYTHON, "-m", order.module, *order.arguments), _ourselves(), at_death=signal.SIGKILL),
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            cwd="/",
            env=dict(order.environment),
            start_new_session=True,  # the terminal's Ctrl-C reaches us, and we end it in order
        )
    finally:
        os.close(handle)


class NurseryDied(BackroomError):
    """The process that all others are forked from is gone."""

    def __init__(self, log: Path) -> None:
        super().__init__(f"the process that all others are forked from died; its log is {log}")


class Nursling:
    """A process that the nursery started."""

    def __init__(self, pid: int, send: Callable[[int, int], None]) -> None:
        self._pid = pid
        self._send = send
        self._ended = threading.Event()
        self._status: int | None = None

    @property
    def pid(self) -> int:
        return self._pid

    def wait(self) -> int:
        self._ended.wait()
        return GONE if self._status is None else self._status

    def poll(self) -> int | None:
        return self._status if self._ended.is_set() else None

    def send_signal(self, number: int, /) -> None:
        if not self._ended.is_set():
            self._send(self._pid, number)

    def end(self, status: int) -> None:
        """It was reaped."""
        self._status = status
        self._ended.set()


class Nursery:
    """Forks processes on order. A nursery that died, and all its children with it, is replaced at the next order."""

    def __init__(self, modules: Sequence[str], log: Path) -> None:
        self._modules, self._log = modules, log
        self._turn = threading.Lock()
        self._numbers = count(1)
        self._answers: dict[int, SimpleQueue[Nursling | bool | None]] = {}
        self._nurslings: dict[int, Nursling] = {}
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None

    def begin(self) -> None:
        """Starts it, so that it imports while others are busy with something else."""
        with self._turn:
            self._open()

    def start(self, order: Order) -> Running:
        """Starts a process. Raises `NurseryDied` where it just did; a repeat finds a new one."""
        fields = {
            "name": order.name,
            "module": order.module,
            "arguments": list(order.arguments),
            "environment": dict(order.environment),
            "log": str(order.log),
        }
        answer = self._ask({"do": "start", "start": fields})
        if not isinstance(answer, Nursling):
            raise NurseryDied(self._log)
        return answer

    def kill(self) -> None:
        """Ends it, and every process of it, as the system does where memory runs out."""
        with self._turn:
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Ends it; processes that still run die with it."""
        with self._turn:
            channel, keeper = self._channel, self._keeper
            if channel is not None:
                channel.shutdown(socket.SHUT_WR)
        if keeper is not None:
            keeper.join()

    def _send(self, pid: int, number: int) -> None:
        self._ask({"do": "signal", "pid": pid, "number": int(number)})

    def _ask(self, order: dict[str, object]) -> Nursling | bool | None:
        """The nursery's answer; None where it died meanwhile."""
        answer: SimpleQueue[Nursling | bool | None] = SimpleQueue()
        with self._turn:
            channel = self._open()
            number = next(self._numbers)
            self._answers[number] = answer
            try:
                channel.sendall(json.dumps({"id": number, **order}).encode() + b"\n")
            except OSError:  # it died: whoever reads the channel answers for it
                self._answers.pop(number, None)
                return None
        return answer.get()

    def _open(self) -> socket.socket:
        if self._channel is None:
            ours, theirs = socket.socketpair()
            self._channel = ours
            self._keeper = threading.Thread(target=self._keep, args=(ours, theirs), name="nursery", daemon=True)
            self._keeper.start()
        return self._channel

    def _keep(self, channel: socket.socket, theirs: socket.socket) -> None:
        """Stays as long as the nursery: the system ends it when the thread that started it ends."""
        process: subprocess.Popen[bytes] | None = None
        try:
            process = self._process = self._launch(theirs)
            theirs.close()
            with channel.makefile("rb") as lines:
                for line in lines:
                    self._hear(json.loads(line))
        except OSError:
            theirs.close()  # it could not be started, or died in mid-sentence; said below to all who wait
        finally:
            with self._turn:
                self._channel = None
                waiting, self._answers = list(self._answers.values()), {}
                orphans, self._nurslings = list(self._nurslings.values()), {}
            channel.close()
            if process is not None:
                process.wait()
            for nursling in orphans:
                nursling.end(GONE)
            for answer in waiting:
                answer.put(None)

    def _launch(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        command = (*PYTHON, "-m", "console.stack.nursery_process", *self._modules)
        try:
            return subprocess.Popen(
                launched(command, _ourselves(), at_death=signal.SIGKILL),
                stdin=theirs.fileno(),
                stdout=handle,
                stderr=handle,
                cwd="/",
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        finally:
            os.close(handle)

    def _hear(self, said: dict[str, int]) -> None:
        if "ended" in said:
            with self._turn:
                nursling = self._nurslings.pop(said["ended"])
            nursling.end(said["status"])
            return
        with self._turn:
            answer = self._answers.pop(said["id"])
            if "pid" not in said:
                answer.put(bool(said["sent"]))
                return
            started = Nursling(said["pid"], self._send)
            self._nurslings[said["pid"]] = started
        answer.put(started)


def _ourselves() -> Account:
    return Account(uid=os.geteuid(), gid=os.getegid(), name=str(os.geteuid()), other=False)
