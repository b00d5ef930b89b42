"""SFTP servers as folders to write to: one session carries a batch, many files at once, each answer looked at."""

import posixpath
import stat
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager

import structlog

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import (
    CarryFailed,
    DiskFull,
    FarEndFailed,
    FileFailed,
    FolderMissing,
)
from services.delivery.domain.file_failures import NotVerified
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.sftp import renaming
from services.delivery.gateways.sftp.answers import failure_of_answer
from services.delivery.gateways.sftp.aside import FSYNC, SecondChannel
from services.delivery.gateways.sftp.folders import Folders, folder_of
from services.delivery.gateways.sftp.hashing import Hashing
from services.delivery.gateways.sftp.jobs import Ask, Command, Job, Jobs
from services.delivery.gateways.sftp.opening import opened, session_errors
from services.delivery.gateways.sftp.renaming import POSIX_RENAME, Names
from services.delivery.gateways.sftp.room import STATVFS, is_full
from services.delivery.gateways.sftp.session import Session
from services.delivery.gateways.sftp.wire import Answer, Asked, Code, ServerStatus, path
from services.delivery.gateways.sftp.writing import Shrunk, Stopped, write_file

log = structlog.get_logger(__name__)

BIG = 32 << 20  #: bytes; of such a file the disk's time counts
AT_ONCE = 64  #: files open together; OpenSSH allows many more, some servers no more than 100


class SftpCarrier:
    """One session with one server."""

    resumes = True

    def __init__(self, sftp: Sftp, session: Session, second: SecondChannel) -> None:
        self._sftp = sftp
        self._session = session
        self._second = second
        self._folder = folder_of(sftp)
        self._folders = Folders(sftp, session)
        self._hashing = Hashing(session.extensions)

    def prepare(self, *, make: bool) -> bool:
        """Makes the folder, part by part, where it is missing."""
        if make:
            return self._folders.make(self._folder)
        self.check(make=False)
        return False

    def check(self, *, make: bool) -> None:
        """Looks whether the folder is one; a missing one is fine where it may be made."""
        if not self._folders.is_folder(self._folder or ".") and not make:
            raise FolderMissing(self._folder, "it must exist")

    def remove(self, names: Sequence[str]) -> None:
        """Deletes files; missing is fine."""
        failures: list[CarryFailed] = []

        def one(name: str) -> Job:
            full = self._path(name)
            refusal = (yield Ask(Asked.REMOVE, path(full))).refusal
            if refusal is None or refusal.code == Code.NO_SUCH_FILE:
                return
            # A folder that lets nobody delete says so of what is not there as well.
            seen = (yield Ask(Asked.LSTAT, path(full))).refusal
            if seen is None or seen.code != Code.NO_SUCH_FILE:
                failures.append(failure_of_answer(full, refusal))

        self._run(one(name) for name in names)
        if failures:
            raise failures[0]

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        """Writes files, many at once, every answer checked. Those that could not be written are taken away."""
        outcomes: dict[int, Arrived | CarryFailed] = {}
        stop: list[CarryFailed] = []
        opened: set[int] = set()  #: what bears the names of the others is not ours to take away

        def one(place: int, upload: Upload) -> Job:
            if stop:
                return
            name = self._path(upload.name)
            conversation = write_file(
                name,
                upload,
                opened=lambda: opened.add(place),
                piece=self._session.write_size,
                syncs=FSYNC in self._session.extensions,
                aside=lambda: self._second.open(name, upload.start) if upload.size_bytes >= BIG else None,
                hashing=self._hashing,
                stopping=lambda: bool(stop),
            )
            try:
                outcomes[place] = yield from conversation
            except ServerStatus as error:
                outcomes[place] = yield from self._why_not_written(name, error)
            except Shrunk:
                outcomes[place] = NotVerified(upload.name, upload.start, 0)
            except CarryFailed as failure:
                outcomes[place] = failure
            except Stopped:
                return
            if isinstance(failed := outcomes[place], FarEndFailed):
                stop.append(failed)

        self._run(one(place, upload) for place, upload in enumerate(uploads))
        arrived = [outcomes.get(place) for place in range(len(uploads))]
        self._take_away(
            [
                upload.name
                for place, (upload, outcome) in enumerate(zip(uploads, arrived, strict=True))
                if place in opened and (stop or not isinstance(outcome, Arrived))
            ]
        )
        if stop:
            raise stop[0]
        return [outcome for outcome in arrived if isinstance(outcome, Arrived | FileFailed)]

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        """The lengths of those that the server shows."""
        found: dict[str, int] = {}

        def one(name: str) -> Job:
            answer = yield Ask(Asked.STAT, path(self._path(name)))
            if answer.refusal is None:
                attributes = answer.attributes()
                folder = attributes.mode is not None and stat.S_ISDIR(attributes.mode)
                found[name] = -1 if folder or attributes.size is None else attributes.size

        self._run(one(name) for name in names)
        return found

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        """Gives files their names; in the place of what bears them in one step where the server can."""
        outcomes: dict[int, CarryFailed | None] = {}
        posix = POSIX_RENAME in self._session.extensions

        def one(place: int, name: str, target: str) -> Job:
            names = Names(self._folder, self._path(name), self._path(target))
            outcomes[place] = yield from (renaming.replace(names, posix=posix) if replace else renaming.add(names))

        self._run(one(place, name, target) for place, (name, target) in enumerate(pairs))
        answers: list[FileFailed | None] = []
        for place in range(len(pairs)):
            outcome = outcomes[place]
            if outcome is not None and not isinstance(outcome, FileFailed):
                raise outcome
            answers.append(outcome)
        return answers

    def _why_not_written(self, name: str, status: ServerStatus) -> Generator[Command, Answer, CarryFailed]:
        failure = failure_of_answer(name, status)
        one_word_for_all = status.code == Code.FAILURE and STATVFS in self._session.extensions  # OpenSSH
        if one_word_for_all and (yield from is_full(self._folder or ".")):
            return DiskFull(name, status.answer)
        return failure

    def _take_away(self, names: Sequence[str]) -> None:
        """Frees the room of files that failed. Where that fails too, the next try removes them, by their names."""
        if not names:
            return
        try:
            self.remove(names)
        except CarryFailed as again:
            log.warning("temporary files stay at the far end until the next try", files=names, reason=again.reason)

    def _path(self, name: str) -> str:
        return posixpath.join(self._folder, name)

    def _run(self, jobs: Iterator[Job]) -> None:
        with session_errors(self._sftp):
            Jobs(self._session, AT_ONCE).run(jobs)


@contextmanager
def open_sftp(sftp: Sftp, gate: Gate, patience: Patience) -> Iterator[Carrier]:
    """A batch to an SFTP server. Raises failures of ours only."""
    with opened(sftp, gate, patience) as (transport, session):
        yield SftpCarrier(sftp, session, SecondChannel(transport, patience.answer))
