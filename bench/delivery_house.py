"""The delivery service of a benchmark: its real worker, its spool, and a server of OpenSSH's to send to."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

from bench.processes import Processes
from bench.scheduler_house import addresses
from bench.servers import Servers
from chassis.database import Database
from chassis.migrations import migrate
from chassis.service import Runtime
from chassis.work import Fence
from console.stack.home import StackHome
from console.stack.readiness import lives
from services.delivery.application.sealing_runs import SendSpool
from services.delivery.application.staging_files import StageFile
from services.delivery.domain.destinations import Method
from services.delivery.domain.sealing import Manifest
from services.delivery.domain.staging import FileToStage
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.settings import DeliverySettings
from services.delivery.storage.spool_folder import SpoolFolder
from services.delivery.storage.work import DeliveryWork
from services.delivery.wiring import SERVICE

WORKER = "delivery-work"
PATIENCE = 300.0
LOOK = 0.02  #: seconds between two looks at what has arrived: they take of what is measured
Content = Iterable[bytes]


class DeliveryHouse:
    """Delivery on a database of its own. Files are staged here; the worker, a process of its own, sends them."""

    def __init__(self, servers: Servers) -> None:
        self._home = StackHome(servers.folder / "delivery")
        self._home.open()
        url = servers.postgres.create_database("delivery")
        self.environment = {
            "BACKROOM_BROKER_URL": servers.valkey.url,
            "BACKROOM_DATABASE_URL": url,
            "BACKROOM_KEYRING": str(self._home.keyring),
            "BACKROOM_PRINCIPALS": str(self._home.principals),
            "BACKROOM_TOKEN": str(self._home.token("delivery")),
            "BACKROOM_VAR": str(self._home.var),
        }
        self._database = Database(url, application_name="backroom-bench")
        migrate(self._database, SERVICE.migrations)
        told: Mapping[str, str] = {name.removeprefix("BACKROOM_").lower(): of for name, of in self.environment.items()}
        self._runtime = Runtime(SERVICE, DeliverySettings.model_validate(told), "bench", 5)
        self.wiring = SERVICE.wire(self._runtime)
        self._runtime.bell.kinds = {kind.name: kind for kind in self.wiring.kinds}
        spool = SpoolFolder(self._home.var / "TMP")
        self._stage = StageFile(open_work=self._work, spool=spool)
        self._send = SendSpool(open_work=self._work, spool=spool, texts=self._runtime.texts, locale="fr")
        self._runs = 0

    def close(self) -> None:
        """Lets the database and the folder go."""
        self._runtime.close()
        self._database.close()
        self._home.close()

    @contextmanager
    def worker(self, servers: Servers) -> Iterator[Processes]:
        """The service's worker, as it runs."""
        with Processes(servers.folder, servers.pids) as processes:
            listening = addresses()
            processes.start(WORKER, ["-m", "services.delivery", "work"], {**self.environment, **listening})
            processes.wait_for(WORKER, lambda: lives(listening["BACKROOM_METRICS_LISTEN"]))
            yield processes

    def add_destination(self, identifier: str, method: Method) -> None:
        """A place to send to."""
        with self._work() as work:
            work.destinations.add(identifier, identifier, method, TransferOptions())

    def send(self, processes: Processes, destination: str, files: Mapping[str, Content]) -> float:
        """Stages files, has them sent, and answers how many seconds passed from the order to the last one's record."""
        self._runs += 1
        attempt = uuid4()
        staged = [
            self._stage(
                FileToStage(
                    attempt=attempt,
                    epoch=1,
                    ordinal=ordinal,
                    task=self._runs,
                    run=self._runs,
                    file_name=name,
                    site="default",
                    mode="normal",
                ),
                content,
            ).id
            for ordinal, (name, content) in enumerate(files.items())
        ]
        manifest = Manifest(
            attempt=attempt,
            task=self._runs,
            run=self._runs,
            destination=destination,
            files=staged,
            nominal_time=datetime.now(UTC),
            site="default",
            mode="normal",
            owner="bench",
            traceparent="",
        )
        os.sync()  # what staging left dirty is not the sending's
        begun = time.perf_counter()
        self._send(manifest)
        processes.wait_for("the files", lambda: self._arrived() == len(staged), patience=PATIENCE, pause=LOOK)
        return time.perf_counter() - begun

    def _arrived(self) -> int:
        statement = sa.text("SELECT count(*) FROM spool_file WHERE run = :run AND deliver_time IS NOT NULL")
        with self._database.begin() as connection:
            return int(connection.execute(statement, {"run": self._runs}).scalar_one())

    def _work(self, fence: Fence | None = None) -> DeliveryWork:
        return DeliveryWork(self._database, self._runtime.bell, self._runtime.keyring, fence)


def memory(pid: int) -> tuple[float, float]:
    """What a process holds now and has held at most, in MiB."""
    held = {"VmRSS": 0.0, "VmHWM": 0.0}
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in held:
            held[name] = int(value.split()[0]) / 1024
    return held["VmRSS"], held["VmHWM"]


def best(rounds: Sequence[float]) -> float:
    """The shortest time: what else the machine does only adds to it."""
    return min(rounds)
