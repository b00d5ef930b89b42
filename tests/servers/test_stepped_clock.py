"""A planner whose machine's clock is stepped: the database's clock decides, so everything fires as ever."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.embedded import EmbeddedValkey
from chassis.rpc.client import open_channel
from services.scheduler.settings import SchedulerSettings
from tests.scheduler.conftest import House, Others, house, others, scheduler_settings, tokens  # noqa: F401  # fixtures
from tests.scheduler.test_processes import Processes, wait_for

STEPS = (timedelta(), timedelta(hours=1), timedelta(hours=-1), timedelta())  #: from the real time, one after the other
STAY = 4.0  #: seconds at each
LATE = timedelta(seconds=5)  #: bound of a planner that shares two cores with other tests
#: title → its one trigger, seconds between its instants
TRIGGERS = {
    "every second": (scheduler_pb2.Trigger(cron=scheduler_pb2.CronTrigger(expression="* * * * * *")), 1),
    "every even second": (scheduler_pb2.Trigger(cron=scheduler_pb2.CronTrigger(expression="*/2 * * * * *")), 2),
    "a second apart": (scheduler_pb2.Trigger(interval=scheduler_pb2.IntervalTrigger(interval=Duration(seconds=1))), 1),
}


class Clock:
    """What Debian's faketime makes a process believe, read anew at each of its looks. Its monotonic clock goes on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(timedelta())

    def set(self, offset: timedelta) -> None:
        """Steps the clock to that distance from the real time."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{offset.total_seconds():+.0f}\n")
        draft.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        files = subprocess.run(
            ["dpkg", "--listfiles", "libfaketime"], check=True, capture_output=True, text=True
        ).stdout
        (library,) = (line for line in files.splitlines() if line.endswith("libfaketimeMT.so.1"))
        return {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


@pytest.fixture
def processes(
    scheduler_settings: SchedulerSettings,  # noqa: F811  # the fixture
    valkey: EmbeddedValkey,
    tmp_path: Path,
) -> Iterator[Processes]:
    yield from ended(Processes(scheduler_settings, valkey.url, folder(tmp_path / "real")))


@pytest.fixture
def stepped(
    scheduler_settings: SchedulerSettings,  # noqa: F811  # the fixture
    valkey: EmbeddedValkey,
    clock: Clock,
    tmp_path: Path,
) -> Iterator[Processes]:
    """Processes that live by that clock."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in clock.environment.items():
            environment.setenv(name, value)
        made = Processes(scheduler_settings, valkey.url, folder(tmp_path / "stepped"))
    yield from ended(made)


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def ended(processes: Processes) -> Iterator[Processes]:
    yield processes
    for process in processes.running.values():
        if process.poll() is None:
            process.kill()
            process.wait()


def test_a_planner_whose_clock_is_stepped_fires_everything_once_and_on_time(
    processes: Processes,
    stepped: Processes,
    clock: Clock,
    house: House,  # noqa: F811  # the fixture
    others: Others,  # noqa: F811  # the fixture
    tokens: dict[str, str],  # noqa: F811  # the fixture
) -> None:
    processes.start("serve", "serve")
    processes.start("work", "work")
    stepped.start("plan", "plan")
    with open_channel(f"127.0.0.1:{processes.port}", token=lambda: tokens["anne"]) as channel:
        grpc.channel_ready_future(channel).result(timeout=30)
        stub = scheduler_pb2_grpc.SchedulerServiceStub(channel)
        tasks = [stub.CreateTask(task_of(title, trigger)).name for title, (trigger, _) in TRIGGERS.items()]
        saved = house.now()
        wait_for(lambda: bool(runs(house)), stepped)
        for offset in STEPS:
            clock.set(offset)
            time.sleep(STAY)
            assert abs(believed(stepped) - datetime.now(UTC) - offset) < LATE, (
                "it fires no more, or its clock was not stepped"
            )
        for name in tasks:
            stub.PauseTask(scheduler_pb2.PauseTaskRequest(name=name))
        paused = house.now()
        wait_for(lambda: {state for *_, state in runs(house)} == {"succeeded"}, processes)
    made = runs(house)
    for title, (_, seconds) in TRIGGERS.items():
        step = timedelta(seconds=seconds)
        instants = [nominal for each, nominal, *_ in made if each == title]
        assert {after - before for before, after in pairwise(instants)} == {step}, "one was lost, or came twice"
        assert instants[0] <= saved + step
        assert instants[-1] > paused - step - LATE
    late = [created - nominal for _, nominal, created, _ in made]
    assert timedelta() <= min(late), "one fired early"
    assert max(late) < LATE
    handled = sorted((entry.task_title, entry.nominal_time.ToDatetime(tzinfo=UTC)) for entry in others.team.done)
    assert handled == sorted((title, nominal) for title, nominal, *_ in made)


def task_of(title: str, trigger: scheduler_pb2.Trigger) -> scheduler_pb2.CreateTaskRequest:
    """Every instant of it is to run, whatever else does."""
    return scheduler_pb2.CreateTaskRequest(
        task=scheduler_pb2.Task(
            title=title,
            task_type="team.report",
            triggers=[trigger],
            overlap_policy=scheduler_pb2.OVERLAP_POLICY_ALLOW,
            misfire_policy=scheduler_pb2.MisfirePolicy(kind=scheduler_pb2.MisfirePolicy.KIND_ALL, max_runs=100),
            notification=scheduler_pb2.Notification(when=scheduler_pb2.Notification.WHEN_NEVER),
        )
    )


def runs(house: House) -> list[tuple[str, datetime, datetime, str]]:  # noqa: F811  # the fixture's class
    """Title, instant, when the planner made it by the database's clock, and how it stands; in the order of instants."""
    with house.open_work() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT task_title, nominal_time, create_time, state FROM run ORDER BY nominal_time"
        )
        return [(row.task_title, row.nominal_time, row.create_time, row.state) for row in rows]


def believed(stepped: Processes) -> datetime:
    """The time that the planner has written into its log last."""
    told = [json.loads(line) for line in stepped.log().splitlines() if line.startswith("{")]
    return max((datetime.fromisoformat(each["time"]) for each in told[-1:]), default=datetime.min.replace(tzinfo=UTC))
