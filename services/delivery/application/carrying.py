"""Carries the files of one task to one destination, so that each arrives once, whole, whatever dies when.

    try recorded (SENDING) → temporaries of older tries removed → written under a temporary name → verified
    → renaming recorded (RENAMING) → renamed → delivery recorded (DELIVERED) → taken out of the spool

The commit that records a delivery also records the next file's try: a file costs two commits, not three.
Each arrow is a point where the process may die. The successor finds the file's row and goes on: from SENDING it begins
a new try; from RENAMING it first repeats the renaming, and "there is no such file" then means that it had happened.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis import telemetry
from chassis.operations import Execution
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.ports import (
    Carrier,
    Carriers,
    Meter,
    Milestone,
    Milestones,
    OpenWork,
    Spool,
    TemporaryMissing,
)
from services.delivery.domain.destinations import Destination
from services.delivery.domain.failures import (
    CarryFailed,
    FarEndFailed,
    FileFailed,
    HeldBack,
    NotVerified,
    SpoolFileDamaged,
)
from services.delivery.domain.spool import FileState, SpoolFile

TELL_EVERY = 20  #: files between two words on how far the batch has come; each word is a transaction


@dataclass(slots=True)
class Carried:
    """What became of a batch."""

    delivered: list[SpoolFile] = field(default_factory=list)
    failed: dict[UUID, CarryFailed] = field(default_factory=dict)  #: file → why


@dataclass(slots=True)
class _Batch:
    """Files that share a connection."""

    execution: Execution
    destination: Destination
    carrier: Carrier
    left: list[SpoolFile]  #: in their order, the one being sent first
    folder_was_missing: bool = field(kw_only=True)  #: then no recorded renaming can be told by what is not there
    begun: SpoolFile | None = None  #: whose try is recorded already
    failed: list[tuple[SpoolFile, CarryFailed]] = field(default_factory=list)

    def older_failure(self, file: SpoolFile) -> CarryFailed | None:
        """Why an older file of the same name has not arrived, where one has not."""
        return next((why for other, why in self.failed if other.file_name == file.file_name), None)

    def following(self) -> SpoolFile | None:
        """The file whose try may begin with the end of this one's: nothing has to be asked or resolved before."""
        following = self.left[1] if len(self.left) > 1 else None
        if following is None or following.state is FileState.RENAMING or self.older_failure(following) is not None:
            return None
        return following


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """Sends a batch over one connection. Who calls holds the destination's lease."""

    open_work: OpenWork
    spool: Spool
    carriers: Carriers
    failures: FailureKeeper
    milestones: Milestones
    meter: Meter

    def __call__(self, execution: Execution, destination: Destination, files: Sequence[SpoolFile]) -> Carried:
        """Sends the files in their order, as far as the far end lets it."""
        carried = Carried()
        left = list(files)
        try:
            with self.carriers(destination) as carrier:
                batch = _Batch(execution, destination, carrier, left, folder_was_missing=carrier.prepare())
                while left:
                    execution.check()
                    done = len(files) - len(left)
                    if done % TELL_EVERY == 0:
                        execution.progress(done, len(files), left[0].file_name)
                    self._one(batch, left[0], carried)
                    left.pop(0)
        except FarEndFailed as failure:
            self._fail(execution, destination, left, failure, carried)
        return carried

    def _one(self, batch: _Batch, file: SpoolFile, carried: Carried) -> None:
        older = batch.older_failure(file)
        try:
            if older is not None:
                raise HeldBack(file.file_name, str(older))
            carried.delivered.append(self._send(batch, file))
            self.meter.sent(batch.destination.protocol)
        except FileFailed as failure:
            if not isinstance(failure, SpoolFileDamaged):  # one that can never be sent can never overwrite a newer one
                batch.failed.append((file, failure))
            self._fail(batch.execution, batch.destination, [file], failure, carried)

    def _send(self, batch: _Batch, file: SpoolFile) -> SpoolFile:
        if file.state is FileState.RENAMING and self._is_renamed(batch, file):
            return self._arrived(batch, file)
        if batch.begun is not None and batch.begun.id == file.id:
            file, batch.begun = batch.begun, None
        else:
            with self.open_work(batch.execution.fence) as work:
                file = work.spool.begin(file.id)
        self.milestones.passed(Milestone.TRY_RECORDED, file)
        for name in file.older_temporaries:
            batch.carrier.remove(name)
        with telemetry.span(
            "delivery upload", destination=batch.destination.id, file=str(file.id), bytes=file.size_bytes
        ):
            arrived = batch.carrier.write(file.temporary_name, self._bytes(batch.execution, file), file.size_bytes)
        if arrived != file.size_bytes:
            raise NotVerified(file.file_name, file.size_bytes, arrived)
        self.milestones.passed(Milestone.WRITTEN, file)
        with self.open_work(batch.execution.fence) as work:
            file = work.spool.record_renaming(file.id, batch.destination.method.place)
        self.milestones.passed(Milestone.RENAMING_RECORDED, file)
        try:
            self._rename(batch, file)
        except TemporaryMissing as missing:
            # It was there a moment ago and nobody else knows its name: the far end is not right, so send again.
            with self.open_work(batch.execution.fence) as work:
                work.spool.forget_renaming(file.id)
            raise NotVerified(file.file_name, file.size_bytes, 0) from missing
        return self._arrived(batch, file)

    def _is_renamed(self, batch: _Batch, file: SpoolFile) -> bool:
        """Resolves a renaming that an earlier try recorded; where the file has to be sent again, clears the record."""
        if file.place == batch.destination.method.place and not batch.folder_was_missing:
            try:
                self._rename(batch, file)
            except TemporaryMissing:
                if batch.carrier.size(file.file_name) in {None, file.size_bytes}:
                    return True  # it had happened; where the target is missing, its receiver has taken it away
            else:
                return True
        with self.open_work(batch.execution.fence) as work:
            work.spool.forget_renaming(file.id)
        return False

    def _rename(self, batch: _Batch, file: SpoolFile) -> None:
        with telemetry.span("delivery rename", destination=batch.destination.id, file=str(file.id)):
            batch.carrier.rename(file.temporary_name, file.file_name)
        self.milestones.passed(Milestone.RENAMED, file)

    def _arrived(self, batch: _Batch, file: SpoolFile) -> SpoolFile:
        following = batch.following()
        with self.open_work(batch.execution.fence) as work:
            file = work.spool.deliver(file.id)
            self.failures.tell_delivered(work, batch.destination, file, batch.execution.caller)
            begun = None if following is None else work.spool.begin(following.id)
        batch.begun = begun
        self.milestones.passed(Milestone.DELIVERY_RECORDED, file)
        self.spool.remove(file.task, file.id)
        self.milestones.passed(Milestone.TAKEN_OUT, file)
        return file

    def _bytes(self, execution: Execution, file: SpoolFile) -> Iterator[bytes]:
        """The file's bytes; raises `SpoolFileDamaged` where they are not those that were staged.

        Also raises what `check` raises: a big file does not keep a process that has to leave.
        """
        digest = hashlib.sha256()
        where = f"UPDATE-{file.task}/{file.id}"
        try:
            for piece in self.spool.read(file.task, file.id):
                execution.check()
                digest.update(piece)
                yield piece
        except OSError as unreadable:  # said here, or it would be taken for the far end's
            raise SpoolFileDamaged(file.file_name, where) from unreadable
        if digest.hexdigest() != file.sha256:
            raise SpoolFileDamaged(file.file_name, where)

    def _fail(
        self,
        execution: Execution,
        destination: Destination,
        files: Sequence[SpoolFile],
        failure: CarryFailed,
        carried: Carried,
    ) -> None:
        self.failures.keep(execution, destination, [file.id for file in files], failure)
        self.meter.failed(destination.protocol, failure.reason, len(files))
        carried.failed |= {file.id: failure for file in files}
