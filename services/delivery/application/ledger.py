"""What every sending keeps of its files, whatever carries them: tries, arrivals, failures, each in one transaction.

The transaction that records the arrivals of a group also begins the tries of the next one.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from uuid import UUID

from chassis.file_names import alike
from chassis.operations import Execution
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.ports import Meter, Milestone, Milestones, OpenWork, Spool, Stopwatch, Work
from services.delivery.domain.destinations import Destination
from services.delivery.domain.failing import LeftThere
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.file_failures import HeldBack, SpoolFileDamaged
from services.delivery.domain.grouping import is_big, next_group
from services.delivery.domain.spool import FileState, SpoolFile

TELL_EVERY = 100  #: files between two words on how far the batch has come; each word is a transaction


@dataclass(slots=True)
class Carried:
    """What became of a batch."""

    delivered: list[SpoolFile] = field(default_factory=list)
    failed: dict[UUID, CarryFailed] = field(default_factory=dict)  #: file → why


@dataclass(slots=True)
class Batch:
    """Files that share a connection."""

    execution: Execution
    destination: Destination
    at_once: int  #: most files of a group
    replaces: bool  #: a file takes the place of an older one of its name, so it waits for that one
    left: list[SpoolFile]  #: whose group is not chosen yet, in their order
    total: int
    told: int | None = None  #: files that had ended when the last word was said
    group: list[SpoolFile] = field(default_factory=list)  #: that go together now
    begun: bool = False  #: whether the group's tries are recorded already
    stuck: dict[str, CarryFailed] = field(default_factory=dict)  #: names, why their older files have not arrived
    errors: dict[UUID, CarryFailed] = field(default_factory=dict)  #: of files that have failed; still to be kept
    written: dict[UUID, LeftThere] = field(default_factory=dict)  #: of files that are being written
    carried: Carried = field(default_factory=Carried)

    def choose(self) -> None:
        """Takes the next group out of what is left; those whose older namesakes have not arrived fail at once."""
        chosen = list(next_group(self.left, self.at_once))
        self.left = self.left[len(chosen) :]
        self.group, self.begun = chosen, False
        for file in chosen:
            why = self.stuck.get(alike(file.file_name))
            if why is not None:
                self.drop(file, HeldBack(file.file_name, str(why)))

    def drop(self, file: SpoolFile, error: CarryFailed) -> None:
        """The file goes no further in this batch."""
        self.group = [other for other in self.group if other.id != file.id]
        self.errors[file.id] = error
        if self.replaces and not isinstance(error, SpoolFileDamaged):
            # One that can never be sent can never overwrite a newer one.
            self.stuck.setdefault(alike(file.file_name), error)

    def again(self, files: Sequence[SpoolFile]) -> None:
        """These files of the group go first in the next one."""
        names = {file.id for file in files}
        self.group = [file for file in self.group if file.id not in names]
        self.left = [*files, *self.left]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Keeps it. Who calls holds the destination's lease."""

    open_work: OpenWork
    spool: Spool
    failures: FailureKeeper
    milestones: Milestones
    meter: Meter
    stopwatch: Stopwatch

    def run(self, batch: Batch, connected: Callable[[], AbstractContextManager[Callable[[], None]]]) -> Carried:
        """Sends a batch: `connected` answers what sends its present group, over one connection for all of them."""
        self.failures.warn(batch.execution, batch.destination)
        try:
            with connected() as send:
                while batch.group or batch.left:
                    if not batch.group:
                        batch.choose()
                    batch.execution.check()
                    self._tell(batch)
                    if batch.group:
                        send()
                    self._keep_failures(batch)
        except CarryFailed as failure:  # of one file too: who prepares the folder cannot say whose it is
            for file in [*batch.group, *batch.left]:
                batch.errors[file.id] = failure
            self._keep_failures(batch)
        return batch.carried

    def begin(self, batch: Batch) -> None:
        """Records the group's tries, unless that has been done with the end of the one before."""
        if not batch.begun:
            with self.open_work(batch.execution.fence) as work:
                self._begin(work, batch)
        self.passed(Milestone.TRY_RECORDED, batch.group)

    def arrived(self, batch: Batch) -> None:
        """Records that the whole group has arrived, begins the next, and takes the files out of the spool."""
        files, batch.group = batch.group, []
        if not files:
            return
        with self.open_work(batch.execution.fence) as work:
            delivered = work.spool.deliver([file.id for file in files])
            self.failures.tell_delivered(work, batch.destination, delivered, batch.execution.caller)
            batch.choose()
            if batch.group and batch.group[0].state is not FileState.RENAMING:
                self._begin(work, batch)
        batch.carried.delivered += delivered
        self.passed(Milestone.DELIVERY_RECORDED, delivered)
        for file in delivered:
            self.meter.sent(batch.destination.protocol)
            self.spool.remove(file.task, file.id)
            self.milestones.passed(Milestone.TAKEN_OUT, file)

    def forget_renaming(self, batch: Batch, files: Sequence[SpoolFile]) -> None:
        """These files of the group are sent again, as if nothing of their renaming had been recorded."""
        if files:
            with self.open_work(batch.execution.fence) as work:
                batch.again(work.spool.forget_renaming([file.id for file in files]))

    def record_renaming(self, batch: Batch, names: Mapping[UUID, str | None]) -> Sequence[SpoolFile]:
        """Says that these files may from now on bear their real names, or these instead."""
        with self.open_work(batch.execution.fence) as work:
            return work.spool.record_renaming(names, batch.destination.method.place)

    def passed(self, milestone: Milestone, files: Sequence[SpoolFile]) -> None:
        """Tells of a milestone of each of them."""
        for file in files:
            self.milestones.passed(milestone, file)

    def _begin(self, work: Work, batch: Batch) -> None:
        begun = work.spool.begin([file.id for file in batch.group])
        batch.group, batch.begun = list(begun), True  # without those that a person has given up meanwhile

    def _keep_failures(self, batch: Batch) -> None:
        errors, batch.errors = batch.errors, {}
        if not errors:
            return
        self.failures.keep(batch.execution, batch.destination, errors, batch.written)
        for error in errors.values():
            self.meter.failed(batch.destination.protocol, error.reason)
        batch.carried.failed |= errors

    def _tell(self, batch: Batch) -> None:
        done = batch.total - len(batch.group) - len(batch.left)
        if batch.told is None or done - batch.told >= TELL_EVERY or any(is_big(file) for file in batch.group):
            batch.told = done
            batch.execution.progress(done, batch.total, batch.group[0].file_name if batch.group else "")
