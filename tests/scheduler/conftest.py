"""The scheduler, wired as it runs, on a real database, beside another team's handler and delivery on real servers."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest
from pydantic import SecretStr

from backroom.delivery.v1 import delivery_pb2_grpc
from backroom.task.v1 import task_pb2_grpc
from chassis.auth import hash_token, new_token
from chassis.database import Database
from chassis.operations.worker import Worker
from chassis.service import Runtime, Wiring
from services.scheduler.domain.messages import Message
from services.scheduler.domain.runs import Run
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState
from services.scheduler.domain.triggers import cron_trigger
from services.scheduler.gateways.absence import AWAY_FOR
from services.scheduler.settings import SchedulerSettings
from services.scheduler.storage.work import SchedulerWork
from services.scheduler.wiring import SERVICE, Parts, prepare
from services.scheduler.workers.poller import Lookout, Poller
from tests.conftest import SilentBell
from tests.scheduler.team import Carrier, Team

MIGRATIONS = "services.scheduler.storage.migrations"
SLEEPLESS = timedelta()
PEOPLE = {"anne": ("operator", "fr"), "brian": ("viewer", "en"), "wolf": ("admin", "fr"), "sales": ("service", "fr")}


@dataclass
class Others:
    """The other team's services, and where they listen."""

    team: Team
    carrier: Carrier
    team_server: grpc.Server
    team_address: str
    carrier_address: str


@pytest.fixture
def others() -> Iterator[Others]:
    servers = [grpc.server(ThreadPoolExecutor(max_workers=8)) for _ in range(2)]
    team, sending = Team(), Team()
    carrier = Carrier(sending)  # type: ignore[abstract]  # the scheduler asks it two things only
    task_pb2_grpc.add_TaskHandlerServiceServicer_to_server(team, servers[0])
    task_pb2_grpc.add_TaskHandlerServiceServicer_to_server(sending, servers[1])
    delivery_pb2_grpc.add_DeliveryServiceServicer_to_server(carrier, servers[1])
    ports = [server.add_insecure_port("127.0.0.1:0") for server in servers]
    for server in servers:
        server.start()
    yield Others(team, carrier, servers[0], f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}")
    for server in servers:
        server.stop(0).wait()


@pytest.fixture
def tokens() -> dict[str, str]:
    return {name: new_token()[0] for name in PEOPLE}


@pytest.fixture
def scheduler_settings(
    tmp_path: Path,
    make_database: Callable[[str | None], Database],
    others: Others,
    tokens: dict[str, str],
) -> SchedulerSettings:
    (tmp_path / "token").write_text("scheduler")
    (tmp_path / "principals.toml").write_text(
        "".join(
            f'[[principal]]\nname = "{name}"\ntoken_hashes = ["{hash_token(tokens[name])}"]\n'
            f'roles = ["{role}"]\nlocale = "{locale}"\n'
            for name, (role, locale) in PEOPLE.items()
        )
    )
    return SchedulerSettings.model_validate(
        {
            "database_url": SecretStr(make_database(MIGRATIONS).url),
            "broker_url": SecretStr("redis://127.0.0.1:1/0"),
            "listen": "127.0.0.1:0",
            "health_listen": "127.0.0.1:0",
            "metrics_listen": "127.0.0.1:0",
            "principals": tmp_path / "principals.toml",
            "token": tmp_path / "token",
            "drain_notice": "50ms",
            "drain_seconds": 5,
            "var": tmp_path,
            "handlers": f"team={others.team_address}",
            "delivery_address": others.carrier_address,
        }
    )


@dataclass
class House:
    """The scheduler of a test."""

    parts: Parts
    wiring: Wiring
    runtime: Runtime[SchedulerSettings]
    others: Others

    def open_work(self) -> SchedulerWork:
        return self.parts.open_work()

    def task(
        self,
        title: str = "Rapport",
        *,
        task_type: str = "team.report",
        owner: str = "anne",
        cron: str = "",
        due: datetime | None = None,
        **draft: object,
    ) -> Task:
        """A task as it stands once saved, due when the test says."""
        made = TaskDraft(
            title=title,
            task_type=task_type,
            site="default",
            schedule=Schedule(triggers=(cron_trigger(cron),) if cron else ()),
            **draft,  # type: ignore[arg-type]  # the test's shorthand
        )
        with self.open_work() as work:
            number = work.tasks.add(made, handler="team", owner=owner, state=TaskState.ENABLED)
            work.schedule.set(number, due, due)
            task = work.tasks.get(number)
            work.pools.ensure(task.run_pool)
            return task

    def start(self, task: Task, nominal_time: datetime | None = None) -> int:
        """A run by hand."""
        run_task = self.parts.use_cases().run_task
        with self.open_work() as work:
            return run_task(work, task.number, caller="anne", peer="here", nominal_time=nominal_time).number

    def now(self) -> datetime:
        with self.open_work() as work:
            return work.now()

    def plan(self) -> bool:
        return self.parts.planner(threading.Event()).look()

    def work(self) -> None:
        """Does what is ready in the lane of runs, whatever its backoff."""
        with self.runtime.database.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE operation SET ready = true, next_attempt_time = now() WHERE state = 'queued'"
            )
        self.worker().drain("runs")

    def worker(self) -> Worker:
        return Worker(
            self.runtime.database,
            self.runtime.bell,
            id=uuid4(),
            kinds=self.wiring.kinds,
            lanes=self.wiring.lanes,
            threads=1,
        )

    def poll(self, handler: str = "team") -> bool:
        parts = self.parts
        poller = Poller(handler, parts.open_work, parts.handlers, parts.apply_news, Lookout(parts.open_work))
        return poller.look(threading.Event(), SLEEPLESS)

    def rest(self) -> None:
        """Until a handler that did not answer is asked again."""
        time.sleep(AWAY_FOR)

    def settle(self) -> None:
        """Goes on until nothing moves by itself any more."""
        for _ in range(10):
            self.work()
            if not any([self.poll("team"), self.poll("delivery")]):
                return
        raise AssertionError("it does not come to rest")

    def run(self, number: int) -> Run:
        with self.open_work() as work:
            return work.runs.get(number)

    def runs(self) -> list[Run]:
        with self.open_work() as work:
            numbers = work.connection.exec_driver_sql("SELECT number FROM run ORDER BY number").scalars()
            return [work.runs.get(number) for number in numbers]

    def steps(self) -> list[UUID]:
        """The operations that start runs."""
        with self.open_work() as work:
            query = "SELECT id FROM operation WHERE kind = 'scheduler.start-runs'"
            return list(work.connection.exec_driver_sql(query).scalars())

    def inbox(self, principal: str) -> list[Message]:
        with self.open_work() as work:
            rows = work.connection.exec_driver_sql(
                "SELECT number FROM message WHERE principal = %(p)s ORDER BY number", {"p": principal}
            ).scalars()
            return [work.inbox.get(principal, number) for number in rows]

    def journal(self) -> list[str]:
        with self.open_work() as work:
            return list(work.connection.exec_driver_sql("SELECT text FROM journal_entry ORDER BY number").scalars())

    def count(self, table: str) -> int:
        with self.open_work() as work:
            return int(work.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.fixture
def house(scheduler_settings: SchedulerSettings, others: Others) -> Iterator[House]:
    runtime = Runtime(SERVICE, scheduler_settings, "test", 10)
    bell = SilentBell()
    runtime.__dict__["bell"] = bell  # drained by hand
    parts = Parts(runtime)
    wiring = parts.wiring()
    bell.kinds = {kind.name: kind for kind in wiring.kinds}
    prepare(runtime)
    yield House(parts, wiring, runtime, others)
    runtime.close()
