"""Sends a file straight to its destination while it comes in: past the spool, whole or not at all.

    try recorded (SENDING) → what earlier tries left removed → written under a temporary name of this try, as it comes
    → verified against what came → renaming recorded (RENAMING) → renamed → delivery recorded (DELIVERED)

Whatever fails takes its temporary away and leaves the row DISCARDED; where the far end could not be reached for that,
the next sending there does it. Of a process that died the sweep says the same. The next try of the attempt takes the
row over, and asks first for a renaming that was recorded and whose end nobody has heard of. It holds no lease of
its destination, for it may take hours: its temporary names are its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

from chassis import telemetry
from chassis.errors import Unavailable
from chassis.file_names import alike
from chassis.journal import Level
from services.delivery.application.clearing_litter import clear_litter
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.far_ends import Carrier, Carriers, Upload
from services.delivery.application.ports import Meter, Milestone, Milestones, OpenWork, Places, Work
from services.delivery.application.stream_ports import Content, Streams
from services.delivery.domain.destinations import Destination
from services.delivery.domain.errors import EpochPassed, RunSealed
from services.delivery.domain.failures import BROKEN, CarryFailed, FarEndFailed, NotAFolder
from services.delivery.domain.file_failures import AlreadyThere, NotVerified, TemporaryMissing
from services.delivery.domain.grouping import first_free, names_to_try, verified
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.transfer_options import Existing
from services.delivery.domain.unspooled import FileToSend, has_arrived, holds_messages, in_doubt, may_have_arrived

SOURCE = "sending"
UNKNOWN_SIZE = -1  #: of a file that is still being made


@dataclass(slots=True)
class _Try:
    """One try at a file."""

    file: SpoolFile
    where: Destination  #: the sandbox in training
    wanted: FileToSend
    gone: int = field(init=False)  #: temporaries up to this try are known to be gone
    opened: bool = field(init=False, default=False)  #: some of it may be there under the name that it is written under
    in_doubt: bool = field(init=False, default=False)  #: the far end was told to rename it, and has not answered

    def __post_init__(self) -> None:
        self.gone = self.file.swept

    @property
    def writes_to(self) -> str:
        """The name that it is written under."""
        return self.file.file_name if self.where.transfer.write_directly else self.file.temporary_name

    def bytes_of(self, content: Content) -> Iterator[bytes]:
        """They are asked for once there is something to write them to."""
        self.opened = True
        yield from content


@dataclass(frozen=True, slots=True, kw_only=True)
class SendFile:
    """Answers once the file has arrived; a repeat that has arrived answers at once and reads no bytes."""

    open_work: OpenWork
    carriers: Carriers
    streams: Streams
    failures: FailureKeeper
    milestones: Milestones
    meter: Meter
    sandbox: str  #: folder in which each destination has its sandbox
    places: Places  #: for files under way at once in this process

    def __call__(self, wanted: FileToSend, content: Content) -> SpoolFile:
        """Raises `CarryFailed`, what the content raises, `EpochPassed` once overtaken, `Unavailable` in doubt."""
        with self.places(), self.streams(wanted.file.attempt, wanted.file.ordinal):
            begun = self._begin(wanted, self._found(wanted))
            return begun if isinstance(begun, SpoolFile) else self._send(begun, content)

    def _found(self, wanted: FileToSend) -> SpoolFile | None:
        """What an earlier try was renaming when it ended, where it bears its name by now. It moves nothing before."""
        with self.open_work() as work:
            destination = work.destinations.hold(wanted.destination)
            stored = work.staging.find(wanted.file.attempt, wanted.file.ordinal)
            if stored is None or has_arrived(wanted, stored) or work.staging.is_sealed(wanted.file.run):
                return None
            where = destination.in_sandbox(self.sandbox) if stored.training else destination
            if not may_have_arrived(stored, wanted, where.method.place):
                return None
            self._may_leave(work, stored)
        try:
            with self.carriers(where) as carrier:
                made = carrier.prepare(make=not where.transfer.folder_must_exist)
                return None if made or not self._is_renamed(carrier, where, stored) else stored
        except CarryFailed as error:
            self.meter.failed(where.protocol, failure_of(error).reason)
            raise in_doubt(where.name, stored.file_name) from error

    def _begin(self, wanted: FileToSend, found: SpoolFile | None) -> _Try | SpoolFile:
        """A try that is recorded, or the file that has arrived."""
        with self.open_work() as work:
            destination = work.destinations.hold(wanted.destination)
            stored = work.staging.find(wanted.file.attempt, wanted.file.ordinal)
            added = None if stored is not None else work.unspooled.add(uuid4(), wanted)
            if added is None:
                stored = stored or work.staging.find(wanted.file.attempt, wanted.file.ordinal)
                assert stored is not None  # noqa: S101 - it was found, or a twin was quicker; tells mypy so
                if has_arrived(wanted, stored):
                    return stored
                added = work.unspooled.begin(stored, wanted)
            if work.staging.is_sealed(wanted.file.run):
                raise RunSealed(f"runs/{wanted.file.run}")
            if holds_messages(destination.method):
                raise NotAFolder(destination.name)
            begun = _Try(added, destination.in_sandbox(self.sandbox) if added.training else destination, wanted)
            if found is not None and found == stored:
                arrived = self._deliver(work, begun, found)
            else:
                arrived = None
                self.failures.tell_warnings(work, begun.where, wanted.owner, str(added.id))
                self._may_leave(work, added)
        if arrived is not None:
            return self._counted(begun, arrived)
        self.milestones.passed(Milestone.TRY_RECORDED, added)
        return begun

    def _may_leave(self, work: Work, file: SpoolFile) -> None:
        if work.spool.held_back([file.id]):
            raise Unavailable(f"site {file.site} is not in normal mode: nothing leaves it by itself")

    def _send(self, attempt: _Try, content: Content) -> SpoolFile:
        try:
            with (
                telemetry.span("delivery stream", destination=attempt.where.id, file=str(attempt.file.id)),
                self.carriers(attempt.where) as carrier,
            ):
                return self._carry(carrier, attempt, content)
        except Exception as error:
            self._give_up(attempt, error)
            if attempt.in_doubt:
                raise in_doubt(attempt.where.name, attempt.file.file_name) from error
            raise

    def _carry(self, carrier: Carrier, attempt: _Try, content: Content) -> SpoolFile:
        carrier.prepare(make=not attempt.where.transfer.folder_must_exist)
        self._clear(carrier, attempt)
        name = attempt.file.file_name
        if attempt.where.transfer.existing is Existing.REFUSE and carrier.sizes([name]):  # not only hours later
            raise AlreadyThere(name)
        try:
            upload = Upload(name=attempt.writes_to, size_bytes=UNKNOWN_SIZE, chunks=attempt.bytes_of(content))
            try:
                (arrived,) = carrier.write([upload])
                if isinstance(arrived, CarryFailed):
                    raise arrived
            except CarryFailed as failure:
                attempt.opened &= isinstance(failure, BROKEN)  # else the carrier has seen to what it had opened
                raise
            sent = replace(attempt.file, size_bytes=content.size_bytes, sha256=content.sha256)
            wrong = verified(sent, arrived.size_bytes, arrived.sha256)
            if wrong is not None:
                raise wrong
            self.milestones.passed(Milestone.WRITTEN, sent)
            if not attempt.where.transfer.write_directly:
                sent = self._rename(carrier, attempt, sent)
        except Exception:
            self._take_away(carrier, attempt)
            raise
        return self._arrived(attempt, sent)

    def _clear(self, carrier: Carrier, attempt: _Try) -> None:
        """Removes what earlier tries of this file, and others that were given up, have left there."""
        clear_litter(self.failures, None, attempt.where, carrier, attempt.wanted.owner)
        older = attempt.file.older_temporaries
        if older:
            carrier.remove(older)
        attempt.gone = attempt.file.attempts - 1

    def _rename(self, carrier: Carrier, attempt: _Try, sent: SpoolFile) -> SpoolFile:
        existing = attempt.where.transfer.existing
        for name in self._names(carrier, sent.file_name, existing):
            target = None if name == sent.file_name else name
            with self.open_work() as work:
                self._may_leave(work, attempt.file)
                recorded = work.unspooled.record_renaming(
                    attempt.file, sent.size_bytes, sent.sha256, attempt.where.method.place, target
                )
            self.milestones.passed(Milestone.RENAMING_RECORDED, recorded)
            pair = sent.temporary_name, name
            attempt.in_doubt = True
            try:
                (failure,) = carrier.rename([pair], replace=existing is Existing.REPLACE)
            except FarEndFailed:  # whether it was renamed only a repeat can tell
                with self.carriers(attempt.where) as again:
                    renamed = self._is_renamed(again, attempt.where, recorded)
                attempt.in_doubt = False
                if not renamed:
                    raise
                failure = None
            attempt.in_doubt = False
            if failure is None:
                self.milestones.passed(Milestone.RENAMED, recorded)
                return recorded
            if isinstance(failure, TemporaryMissing):  # it was there a moment ago: the far end is not right
                raise NotVerified(sent.file_name, sent.size_bytes, 0) from failure
            if not isinstance(failure, AlreadyThere):
                raise failure
        raise AlreadyThere(sent.file_name)

    def _names(self, carrier: Carrier, name: str, existing: Existing) -> Iterator[str]:
        """Its own, and where another bears it and keeps it, the next numbers that are free."""
        yield name
        if existing is Existing.KEEP_BOTH:
            for names in names_to_try(name):
                free = first_free(names, {alike(each) for each in carrier.sizes(names)})
                if free is not None:
                    yield free

    def _is_renamed(self, carrier: Carrier, where: Destination, recorded: SpoolFile) -> bool:
        """Repeats a renaming that was recorded. That there is nothing to rename any more means that it had happened."""
        temporary, target = recorded.temporary_name, recorded.final_name
        replacing = where.transfer.existing is Existing.REPLACE
        (failure,) = carrier.rename([(temporary, target)], replace=replacing)
        if not isinstance(failure, TemporaryMissing | AlreadyThere):
            return failure is None
        sizes = carrier.sizes([temporary, target])
        if temporary in sizes:
            return False
        # Some servers take a file away at once. Of one that was given up it may be the temporary that somebody removed.
        unseen = recorded.size_bytes if recorded.state is FileState.RENAMING else None
        return sizes.get(target, unseen) == recorded.size_bytes

    def _take_away(self, carrier: Carrier, attempt: _Try) -> None:
        """Nothing of the file stays, as far as this connection, or another one, still gets there."""
        if attempt.in_doubt:
            return  # the next try asks whether it has arrived
        if attempt.where.transfer.write_directly and (not attempt.opened or self._is_overtaken(attempt)):
            return  # what bears the name is another's
        if not self._removed(carrier, attempt):
            try:
                with self.carriers(attempt.where) as another:
                    if not self._removed(another, attempt):
                        return
            except CarryFailed:
                return  # the row says so: the next sending there removes it
        attempt.gone = attempt.file.attempts

    def _is_overtaken(self, attempt: _Try) -> bool:
        with self.open_work() as work:
            stored = work.staging.find(attempt.file.attempt, attempt.file.ordinal)
        return stored is None or (stored.epoch, stored.attempts) != (attempt.file.epoch, attempt.file.attempts)

    def _removed(self, carrier: Carrier, attempt: _Try) -> bool:
        try:
            carrier.remove([attempt.writes_to])
        except CarryFailed:
            return False
        return True

    def _arrived(self, attempt: _Try, sent: SpoolFile) -> SpoolFile:
        with self.open_work() as work:
            file = self._deliver(work, attempt, sent)
        return self._counted(attempt, file)

    def _deliver(self, work: Work, attempt: _Try, sent: SpoolFile) -> SpoolFile:
        file = work.unspooled.deliver(attempt.file, sent.size_bytes, sent.sha256, sent.target_name)
        self.failures.tell_delivered(work, attempt.where, [file], attempt.wanted.owner)
        return file

    def _counted(self, attempt: _Try, file: SpoolFile) -> SpoolFile:
        self.meter.sent(attempt.where.protocol)
        self.milestones.passed(Milestone.DELIVERY_RECORDED, file)
        return file

    def _give_up(self, attempt: _Try, error: Exception) -> None:
        failure = failure_of(error) if isinstance(error, CarryFailed) else None
        try:
            with self.open_work() as work:
                discarded = work.unspooled.discard(attempt.file, failure, swept=attempt.gone)
                self._tell(work, attempt, discarded)
        except EpochPassed:
            return  # the row is another try's, which removes the temporary of this one
        self.meter.failed(attempt.where.protocol, failure.reason if failure else "BROKEN_OFF")

    def _tell(self, work: Work, attempt: _Try, discarded: SpoolFile) -> None:
        texts, locale = self.failures.texts, self.failures.locale
        failure = discarded.failure
        reason = (
            texts.get("unspooled.broken_off", locale) if failure is None else explain(texts, locale, failure).message
        )
        key = "unspooled.in_doubt" if attempt.in_doubt else "unspooled.failed"
        text = texts.get(key, locale, file_name=discarded.file_name, destination=attempt.where.name, reason=reason)
        work.journal.write(
            text, source=SOURCE, level=Level.WARNING, user=attempt.wanted.owner, correlation=str(discarded.id)
        )
