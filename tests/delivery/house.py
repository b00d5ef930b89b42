"""Delivery's use cases over a real database and real folders, driven as the scheduler, handlers and workers would."""

import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import Fernet

from chassis.operations import Execution, Kind, Operation, claims
from chassis.operations.claims import Turn
from chassis.operations.keeper import Keeper, Times
from chassis.operations.worker import Worker
from chassis.secrets import KeyRing
from chassis.texts import Texts
from chassis.work import Fence
from services.delivery.application.carrying import Carry
from services.delivery.application.checking import CheckDestination
from services.delivery.application.discarding_files import DiscardFile
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.far_ends import Carrier, Messages
from services.delivery.application.ledger import Ledger
from services.delivery.application.sealing_runs import SendSpool
from services.delivery.application.sending import Batches, RetryLeftovers, SendSealed
from services.delivery.application.staging_files import StageFile
from services.delivery.application.sweeping import Sweep
from services.delivery.domain.destinations import Destination, Method
from services.delivery.domain.sealing import Manifest
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.staging import FileToStage
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.gateways.carriers import OpenCarrier
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.shared_tries import SharedTries
from services.delivery.storage.purging import purges
from services.delivery.storage.spool_folder import SpoolFolder
from services.delivery.storage.work import DeliveryWork
from services.delivery.workers.kinds import RETRYING, SENDING, kinds
from tests.conftest import SilentBell
from tests.delivery.letter_box import LetterBox
from tests.delivery.rows import Rows
from tests.delivery.witnesses import Counted, Tolled

NIGHT = datetime(2017, 1, 31, 22, 30, tzinfo=UTC)
KEYRING = KeyRing([Fernet(Fernet.generate_key())])


@dataclass
class House(Rows):
    """Everything of one delivery."""

    bell: SilentBell
    root: Path
    milestones: Tolled = field(default_factory=Tolled)
    meter: Counted = field(default_factory=Counted)
    patience: timedelta = timedelta(0)
    stopwatch: Callable[[], float] = time.monotonic
    around: Callable[[Carrier], Carrier] = field(default=lambda carrier: carrier)  #: a test's own, for bad behaviour
    posts: LetterBox = field(default_factory=LetterBox)
    messages: Messages | None = None  #: None: those of the letter box

    def __post_init__(self) -> None:
        self.bell.kinds = {kind.name: kind for kind in self.kinds}
        self.outgoing.mkdir()
        self.sandbox.mkdir()

    @property
    def outgoing(self) -> Path:
        return self.root / "outgoing"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def roots(self) -> list[PurePosixPath]:
        return [PurePosixPath(self.outgoing)]

    @cached_property
    def spool(self) -> SpoolFolder:
        return SpoolFolder(self.root / "TMP")

    @cached_property
    def texts(self) -> Texts:
        return Texts.of("services.delivery")

    @cached_property
    def carriers(self) -> OpenCarrier:
        return OpenCarrier(
            roots=self.roots,
            sandbox=PurePosixPath(self.sandbox),
            gate=Gate(denied=[ipaddress.ip_network("169.254.0.0/16")], connect_timeout=5),
            patience=Patience(greeting=5, login=5, answer=5),
        )

    @contextmanager
    def open_carrier(self, destination: Destination) -> Iterator[Carrier]:
        with self.carriers(destination) as carrier:
            yield self.around(carrier)

    def _seconds(self) -> float:
        return self.stopwatch()

    @cached_property
    def kinds(self) -> list[Kind]:
        ledger = Ledger(
            open_work=self.work,
            spool=self.spool,
            failures=FailureKeeper(open_work=self.work, texts=self.texts, locale="fr"),
            milestones=self.milestones,
            meter=self.meter,
            stopwatch=self._seconds,
        )
        carry = Carry(ledger=ledger, carriers=self.open_carrier, posts=self.posts)
        batches = Batches(
            open_work=self.work,
            carry=carry,
            sandbox=str(self.sandbox),
            pause=lambda length: None,
            patience=self.patience,
        )
        return kinds(
            SendSealed(open_work=self.work, batches=batches, texts=self.texts, locales=lambda name: "fr"),
            RetryLeftovers(open_work=self.work, batches=batches, come_back=timedelta(seconds=30)),
        )

    @cached_property
    def stage_file(self) -> StageFile:
        return StageFile(open_work=self.work, spool=self.spool)

    @cached_property
    def send_spool(self) -> SendSpool:
        return SendSpool(open_work=self.work, spool=self.spool, texts=self.texts, locale="fr")

    @cached_property
    def discard_file(self) -> DiscardFile:
        return DiscardFile(messages=self.messages or self.posts, texts=self.texts, locale="fr")

    @cached_property
    def check(self) -> CheckDestination:
        return CheckDestination(
            open_work=self.work,
            carriers=self.carriers,
            posts=self.posts,
            shared=SharedTries(0.2),
            sandbox=str(self.sandbox),
            good_for=timedelta(seconds=5),
        )

    def sweep(self, **ages: timedelta) -> Sweep:
        patient = {"orphan_age": timedelta(hours=1), "stale_age": timedelta(days=7)}
        return Sweep(open_work=self.work, spool=self.spool, lying=self.spool, **(patient | ages))

    def forget(self, kept: timedelta) -> None:
        """What is older, as the maintenance does."""
        with self.database.begin() as connection:
            for purge in purges(history=kept, fetched=kept):
                connection.execute(purge.statement, {"kept": kept, "batch": 1000})

    def work(self, fence: Fence | None = None) -> DeliveryWork:
        return DeliveryWork(self.database, self.bell, KEYRING, fence)

    def destination(self, identifier: str, method: Method, **options: Any) -> Destination:
        """With transfer options of its own."""
        with self.work() as work:
            return work.destinations.add(identifier, identifier.title(), method, TransferOptions(**options))

    def change(self, identifier: str, method: Method, **options: Any) -> Destination:
        """As a person would."""
        with self.work() as work:
            return work.destinations.change(identifier, identifier.title(), method, TransferOptions(**options))

    def stage(
        self,
        content: bytes = b"a;b\n1;2\n",
        *,
        file_name: str = "sales.csv",
        run: int = 1,
        task: int = 7,
        attempt: UUID | None = None,
        ordinal: int = 0,
        epoch: int = 1,
        site: str = "default",
        mode: str = "normal",
    ) -> SpoolFile:
        file = FileToStage(
            attempt=attempt or uuid4(),
            epoch=epoch,
            ordinal=ordinal,
            task=task,
            run=run,
            file_name=file_name,
            site=site,
            mode=mode,
        )
        return self.stage_file(file, [content[:3], content[3:]] if content else [])

    def seal(
        self,
        *files: SpoolFile,
        destination: str,
        run: int = 1,
        task: int = 7,
        attempt: UUID | None = None,
        nominal_time: datetime = NIGHT,
        site: str = "default",
        mode: str = "normal",
    ) -> UUID:
        manifest = Manifest(
            attempt=attempt or uuid4(),
            task=task,
            run=run,
            destination=destination,
            files=[file.id for file in files],
            nominal_time=nominal_time,
            site=site,
            mode=mode,
            owner="marie",
            traceparent="",
        )
        self.send_spool(manifest)
        return manifest.attempt

    def worker(self) -> Worker:
        return Worker(self.database, self.bell, id=uuid4(), kinds=self.kinds, lanes=[SENDING, RETRYING], threads=1)

    def begun(self, identifier: UUID) -> Execution:
        """A try of an operation of the sending lane, claimed and not done."""
        turn = Turn(kinds={kind.name: None for kind in self.kinds if kind.lane == SENDING.name})
        with self.database.begin() as connection:
            (held,) = [one for one in claims.claim(connection, SENDING, turn, uuid4()) if one.id == identifier]
        return Execution(held, self.database)

    def keeper(self, worker: Worker) -> Keeper:
        """One that ticks when the test says."""
        times = Times(lease=timedelta(seconds=15), heartbeat=timedelta(0), relay=timedelta(0))
        return Keeper(worker, self.database, self.bell, times, on_death=lambda why: None)

    def drain(self, *lanes: str) -> None:
        """Does what is ready, as a worker would."""
        for lane in lanes or (SENDING.name, RETRYING.name):
            self.worker().drain(lane)

    def operation(self, identifier: UUID) -> Operation:
        with self.work() as work:
            return work.operations.get(identifier)

    def on_disk(self) -> list[str]:
        """What lies in the spool."""
        return sorted(
            str(path.relative_to(self.root / "TMP")) for path in (self.root / "TMP").rglob("*") if path.is_file()
        )
