"""What a fetch takes of what a source offers, and what became of it before. Pure: no look at any source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from fnmatch import fnmatchcase
from typing import Generic, Protocol, TypeVar
from uuid import UUID, uuid5

from services.delivery.domain.file_names import file_name_problem
from services.delivery.domain.spool import TRAINING

FILES = UUID("6f9a3f0e-6c1c-5d55-9d39-5b1d6d0a7c11")  #: the ids of fetched files come from it
OURS = ".backroom-"  #: begins the names of temporaries, ours and our consumers'
LONGEST_PATTERN = 255
MOST_TOGETHER = 32  #: files that are brought here before the next is sent on
BYTES_TOGETHER = 64 << 20  #: of them; a bigger file comes alone
COARSEST_TIME = timedelta(minutes=2)  #: some servers tell times by the minute
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class AfterCommit(Enum):
    """What happens at the source to a file that was committed."""

    ARCHIVE = "archive"
    DELETE = "delete"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOrder:
    """What a consumer asks for."""

    destination: str  #: id
    pattern: str  #: of the names; empty: all
    stable: timedelta  #: for which size and time must not have changed
    after_commit: AfterCommit
    archive_folder: str
    most: int  #: files that are sent
    site: str
    mode: str  #: of the site when the importer's run started: normal, isolated, training

    @property
    def training(self) -> bool:
        """Whether files come from the sandbox."""
        return self.mode == TRAINING


class Listed(Protocol):
    """A file that a source has."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def container(self) -> str: ...
    @property
    def size_bytes(self) -> int | None: ...
    @property
    def modify_time(self) -> datetime | None: ...


L = TypeVar("L", bound=Listed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen(Generic[L]):
    """What a source has of what is asked for."""

    files: Sequence[L]  #: oldest first, those of one container together
    misnamed: Sequence[L]  #: of names that no file may have here


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file that was fetched."""

    id: UUID
    destination: str  #: id
    file_name: str
    source_key: str
    size_bytes: int
    sha256: str
    modify_time: datetime | None
    seen_time: datetime  #: before it was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A file that was committed, as its row has it."""

    id: UUID
    source_key: str
    seen_time: datetime  #: when it was last known to be what it was


def fetched_id(destination: str, name: str, sha256: str) -> UUID:
    """The same for the same name and content, however often it is fetched."""
    return uuid5(FILES, f"{destination}\0{name}\0{sha256}")


def matches(name: str, pattern: str) -> bool:
    """Whether a name is asked for. Hidden ones only by a pattern that begins with `.`; temporaries never."""
    if name.startswith(OURS):
        return False
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return fnmatchcase(name, pattern or "*")


def choose(offered: Iterable[L], pattern: str) -> Chosen[L]:
    """What is asked for."""
    asked = sorted(
        (each for each in offered if matches(each.name, pattern)),
        key=lambda each: (each.modify_time or LONG_AGO, each.container, each.name),
    )
    return Chosen(
        files=[each for each in asked if file_name_problem(each.name) is None],
        misnamed=[each for each in asked if file_name_problem(each.name) is not None],
    )


def unchanged(before: Iterable[L], now: Iterable[L]) -> Sequence[L]:
    """Those that are what they were when they were looked at before."""
    seen = {_looks(each) for each in before}
    return [each for each in now if _looks(each) in seen]


def is_believed(known: Remembered, listed: Listed, *, settles: bool, after_commit: AfterCommit) -> bool:
    """Whether what bears the key of a committed file is that file, without a look into it.

    What cannot change, is. Of what can, a listing may be too coarse to tell: a file of the same length that was
    written within the same minute has the same key. So nothing that would be taken away is believed, and what stays
    only if it was known long enough after it was last changed.
    """
    if not settles:
        return True
    if after_commit is not AfterCommit.LEAVE or listed.modify_time is None:
        return False
    return known.seen_time >= listed.modify_time + COARSEST_TIME


def together(files: Sequence[L], most: int) -> Sequence[L]:
    """The first of them that are brought here before one is sent on."""
    room = BYTES_TOGETHER
    for place, each in enumerate(files[: min(most, MOST_TOGETHER)]):
        room -= BYTES_TOGETHER if each.size_bytes is None else each.size_bytes
        if room < 0:
            return files[: max(place, 1)]
    return files[: min(most, MOST_TOGETHER)]


def archive_folder_problem(folder: str) -> str | None:
    """What is wrong with the folder for committed files and what to do, or None where it may be used."""
    if folder.startswith("/"):
        return "give the folder relative to the destination's"
    for part in folder.split("/"):
        problem = file_name_problem(part)
        if problem is not None:
            return f"{part!r} is no folder's name: {problem}"
    return None


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether two folders of an IMAP account are one, as far as their names as people type them tell."""
    return _levels(one) == _levels(other)


def _levels(folder: str) -> Sequence[str]:
    first, *others = [level for level in folder.split("/") if level] or ["INBOX"]
    return [first.upper() if first.upper() == "INBOX" else first, *others]


class Waiting:
    """Which files of each container have still to be committed: a message goes when its last attachment is."""

    def __init__(self, chosen: Chosen[L]) -> None:
        self._left: dict[str, set[tuple[str, str]]] = {}
        for each in (*chosen.files, *chosen.misnamed):
            self._left.setdefault(each.container, set()).add((each.key, each.name))

    def settle(self, listed: Listed) -> bool:
        """Notes that a file is committed; whether that was the container's last."""
        left = self._left.get(listed.container, set())
        left.discard((listed.key, listed.name))
        return not left


def by_key(remembered: Iterable[Remembered]) -> Mapping[str, Remembered]:
    """The latest of each key."""
    return {each.source_key: each for each in sorted(remembered, key=lambda each: each.seen_time)}


def _looks(listed: Listed) -> tuple[str, str, str, int | None, datetime | None]:
    return listed.container, listed.name, listed.key, listed.size_bytes, listed.modify_time
