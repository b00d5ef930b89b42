"""The scheduler's real processes: a task that is due soon runs, and each process leaves when told."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.embedded import EmbeddedValkey
from chassis.rpc.client import open_channel
from services.scheduler.settings import SchedulerSettings
from tests.scheduler.conftest import House

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Processes:
    """serve, work and two planners, each with a port for its measures."""

    def __init__(self, settings: SchedulerSettings, broker: str, logs: Path) -> None:
        self.port = free_port()
        self.metrics: dict[str, int] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs = logs
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKROOM_")} | {
            "BACKROOM_DATABASE_URL": settings.database_url.get_secret_value(),
            "BACKROOM_BROKER_URL": broker,
            "BACKROOM_LISTEN": f"127.0.0.1:{self.port}",
            "BACKROOM_HEALTH_LISTEN": f"127.0.0.1:{free_port()}",
            "BACKROOM_PRINCIPALS": str(settings.principals),
            "BACKROOM_TOKEN": str(settings.token),
            "BACKROOM_VAR": str(settings.var),
            "BACKROOM_HANDLERS": settings.handlers,
            "BACKROOM_DELIVERY_ADDRESS": settings.delivery_address,
            "BACKROOM_WORKER_THREADS": "2",
            "BACKROOM_DRAIN_NOTICE": "50ms",
        }

    def start(self, name: str, command: str) -> None:
        self.metrics[name] = free_port()
        environment = self._environment | {"BACKROOM_METRICS_LISTEN": f"127.0.0.1:{self.metrics[name]}"}
        with (self._logs / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "services.scheduler", command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def measures(self, name: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics[name]}/metrics", timeout=5) as answer:
            return str(answer.read(), "utf-8")

    def end(self) -> dict[str, int]:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        return {name: process.wait(20) for name, process in self.running.items()}

    def log(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._logs.glob("*.log")))


@pytest.fixture
def processes(scheduler_settings: SchedulerSettings, valkey: EmbeddedValkey, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(scheduler_settings, valkey.url, tmp_path)
    yield made
    for process in made.running.values():
        if process.poll() is None:
            process.kill()
            process.wait()


def wait_for(true: Callable[[], bool], processes: Processes) -> None:
    until = time.monotonic() + 40
    while not true():
        assert time.monotonic() < until, processes.log()
        time.sleep(0.05)


def test_a_task_that_is_due_soon_runs_on_time_and_every_process_leaves_when_told(
    processes: Processes, house: House, tokens: dict[str, str]
) -> None:
    for name, command in (("serve", "serve"), ("work", "work"), ("plan-1", "plan"), ("plan-2", "plan")):
        processes.start(name, command)
    with open_channel(f"127.0.0.1:{processes.port}", token=lambda: tokens["anne"]) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        stub = scheduler_pb2_grpc.SchedulerServiceStub(channel)
        wait_for(lambda: "working" in processes.log(), processes)
        wait_for(lambda: _beats(processes, "plan-1") and _beats(processes, "plan-2"), processes)
        due = Timestamp()
        due.FromDatetime(house.now() + timedelta(seconds=2))
        made = stub.CreateTask(
            scheduler_pb2.CreateTaskRequest(
                task=scheduler_pb2.Task(
                    title="Nuit",
                    task_type="team.report",
                    triggers=[scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=due))],
                )
            )
        )
        wait_for(
            lambda: any(run.end_time.seconds for run in stub.ListRuns(scheduler_pb2.ListRunsRequest()).runs), processes
        )
        (run,) = stub.ListRuns(scheduler_pb2.ListRunsRequest()).runs
        late = run.start_time.ToDatetime(tzinfo=UTC) - run.nominal_time.ToDatetime(tzinfo=UTC)
        assert (run.task, run.state, run.nominal_time) == (made.name, scheduler_pb2.Run.STATE_SUCCEEDED, due)
        assert timedelta() <= late < timedelta(seconds=5)
        task = stub.GetTask(scheduler_pb2.GetTaskRequest(name=made.name))
        assert task.state == scheduler_pb2.Task.STATE_COMPLETED
    measured = processes.measures("work")
    assert 'backroom_scheduler_runs_total{state="succeeded",task_type="team.report"} 1.0' in measured
    assert "backroom_scheduler_lateness_seconds_count 1.0" in measured
    assert "backroom_scheduler_due_tasks 0.0" in processes.measures("plan-1")
    assert set(processes.end().values()) == {0}, processes.log()


def _beats(processes: Processes, name: str) -> bool:
    try:
        return "backroom_scheduler_planner_heartbeat_seconds 1" in processes.measures(name)
    except OSError:
        return False
