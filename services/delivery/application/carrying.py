"""Carries the files of one task to one destination, so that each arrives once, whole, whatever dies when.

    tries recorded (SENDING) → temporaries of older tries removed → written under temporary names → verified
    → renaming recorded (RENAMING) → renamed → deliveries recorded (DELIVERED) → taken out of the spool

Files go in groups, and the commit that records a group's deliveries also records the next group's tries: a group costs
two commits. Each arrow is a point where the process may die. The successor finds the files' rows and goes on: from
SENDING it begins a new try; from RENAMING it first repeats the renaming, and "there is no such file" then means that it
had happened. Where nothing is to be renamed, files are written under their names and are there.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from chassis import telemetry
from chassis.operations import Execution
from services.delivery.application.clearing_litter import clear_litter
from services.delivery.application.far_ends import Carrier, Carriers, Posts
from services.delivery.application.ledger import Batch, Carried, Ledger
from services.delivery.application.ports import Milestone
from services.delivery.application.posting import PostFiles
from services.delivery.application.reading import Reader
from services.delivery.application.renaming import Renamer
from services.delivery.application.writing import Writer
from services.delivery.domain.destinations import Destination, Postal
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.file_failures import AlreadyThere
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.transfer_options import Existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """Sends a batch over one connection. Who calls holds the destination's lease."""

    ledger: Ledger
    carriers: Carriers
    posts: Posts

    def __call__(self, execution: Execution, destination: Destination, files: Sequence[SpoolFile]) -> Carried:
        """Sends the files in their order, as far as the far end lets it."""
        postal = isinstance(destination.method, Postal)
        batch = Batch(
            execution=execution,
            destination=destination,
            at_once=1 if postal else destination.transfer.at_once,
            replaces=not postal,
            left=list(files),
            total=len(files),
        )
        reader = Reader(
            spool=self.ledger.spool, execution=execution, bandwidth_limit=destination.transfer.bandwidth_limit
        )
        way = PostFiles(ledger=self.ledger, posts=self.posts).connected if postal else self._connected
        return self.ledger.run(batch, partial(way, batch, reader))

    @contextmanager
    def _connected(self, batch: Batch, reader: Reader) -> Iterator[Callable[[], None]]:
        destination = batch.destination
        with self.carriers(destination) as carrier:
            made = carrier.prepare(make=not destination.transfer.folder_must_exist)
            clear_litter(self.ledger.failures, batch.execution.fence, destination, carrier, batch.execution.caller)
            yield FolderBatch(
                ledger=self.ledger, batch=batch, carrier=carrier, reader=reader, folder_was_missing=made
            ).send


@dataclass(slots=True, kw_only=True)
class FolderBatch:
    """A batch, and the folder it goes to."""

    ledger: Ledger
    batch: Batch
    carrier: Carrier
    reader: Reader
    folder_was_missing: bool  #: then no recorded renaming can be told by what is not there
    writer: Writer = field(init=False)
    renamer: Renamer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(ledger=self.ledger, batch=self.batch, carrier=self.carrier, reader=self.reader)
        self.renamer = Renamer(ledger=self.ledger, batch=self.batch, carrier=self.carrier)

    def send(self) -> None:
        """The batch's present group."""
        try:
            if self.batch.group[0].state is FileState.RENAMING:
                self.renamer.resolve(believed=not self.folder_was_missing)
            else:
                self.ledger.begin(self.batch)
                self._write()
        except FileFailed as failure:  # what an earlier try has left is in the way: it is about the group
            for file in self.batch.group:
                self.batch.drop(file, failure)
        self.ledger.arrived(self.batch)

    def _write(self) -> None:
        options = self.batch.destination.transfer
        if self.batch.group and options.existing is Existing.REFUSE:
            there = self.carrier.sizes([file.file_name for file in self.batch.group])
            for file in list(self.batch.group):
                if file.file_name in there:
                    self.batch.drop(file, AlreadyThere(file.file_name))
        if self.batch.group:
            with telemetry.span(
                "delivery upload",
                destination=self.batch.destination.id,
                files=len(self.batch.group),
                bytes=sum(file.size_bytes for file in self.batch.group),
            ):
                self.writer.write()
        self.ledger.passed(Milestone.WRITTEN, self.batch.group)
        if self.batch.group and not options.write_directly:
            self.renamer.name()
