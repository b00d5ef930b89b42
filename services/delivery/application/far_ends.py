"""What the use cases need of far ends: folders to write to, post to give to, sources to fetch from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.delivery.domain.destinations import Destination
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.spool import SpoolFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to write under a name."""

    name: str
    size_bytes: int  #: of the whole file
    chunks: Iterable[bytes]  #: from `start` on; what they raise goes through
    start: int = 0  #: bytes that lie there under the name already; the rest is written after them
    written: Callable[[int], None] = field(default=lambda size: None)
    """Told now and then how many bytes of the file are known to be at the far end, `start` included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What the far end says of a file that was written."""

    size_bytes: int | None  #: None where it does not say: some servers take a file away at once, or let nobody look
    sha256: str | None = None  #: lower-case hexadecimal, where the server can tell it


class Carrier(Protocol):
    """A connection to the folder of one destination, for one batch. All that it raises of its own is a `CarryFailed`.

    Where several files are given, one that fails does not stop the others: its failure stands in its place in the
    answer. A `FarEndFailed` is raised, and ends the batch.
    """

    resumes: bool  #: whether it can write after what is there

    def prepare(self, *, make: bool) -> bool:
        """Makes the folder where it is missing, or raises `FolderMissing`; answers whether it was made."""

    def remove(self, names: Sequence[str]) -> None:
        """Deletes files of the folder. Missing is fine."""

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        """Writes files, synced as far as the far end can. What lies under a name is replaced, from `start` on.

        What could not be written is taken away again as far as that can be done, unless it can be resumed. What the
        carrier has not opened, or the server has not taken, is left: it is another's that bears the name. Where the
        connection breaks (`BROKEN`), or what the chunks raise goes through, what was opened may stay.
        """

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """The lengths of those that are there; -1 for what is no file, or has no length that is told."""

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        """Gives files their names, in order, in the place of what bears them only with `replace`.

        `TemporaryMissing` where there is nothing of the first name, `AlreadyThere` where the second is taken and must
        not be replaced. Raises `CannotRename` where the server renames nothing at all.
        """

    def check(self, *, make: bool) -> None:
        """Raises where the folder, as far as can be told without writing, would take no file.

        A missing one is fine where it may be made, else `FolderMissing`.
        """


class Carriers(Protocol):
    """Connects to the folders of destinations: server paths, sandboxes, FTP and SFTP servers."""

    def __call__(self, destination: Destination) -> AbstractContextManager[Carrier]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A file on its way to where messages are held."""

    file: SpoolFile
    chunks: Callable[[], Iterator[bytes]]  #: its bytes, from the beginning each time
    repeated: bool  #: an earlier try may have brought it there


class Post(Protocol):
    """A connection to what holds messages, for one batch. A repeat of a parcel is recognised there, never doubled."""

    def deliver(self, parcel: Parcel) -> None:
        """Returns once it is there. Raises `CarryFailed`."""

    def verify(self, probe: str) -> Sequence[str]:
        """Delivers the message "Test de connexion" with a file `probe`, and takes it away again where it can.

        Answers keys of `warning.*` in the catalogue. Raises `CarryFailed`.
        """

    def check(self) -> None:
        """Raises where, as far as can be told without sending, nothing would be taken."""


class Posts(Protocol):
    """Connects to what holds messages: IMAP accounts, and mail."""

    def __call__(self, destination: Destination) -> AbstractContextManager[Post]: ...


class Messages(Protocol):
    """The messages by which files go out, where another service sends them in its own time."""

    def give_up(self, file: SpoolFile, reason: str) -> Sequence[str]:
        """After this none of the file's is sent any more. Answers the names of those that have arrived, or may have.

        A repeat finds what an earlier call has done. Raises `BeingSent` while one is under way to its server, and
        `Unavailable` where nobody can tell.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A file that a source has."""

    name: str  #: as the consumer gets it
    key: str  #: what it is at its source, changing with its content: place, size and time
    container: str  #: what is archived or deleted as a whole: the file itself, or the message it is attached to
    size_bytes: int | None  #: None where only reading tells
    modify_time: datetime | None


class Source(Protocol):
    """A connection to what files are fetched from. All that it raises of its own is a `CarryFailed`."""

    settles: bool  #: whether its files may still grow, so that they must be looked at twice

    def offered(self) -> Sequence[Offered]:
        """The regular files of the folder, or the attachments of its messages; links and folders left out."""

    def read(self, offered: Offered) -> Iterator[bytes]:
        """The bytes of a file."""

    def archive(self, container: str, folder: str) -> None:
        """Moves it into the folder, made where missing; never over what is there. Gone already is fine."""

    def delete(self, container: str) -> None:
        """Deletes it. Gone already is fine."""


class Sources(Protocol):
    """Connects to what files are fetched from."""

    def __call__(self, destination: Destination) -> AbstractContextManager[Source]: ...
