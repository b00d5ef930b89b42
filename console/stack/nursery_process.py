"""Run as a module: imports what all processes of the stack need, once, and forks each process from there.

`python -m console.stack.nursery_process MODULE…`, with a socket as standard input: JSON lines in (start, signal),
JSON lines out (the answer to each, and who ended how). It has one thread, opens no connection and keeps no file open,
so that a fork of it is as good as new. It ends when the socket does.
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from select import select

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # <linux/prctl.h>


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a forked process becomes."""

    name: str
    module: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path


class Nursery:
    """Starts, signals and reaps, until its socket ends."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._pid = os.getpid()
        self._children: set[int] = set()
        self._heard = b""
        self._wake_up, self._woken = socket.socketpair()
        for end in (self._wake_up, self._woken):
            end.setblocking(False)
        signal.set_wakeup_fd(self._woken.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def tend(self) -> Start | None:
        """Returns in every child, with what it is to become; in the nursery itself None, at the end."""
        while True:
            readable, _, _ = select([self._channel, self._wake_up], [], [])
            if self._wake_up in readable:
                self._wake_up.recv(4096)
                self._reap()
            if self._channel in readable:
                heard = self._channel.recv(1 << 16)
                if not heard:
                    return None
                *lines, self._heard = (self._heard + heard).split(b"\n")
                for line in lines:
                    start = self._obey(json.loads(line))
                    if start is not None:
                        return start

    def close(self) -> None:
        """Lets go of its sockets; in a child the nursery's own stay open."""
        for each in (self._channel, self._wake_up, self._woken):
            each.close()

    def _obey(self, order: dict[str, object]) -> Start | None:
        if order["do"] == "signal":
            pid, number = order["pid"], order["number"]
            sent = pid in self._children
            if sent and isinstance(pid, int) and isinstance(number, int):
                os.kill(pid, number)  # not reaped yet, so the number is still its own
            self._say({"id": order["id"], "sent": sent})
            return None
        return self._start(order)

    def _start(self, order: dict[str, object]) -> Start | None:
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.close()
            die_with_parent(self._pid)
            fields = order["start"]
            assert isinstance(fields, dict)  # noqa: S101 - we wrote it ourselves; tells mypy
            return Start(**{**fields, "log": Path(fields["log"])})
        self._children.add(pid)
        self._say({"id": order["id"], "pid": pid})
        return None

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            self._say({"ended": pid, "status": os.waitstatus_to_exitcode(status)})

    def _say(self, answer: dict[str, object]) -> None:
        self._channel.sendall(json.dumps(answer).encode() + b"\n")


def die_with_parent(parent: int) -> None:
    """The system kills this process when the nursery ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def become(start: Start) -> None:
    """Runs the module as if Python had been started with it; its output goes to its log."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_NAME, start.name.encode()[:15], 0, 0, 0)  # what `ps -o comm` shows
    log = os.open(start.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(handle, standard)
    os.close(log)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(start.environment)
    sys.argv = [start.module, *start.arguments]
    runpy.run_module(start.module, run_name="__main__", alter_sys=True)


def main() -> None:
    """Imports, then tends."""
    for module in sys.argv[1:]:
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, the process that needs it will say so in its own log
            traceback.print_exc()
    gc.collect()
    gc.freeze()  # what children share with us stays shared
    nursery = Nursery(socket.socket(fileno=os.dup(0)))
    start = nursery.tend()
    nursery.close()
    if start is not None:
        become(start)


if __name__ == "__main__":
    main()
