"""Files fetched from FTP servers: looked at by MLSD or LIST, read whole, moved or deleted when asked."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import structlog

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.destinations import Ftp
from services.delivery.domain.failures import (
    CannotRename,
    DiskFull,
    FolderMissing,
    NoPermission,
    Phase,
    TimedOut,
    TooManyFiles,
)
from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.domain.transfer_options import MOST_NAMES, numbered
from services.delivery.gateways.ftp.answers import DENIED, MISSING, FtpRefusal
from services.delivery.gateways.ftp.client import FtpClient
from services.delivery.gateways.ftp.data import transfer
from services.delivery.gateways.ftp.folder import FtpFolder
from services.delivery.gateways.ftp.listing import Entry, listed_entry, moment, told_entry
from services.delivery.gateways.network import LONGEST_LISTING, Gate, Patience
from services.delivery.gateways.raw_names import container_of, raw_name, shown_name

log = structlog.get_logger(__name__)

MOST_LISTED = 64 << 20  #: bytes of a listing, half a million files
TIME_OF_ONE = 0.5  #: seconds that asking for the time of a file may take on average, beside the listing


class FtpSource:
    """The files of one folder."""

    settles = True  #: whoever writes there may not be done

    def __init__(self, folder: FtpFolder) -> None:
        self._folder = folder

    def offered(self) -> Sequence[Offered]:
        """Its regular files; what is not certain to be one is left out.

        Raises `TooManyFiles` for a listing that is too long, and `TimedOut` for one that takes too long.
        """
        return [_offered(entry) for entry in self._entries()]

    def read(self, offered: Offered) -> Iterator[bytes]:
        """The bytes of a file, in pieces. It counts once the server has said so and the length is right."""
        client = self._folder.entered()
        received = 0
        try:
            with transfer(client, "RETR", raw_name(offered.container)) as data:
                while piece := data.receive():
                    received += len(piece)
                    yield piece
        except FtpRefusal as refused:
            failure = self._folder.failure(offered.name, refused.answer)
            if isinstance(failure, FolderMissing | NoPermission | DiskFull):  # of this file: the folder has let us look
                failure = RefusedByServer(self._folder.named(offered.name), refused.answer.text)
            raise failure from refused
        if offered.size_bytes not in {None, received}:
            raise NotVerified(offered.name, offered.size_bytes or 0, received)

    def archive(self, container: str, folder: str) -> None:
        """Moves a file into a folder below, under the next free name. Gone already is fine."""
        name, shown = raw_name(container), shown_name(container)
        if not self._seen(name, shown):
            return
        self._make(folder)
        path = self._folder.named(shown)
        for number in range(1, MOST_NAMES):
            target = f"{folder}/{name if number == 1 else numbered(shown, number)}"
            if self._folder.bears(target):
                continue
            if not self._seen(name, shown):
                return  # somebody was quicker
            answer = self._folder.client().ask("RNTO", target)
            if answer.unknown:
                raise CannotRename(path, answer.text)
            if not answer.good:
                raise RefusedByServer(path, answer.text)
            return
        raise RefusedByServer(path, f"{folder} has {MOST_NAMES} of that name")

    def delete(self, container: str) -> None:
        """Deletes a file. Gone already is fine."""
        name = raw_name(container)
        answer = self._folder.entered().ask("DELE", name)
        if answer.good or answer.says(MISSING) or self._folder.size(name) is None:
            return
        raise RefusedByServer(self._folder.named(shown_name(container)), answer.text)

    def _seen(self, name: str, shown: str) -> bool:
        """RNFR: whether it is there. Raises where it may not be moved: taken for gone it would be fetched for ever."""
        answer = self._folder.entered().ask("RNFR", name)
        if answer.code // 100 == 3:
            return True
        if answer.unknown:
            raise CannotRename(self._folder.named(shown), answer.text)
        if self._folder.size(name) is None:
            return False
        raise RefusedByServer(self._folder.named(shown), answer.text)

    def _make(self, folder: str) -> None:
        """Makes it part by part; what it answers does not tell whether it was there, the renaming will."""
        made = ""
        for part in filter(None, folder.split("/")):
            made = f"{made}/{part}" if made else part
            answer = self._folder.entered().ask("MKD", made)
            if answer.good or self._folder.bears(made):
                continue
            if answer.says(DENIED):
                raise NoPermission(self._folder.named(made), answer.text)
            raise FolderMissing(self._folder.named(made), answer.text)

    def _entries(self) -> Sequence[Entry]:
        client = self._folder.entered()
        end = monotonic() + LONGEST_LISTING
        if client.has("MLST"):
            try:
                lines = self._lines(client, "MLSD", end)
            except FtpRefusal as refused:
                if not refused.answer.unknown:
                    raise self._folder.no_folder(refused.answer) from refused
            else:
                return [entry for entry in map(told_entry, lines) if entry is not None]
        try:
            client.ask("TYPE", "A")  # what LIST is defined for
            lines = self._lines(client, "LIST", end)
        except FtpRefusal as refused:
            if refused.answer.says(MISSING):  # so some call an empty folder
                return []
            raise self._folder.no_folder(refused.answer) from refused
        finally:
            if client.alive:
                client.ask("TYPE", "I")
        unclear = [line for line in lines if line.startswith("-") and listed_entry(line) is None]
        if unclear:
            log.warning("lines of a listing are not understood; their files are not fetched", lines=len(unclear))
        entries = [entry for entry in map(listed_entry, lines) if entry is not None]
        end += len(entries) * TIME_OF_ONE
        return [self._timed(client, entry, end) for entry in entries] if client.has("MDTM") else entries

    def _timed(self, client: FtpClient, entry: Entry, end: float) -> Entry:
        """With its time as MDTM tells it: to the second, and in UTC."""
        self._must_be_before(end, "answer")
        # Many servers also set times by MDTM: a name that begins with a time would be taken for one.
        answer = client.ask("MDTM", f"./{entry.name}" if entry.name[:14].isdecimal() else entry.name)
        time = moment(answer.lines[0]) if answer.code == 213 else None
        return entry if time is None else replace(entry, time=time, stamp=answer.lines[0].strip())

    def _lines(self, client: FtpClient, verb: str, end: float) -> Sequence[str]:
        """A listing. Names that are not in UTF-8 go back to the server as it wrote them."""
        pieces: list[bytes] = []
        size = 0
        with transfer(client, verb) as data:
            while piece := data.receive():
                pieces.append(piece)
                size += len(piece)
                if size > MOST_LISTED:
                    raise TooManyFiles(self._folder.path)
                self._must_be_before(end, "data")
        text = b"".join(pieces).decode(errors="surrogateescape")
        return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]

    def _must_be_before(self, end: float, phase: Phase) -> None:
        if monotonic() > end:
            raise TimedOut(self._folder.ftp.host, self._folder.ftp.port, phase)


def _offered(entry: Entry) -> Offered:
    container = container_of(entry.name)
    return Offered(
        name=shown_name(container),
        key=f"{container}/{entry.size_bytes}/{entry.stamp}",
        container=container,
        size_bytes=entry.size_bytes,
        modify_time=entry.time,
    )


@contextmanager
def open_ftp_source(ftp: Ftp, gate: Gate, patience: Patience) -> Iterator[Source]:
    """A folder of an FTP server; it is not made. Raises failures of ours only."""
    folder = FtpFolder(ftp, lambda: FtpClient(ftp, gate, patience))
    try:
        folder.enter(make=False)
        yield FtpSource(folder)
    finally:
        folder.end()
