"""Real processes of a benchmark: started with an environment, watched, asked to end, reaped; and the CPU they took."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 60.0  #: seconds to become ready, and to end
TICK = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a measurement took."""

    seconds: float  #: by the clock
    cpu: Mapping[str, float]  #: seconds of the processors, by process


class Processes:
    """Those of one measurement, by name; all have ended when the block has. `servers` run before and after it."""

    def __init__(self, logs: Path, servers: Mapping[str, int]) -> None:
        self._logs = logs
        self._servers = servers
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._begun = 0.0
        self._taken_before: dict[str, float] = {}

    def start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        """Runs Python with these arguments; nothing of our own environment that could steer it goes along."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("BACKROOM_")}
        with (self._logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        """Runs one to its end, which must be a good one."""
        self.start(name, arguments, environment)
        if self._running.pop(name).wait(PATIENCE) != 0:
            raise SystemExit(f"{name} failed:\n{self.log(name)}")

    def wait_for(self, what: str, true: Callable[[], bool], patience: float = PATIENCE, pause: float = 0.05) -> None:
        """Returns once it is true; none may end meanwhile."""
        end = time.monotonic() + patience
        while not true():
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise SystemExit(f"{name} ended with status {process.returncode}:\n{self.log(name)}")
            if time.monotonic() > end:
                logs = "\n".join(f"{name}:\n{self.log(name)}" for name in self._running)
                raise SystemExit(f"waited {patience:.0f} s in vain for {what}\n{logs}")
            time.sleep(pause)

    def pid(self, name: str) -> int:
        """The number of one that runs."""
        return self._running[name].pid

    def log(self, name: str, lines: int = 15) -> str:
        """The end of what it said."""
        text = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def start_clock(self) -> None:
        """What was taken until now does not count."""
        self._begun, self._taken_before = time.perf_counter(), self._cpu()

    def stop_clock(self) -> Taken:
        """What was taken since the clock was started."""
        seconds = time.perf_counter() - self._begun
        return Taken(
            seconds=seconds, cpu={name: now - self._taken_before.get(name, 0.0) for name, now in self._cpu().items()}
        )

    def _cpu(self) -> dict[str, float]:
        started = {name: process.pid for name, process in self._running.items()}
        return {name: cpu_seconds(pid) for name, pid in [*started.items(), *self._servers.items()]}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.send_signal(signal.SIGTERM)
        for process in self._running.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()


def cpu_seconds(pid: int) -> float:
    """What a process and its children, those that have ended too, took of the processors."""
    own, ended = times_of(pid)
    return own + ended + sum(cpu_seconds(child) for child in children_of(pid))


def times_of(pid: int) -> tuple[float, float]:
    """CPU seconds of the process itself, and of its children that were reaped; none for one that has just ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    fields = stat.rpartition(")")[2].split()  # a name may hold anything, spaces and brackets too
    user, system, children_user, children_system = (int(field) / TICK for field in fields[11:15])
    return user + system, children_user + children_system


def children_of(pid: int) -> list[int]:
    """Children that run now, of all threads."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text(encoding="ascii").split())
    except (FileNotFoundError, ProcessLookupError):
        return found  # it has just ended
    return found
