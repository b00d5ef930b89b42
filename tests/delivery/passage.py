"""Sending past the spool over a real database and a real folder, which a test has misbehave."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path, PurePosixPath
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.texts import Texts
from chassis.work import Fence
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.application.ports import Milestone
from services.delivery.application.sending_through import SendFile
from services.delivery.application.sweeping import Sweep, Swept
from services.delivery.domain.destinations import Destination, Method, Sandbox, ServerPath
from services.delivery.domain.failures import ConnectionLost, FileFailed
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.staging import FileToStage
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.domain.unspooled import FileToSend
from services.delivery.gateways.path.carrier import open_server_path
from services.delivery.storage.spool_folder import SpoolFolder
from services.delivery.storage.streams import Streams
from services.delivery.storage.work import DeliveryWork
from services.delivery.wiring import streaming_places
from tests.conftest import SilentBell
from tests.delivery.house import KEYRING
from tests.delivery.rows import Rows
from tests.delivery.witnesses import Died, Tolled

ATTEMPT = UUID("0b0f5b1e-6a0e-4f25-8d2a-5b7e1f0b1c2d")


@dataclass
class Given:
    """Content as a caller sends it; a test says what happens before which piece."""

    pieces: Sequence[bytes]
    before: Mapping[int, Callable[[], None]] = field(default_factory=dict)
    read: int = 0  #: pieces
    size_bytes: int = 0
    sha256: str = ""

    def __iter__(self) -> Iterator[bytes]:
        digest = sha256()
        for place, piece in enumerate([*self.pieces, b""]):
            self.before.get(place, lambda: None)()
            if piece:
                digest.update(piece)
                self.read, self.size_bytes, self.sha256 = place + 1, self.size_bytes + len(piece), digest.hexdigest()
                yield piece


@dataclass
class Rough:
    """A folder whose connection does what the test says."""

    carrier: Carrier
    passage: "Passage"
    resumes: bool = False

    def prepare(self, *, make: bool) -> bool:
        return self.carrier.prepare(make=make)

    def remove(self, names: Sequence[str]) -> None:
        if self.passage.lost:
            raise ConnectionLost("far", 22, "gone")
        self.carrier.remove(names)

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        if self.passage.refuse_write is not None:
            return [self.passage.refuse_write]
        self.passage.sizes_told += [each.size_bytes for each in uploads]
        answers = self.carrier.write(uploads)
        return [self.passage.arrived(each) if isinstance(each, Arrived) else each for each in answers]

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        return self.carrier.sizes(names)

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        lose, self.passage.lose_rename = self.passage.lose_rename, ""
        if self.passage.unreachable or lose == "before":
            raise ConnectionLost("far", 22, "gone")
        answers = self.carrier.rename(pairs, replace=replace)
        if lose == "for good":
            self.passage.unreachable = True
        if lose in {"after", "for good"}:
            raise ConnectionLost("far", 22, "gone")
        return answers

    def check(self, *, make: bool) -> None:
        self.carrier.check(make=make)


@dataclass
class Passage(Rows):
    """Everything that a file needs to go through."""

    bell: SilentBell
    root: Path
    milestones: Tolled = field(default_factory=Tolled)
    lost: bool = False  #: nothing can be removed any more
    lose_rename: str = ""  #: the connection goes `before` or `after` the next renaming, or after it `for good`
    refuse_write: FileFailed | None = None  #: what the far end says to whoever wants to write
    unreachable: bool = False  #: no connection can be made
    arrived: Callable[[Arrived], Arrived] = lambda arrived: arrived  #: what the far end says of what it has got
    sizes_told: list[int] = field(default_factory=list)
    metered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bell.kinds = {}
        for folder in (self.outgoing, self.sandbox):
            folder.mkdir()

    @property
    def outgoing(self) -> Path:
        return self.root / "outgoing"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    @property
    def texts(self) -> Texts:
        return Texts.of("services.delivery")

    def work(self, fence: Fence | None = None) -> DeliveryWork:
        return DeliveryWork(self.database, self.bell, KEYRING, fence)

    def destination(self, method: Method | None = None, transfer: TransferOptions | None = None) -> Destination:
        """The place called `far`."""
        method = method or ServerPath(folder=str(self.outgoing / "far"))
        with self.work() as work:
            return work.destinations.add("far", "Far", method, transfer or TransferOptions())

    def use(self, places: int = 2) -> SendFile:
        return SendFile(
            open_work=self.work,
            carriers=self._carriers,
            streams=Streams(self.database),
            failures=FailureKeeper(open_work=self.work, texts=self.texts, locale="fr"),
            milestones=self.milestones,
            meter=self,
            sandbox=str(self.sandbox),
            places=streaming_places(places),
        )

    def send(self, *pieces: bytes, content: Given | None = None, **more: object) -> SpoolFile:
        return self.use()(self.wanted(**more), content or Given(pieces))

    def send_and_die(self, *pieces: bytes, at: Milestone) -> None:
        self.milestones.die_at = at
        with pytest.raises(Died):
            self.send(*pieces)

    def wanted(self, **more: object) -> FileToSend:
        file = FileToStage(
            attempt=ATTEMPT,
            epoch=1,
            ordinal=0,
            task=7,
            run=4,
            file_name="base.dump",
            site="default",
            mode="normal",
        )
        return FileToSend(file=replace(file, **more), destination="far", owner="marie")  # type: ignore[arg-type]  # a test's shorthand

    def files(self, folder: str = "outgoing/far") -> dict[str, bytes]:
        """All that lies at the far end, temporaries included."""
        place = self.root / folder
        return {path.name: path.read_bytes() for path in place.iterdir()} if place.is_dir() else {}

    def row(self) -> SpoolFile:
        with self.work() as work:
            found = work.staging.find(ATTEMPT, 0)
        assert found is not None
        return found

    def tries(self) -> list[tuple[int, str, str | None]]:
        """Of the history: number, state, reason."""
        query = "SELECT attempt, state, failure ->> 'reason' FROM delivery ORDER BY number"
        with self.database.begin() as connection:
            return [(number, state, reason) for number, state, reason in connection.execute(sa.text(query))]

    def execute(self, statement: str) -> None:
        with self.database.begin() as connection:
            connection.execute(sa.text(statement))

    def sweep(self) -> Swept:
        spool, age = SpoolFolder(self.root / "TMP"), timedelta(days=7)
        return Sweep(open_work=self.work, spool=spool, lying=spool, orphan_age=age, stale_age=age)()

    def abandoned(self) -> int:
        with self.work() as work:
            return work.unspooled.discard_abandoned()

    def sent(self, protocol: str) -> None:
        self.metered.append(protocol)

    def failed(self, protocol: str, reason: str, files: int = 1) -> None:
        self.metered.append(f"{protocol} {reason}")

    def _carriers(self, destination: Destination) -> AbstractContextManager[Carrier]:
        match destination.method:
            case ServerPath() as path:
                return self._rough(path)
            case Sandbox(folder=folder):
                return self._rough(ServerPath(folder=folder))
            case _:
                raise TypeError("the test has folders only")

    @contextmanager
    def _rough(self, path: ServerPath) -> Iterator[Carrier]:
        if self.unreachable:
            raise ConnectionLost("far", 22, "gone")
        with open_server_path(path, [PurePosixPath(self.outgoing), PurePosixPath(self.sandbox)]) as carrier:
            yield Rough(carrier, self)
