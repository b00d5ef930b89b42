"""SFTP servers as sources: regular files of a folder, read ahead of need, archived or deleted where they lie."""

import posixpath
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import CarryFailed, FileFailed, FolderMissing, TimedOut, TooManyFiles
from services.delivery.domain.file_failures import AlreadyThere, NotVerified, RefusedByServer, TemporaryMissing
from services.delivery.domain.transfer_options import MOST_NAMES, numbered
from services.delivery.gateways.network import LONGEST_LISTING, Gate, Patience
from services.delivery.gateways.raw_names import container_of, raw_name, shown_name
from services.delivery.gateways.sftp import renaming
from services.delivery.gateways.sftp.answers import failure_of_answer
from services.delivery.gateways.sftp.folders import Folders, folder_of
from services.delivery.gateways.sftp.jobs import Job, Jobs
from services.delivery.gateways.sftp.opening import opened, session_errors
from services.delivery.gateways.sftp.reading import Reading
from services.delivery.gateways.sftp.renaming import Names
from services.delivery.gateways.sftp.session import Broken, Session
from services.delivery.gateways.sftp.wire import (
    NAME,
    NO_ATTRIBUTES,
    Asked,
    Attributes,
    Code,
    Garbled,
    Opened,
    ServerStatus,
    number,
    path,
    string,
)

TEMPORARY = re.compile(r"\.backroom-.*\.part")  #: what is being written there, by us or another Backroom
MOST_LISTED = 256 << 20  #: bytes of memory that a listing may take, half a million files
ENTRY = 512  #: bytes that a file takes there beside its name


class SftpSource:
    """One session with one server."""

    settles = True

    def __init__(self, sftp: Sftp, session: Session) -> None:
        self._sftp = sftp
        self._session = session
        self._folder = folder_of(sftp)
        self._folders = Folders(sftp, session)

    def offered(self) -> Sequence[Offered]:
        """The regular files of the folder; links, folders and files that are being written are left out.

        Raises `TooManyFiles` for a listing that is too long, and `TimedOut` for one that takes too long.
        """
        with session_errors(self._sftp):
            opened = self._session.ask(Asked.OPENDIR, path(self._folder or "."))
            if (refusal := opened.refusal) is not None:
                raise _of_folder(self._folder or ".", refusal)
            handle = opened.handle()
            found = [self._offer(name, attributes) for name, attributes in self._entries(handle)]
            self._session.ask(Asked.CLOSE, string(handle))
            return [offered for offered in found if offered is not None]

    def read(self, offered: Offered) -> Iterator[bytes]:
        """The bytes of a file, no more and no fewer than it had when it was offered."""
        full = self._path(raw_name(offered.container))
        with session_errors(self._sftp):
            opened = self._session.ask(Asked.OPEN, path(full) + number(Opened.READ) + NO_ATTRIBUTES)
            if (refusal := opened.refusal) is not None:
                raise _of_file(full, refusal)
            handle = opened.handle()
            before = self._look(handle)
            reading = Reading(self._session, handle, full)
            try:
                if offered.size_bytes is not None and before.size not in {None, offered.size_bytes}:
                    raise NotVerified(offered.name, offered.size_bytes, before.size or 0)
                size = before.size if before.size is not None else offered.size_bytes
                yield from reading.pieces(offered.name, size)
                if self._look(handle) != before:
                    raise NotVerified(offered.name, reading.received, self._look(handle).size or 0)
            except (Broken, Garbled):
                raise  # the session is over, and the handle with it
            except BaseException:
                reading.settle()
                self._session.ask(Asked.CLOSE, string(handle))
                raise
            self._session.ask(Asked.CLOSE, string(handle))

    def archive(self, container: str, folder: str) -> None:
        """Moves a file into a folder, made where missing; under the next free name where its own is taken."""
        target = posixpath.join(self._folder, folder.rstrip("/"))
        self._folders.make(target)
        name = raw_name(container)
        for place in range(1, MOST_NAMES):
            chosen = name if place == 1 else numbered(shown_name(container), place)
            outcome = self._rename(Names(target, self._path(name), posixpath.join(target, chosen)))
            if outcome is None or isinstance(outcome, TemporaryMissing):
                return
            if not isinstance(outcome, AlreadyThere):
                raise outcome
        raise AlreadyThere(name)

    def delete(self, container: str) -> None:
        """Deletes a file; gone already is fine."""
        full = self._path(raw_name(container))
        with session_errors(self._sftp):
            refusal = self._session.ask(Asked.REMOVE, path(full)).refusal
        if refusal is not None and refusal.code != Code.NO_SUCH_FILE:
            raise _of_file(full, refusal)

    def _path(self, name: str) -> str:
        return posixpath.join(self._folder, name)

    def _rename(self, names: Names) -> CarryFailed | None:
        outcomes: list[CarryFailed | None] = []

        def job() -> Job:
            outcomes.append((yield from renaming.add(names)))

        with session_errors(self._sftp):
            Jobs(self._session, 1).run([job()])
        return outcomes[0]

    def _entries(self, handle: bytes) -> Iterator[tuple[str, Attributes]]:
        room = MOST_LISTED
        end = monotonic() + LONGEST_LISTING
        while page := self._page(handle):
            for name, attributes in page:
                room -= ENTRY + len(name)
                if room < 0:
                    raise TooManyFiles(self._folder or ".")
                if monotonic() > end:
                    raise TimedOut(self._sftp.host, self._sftp.port, "answer")
                yield name, attributes

    def _page(self, handle: bytes) -> Sequence[tuple[str, Attributes]]:
        """The next entries of a listing; none at its end, which some servers say by naming none."""
        answer = self._session.ask(Asked.READDIR, string(handle))
        if (refusal := answer.refusal) is not None:
            if refusal.code == Code.EOF:
                return []
            raise _of_folder(self._folder or ".", refusal)
        reader = answer.read(NAME)
        page: list[tuple[str, Attributes]] = []
        for _ in range(reader.number()):
            name = reader.text()
            reader.string()  # the same for people
            page.append((name, reader.attributes()))
        return page

    def _offer(self, name: str, attributes: Attributes) -> Offered | None:
        if "/" in name or "\0" in name or name in {"", ".", ".."} or TEMPORARY.fullmatch(name):
            return None
        if attributes.mode is None:  # the listing does not tell what it is
            answer = self._session.ask(Asked.LSTAT, path(self._path(name)))
            if answer.refusal is not None:
                return None  # gone meanwhile
            attributes = answer.attributes()
        if attributes.mode is None or not stat.S_ISREG(attributes.mode):
            return None
        container = container_of(name)
        time = None if attributes.modified is None else datetime.fromtimestamp(attributes.modified, UTC)
        return Offered(
            name=shown_name(container),
            key=f"{self._path(container)}|{attributes.size}|{attributes.modified}",
            container=container,
            size_bytes=attributes.size,
            modify_time=time,
        )

    def _look(self, handle: bytes) -> Attributes:
        """What the server tells of an open file; its mode and the like do not count."""
        answer = self._session.ask(Asked.FSTAT, string(handle))
        if answer.refusal is not None:
            return Attributes()
        found = answer.attributes()
        return Attributes(size=found.size, modified=found.modified)


def _of_folder(folder: str, refusal: ServerStatus) -> CarryFailed:
    if refusal.code == Code.NO_SUCH_FILE:
        return FolderMissing(folder, refusal.answer)
    return failure_of_answer(folder, refusal)


def _of_file(full: str, refusal: ServerStatus) -> FileFailed:
    """Why one file cannot be had; the next may."""
    return RefusedByServer(full, refusal.answer)


@contextmanager
def open_sftp_source(sftp: Sftp, gate: Gate, patience: Patience) -> Iterator[Source]:
    """A fetch from an SFTP server. Raises failures of ours only."""
    with opened(sftp, gate, patience) as (_, session):
        yield SftpSource(sftp, session)
