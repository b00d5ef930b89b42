"""What a handler of an unspooled type is, as far as delivery sees it: a try of an operation that sends files."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import grpc

from chassis.database import Database
from chassis.embedded.server import free_ports
from chassis.operations import OperatingMode, TaskContext
from chassis.operations.claims import Claimed
from chassis.operations.execution import Execution
from tests.delivery.rpc.asking import ATTEMPT, NIGHT

ROOT = Path(__file__).parents[2]


def a_try(
    database: Database,
    *,
    epoch: int = 1,
    attempt: str = ATTEMPT,
    run: int = 4,
    mode: OperatingMode = OperatingMode.NORMAL,
    destination: str = "destinations/shop",
) -> Execution:
    """A try of a handler's operation."""
    context = TaskContext(
        attempt=UUID(attempt),
        run=f"runs/{run}",
        task="tasks/7",
        task_title="Sauvegarde",
        mode=mode,
        owner="operator",
        nominal_time=NIGHT,
        destination=destination,
    )
    held = Claimed(
        id=UUID(attempt),
        kind="sales.backup",
        epoch=epoch,
        attempts=epoch,
        request={},
        context=context,
        caller="operator",
        traceparent="",
        checkpoint=None,
        cancel_asked=False,
        held_back=False,
        expired=False,
    )
    return Execution(held, database)


class Serving:
    """`delivery serve` as a process of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKROOM_")}
        self._environment |= environment
        self._log = log
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers."""
        ports = free_ports(3)
        self.port = ports[0]
        names = ("BACKROOM_LISTEN", "BACKROOM_HEALTH_LISTEN", "BACKROOM_METRICS_LISTEN")
        environment = self._environment | {name: f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.delivery", "serve"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=30)

    def end(self, how: int = signal.SIGTERM) -> None:
        """By this signal; waits for it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def most_memory(self) -> int:
        """Bytes of it that were in memory at once, at most."""
        assert self.process is not None
        (line,) = [
            line
            for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
            if line.startswith("VmHWM:")
        ]
        return int(line.split()[1]) * 1024
