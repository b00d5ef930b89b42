"""Fetches over a real database and real folders, driven as the service would; and consumers of tests."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from uuid import UUID

import sqlalchemy as sa
from cryptography.fernet import Fernet

from chassis.database import Database
from chassis.secrets import KeyRing
from chassis.texts import Texts
from chassis.work import Fence
from services.delivery.application.far_ends import Offered, Source
from services.delivery.application.fetch_round import FetchDone, FetchEnd, Part
from services.delivery.application.fetching import FetchFiles
from services.delivery.domain.destinations import Destination, ServerPath
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.fetching import AfterCommit, FetchedFile, FetchOrder
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.gateways.carriers import OpenSource
from services.delivery.storage.fetch_disk import FetchDisk
from services.delivery.storage.fetch_guard import FetchGuard
from services.delivery.storage.work import DeliveryWork
from services.delivery.wiring import fetching_places
from tests.conftest import SilentBell
from tests.delivery.conftest import GATE, PATIENCE

KEYRING = KeyRing([Fernet(Fernet.generate_key())])


class Gone(Exception):
    """The consumer has gone, or the service stops."""


@dataclass
class Consumer:
    """Keeps what it receives; says of each file what a test told it to."""

    user: str = "marie"
    peer: str = "10.0.0.7:4711"
    correlation: str = "c-1"
    locale: str = "en"
    commits: Callable[[UUID], bool] = lambda file: True
    rests: list[timedelta] = field(default_factory=list)
    while_resting: Callable[[], object] = lambda: None
    gone: bool = False

    def check(self) -> None:
        if self.gone:
            raise Gone

    def rest(self, length: timedelta) -> None:
        self.rests.append(length)
        self.while_resting()
        self.check()

    def settled(self, file: UUID) -> bool:
        self.check()
        return self.commits(file)


@dataclass
class Counted:
    """What was measured."""

    results: list[str] = field(default_factory=list)

    def fetched(self, protocol: str, result: str) -> None:
        self.results.append(result)


@dataclass
class Received:
    """What one fetch brought."""

    headers: list[FetchedFile] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    done: list[FetchDone] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [each.file_name for each in self.headers]

    def take(self, part: Part) -> None:
        match part:
            case FetchedFile():
                self.headers.append(part)
                self.contents[part.file_name] = b""
            case bytes():
                assert 1 <= len(part) <= 1 << 20
                self.contents[self.names[-1]] += part
            case FetchEnd():
                assert part.size_bytes == self.headers[-1].size_bytes == len(self.contents[self.names[-1]])
                assert part.sha256 == self.headers[-1].sha256
            case FetchDone():
                self.done.append(part)


@dataclass
class FetchHouse:
    """All that a fetch needs, over a folder `inbox`."""

    database: Database
    bell: SilentBell
    root: Path
    meter: Counted = field(default_factory=Counted)
    source: Callable[[Source], Source] = lambda source: source  #: what a test puts around what is opened
    clock: float = 0.0

    def __post_init__(self) -> None:
        if not self.inbox.exists():  # else another process has made the house
            self.inbox.mkdir(parents=True)
            self.sandbox.parent.mkdir()
            with self.work() as work:
                work.destinations.add("partner", "Partner", ServerPath(folder=str(self.inbox)), TransferOptions())
        self.fetch = FetchFiles(
            open_work=self.work,
            places=fetching_places(),
            sources=self._open,
            guard=FetchGuard(self.database, timedelta(milliseconds=100)),
            sandbox=str(self.sandbox.parent),
            disk=FetchDisk(self.root / "TMP"),
            meter=self.meter,
            texts=Texts.of("services.delivery"),
            locale="fr",
            elapsed=lambda: self.clock,
        )

    @property
    def inbox(self) -> Path:
        return self.root / "outgoing" / "inbox"

    @property
    def sandbox(self) -> Path:
        """The inbox's in training."""
        return self.root / "sandbox" / "partner"

    @property
    def archive(self) -> Path:
        return self.inbox / "archive"

    def put(self, name: str, content: bytes = b"a;b\n") -> Path:
        path = self.inbox / name
        path.write_bytes(content)
        return path

    def lying(self) -> list[str]:
        """The files of the inbox."""
        return sorted(each.name for each in self.inbox.iterdir() if each.is_file())

    def archived(self) -> dict[str, bytes]:
        return (
            {each.name: each.read_bytes() for each in sorted(self.archive.glob("*"))} if self.archive.exists() else {}
        )

    def work(self, fence: Fence | None = None) -> DeliveryWork:
        return DeliveryWork(self.database, self.bell, KEYRING, fence)

    def order(self, **more: object) -> FetchOrder:
        order = FetchOrder(
            destination="partner",
            pattern="",
            stable=timedelta(seconds=2),
            after_commit=AfterCommit.ARCHIVE,
            archive_folder="archive",
            most=1000,
            site="default",
            mode="normal",
        )
        return replace(order, **more)  # type: ignore[arg-type]  # a test's shorthand

    def received(self, consumer: Consumer | None = None, *, into: Received | None = None, **more: object) -> Received:
        """A whole fetch. What it raises goes through; `into` has what was received until then."""
        received = Received() if into is None else into
        with closing(self.fetch(self.order(**more), consumer or Consumer())) as parts:
            for part in parts:
                received.take(part)
        return received

    def journal(self) -> Sequence[str]:
        with self.database.begin() as connection:
            return connection.execute(sa.text("SELECT text FROM journal_entry ORDER BY number")).scalars().all()

    def remembered(self) -> dict[str, str]:
        """Content by name, of what was committed."""
        with self.database.begin() as connection:
            rows = connection.execute(sa.text("SELECT file_name, sha256 FROM fetched_file ORDER BY file_name"))
            return {row.file_name: row.sha256 for row in rows}

    @contextmanager
    def _open(self, destination: Destination) -> Iterator[Source]:
        roots, sandbox = [PurePosixPath(self.inbox.parent)], PurePosixPath(self.sandbox.parent)
        with OpenSource(roots=roots, sandbox=sandbox, gate=GATE, patience=PATIENCE)(destination) as source:
            yield self.source(source)


@dataclass
class Wrapped:
    """A source that is another, but for what a test changes."""

    inner: Source
    before_read: Callable[[Offered], object] = lambda offered: None
    before_clear: Callable[[str], object] = lambda container: None
    after_clear: Callable[[str], object] = lambda container: None
    looks: int = 0
    settles: bool = True

    def offered(self) -> Sequence[Offered]:
        self.looks += 1
        return self.inner.offered()

    def read(self, offered: Offered) -> Iterator[bytes]:
        self.before_read(offered)
        return self.inner.read(offered)

    def archive(self, container: str, folder: str) -> None:
        self.before_clear(container)
        self.inner.archive(container, folder)
        self.after_clear(container)

    def delete(self, container: str) -> None:
        self.before_clear(container)
        self.inner.delete(container)
        self.after_clear(container)


@dataclass
class Mailbox:
    """Messages with attachments: immutable, and taken away as a whole."""

    messages: dict[str, dict[str, bytes]]
    archived: dict[str, str] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    settles: bool = False

    def offered(self) -> Sequence[Offered]:
        return [
            Offered(
                name=name,
                key=f"7/{message}/{part}",
                container=message,
                size_bytes=None,
                modify_time=datetime(2017, 1, 31, tzinfo=UTC),
            )
            for message, files in self.messages.items()
            for part, name in enumerate(files)
        ]

    def read(self, offered: Offered) -> Iterator[bytes]:
        self.reads.append(offered.name)
        yield self.messages[offered.container][offered.name]

    def archive(self, container: str, folder: str) -> None:
        self.messages.pop(container)
        self.archived[container] = folder

    def delete(self, container: str) -> None:
        self.messages.pop(container)


def raising(error: CarryFailed | BaseException) -> Callable[[object], None]:
    def act(what: object) -> None:
        raise error

    return act
