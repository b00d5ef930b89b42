"""Gives the files of one task to what holds messages, one after another: each arrives once, whatever dies when.

    try recorded (SENDING) → given, and acknowledged → delivery recorded (DELIVERED) → taken out of the spool

A successor gives the file again and says so: whoever holds messages finds the first one by its fixed identity.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chassis import telemetry
from services.delivery.application.far_ends import Parcel, Post, Posts
from services.delivery.application.ledger import Batch, Ledger
from services.delivery.application.ports import Milestone
from services.delivery.application.reading import Reader
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.spool import FileState, SpoolFile


@dataclass(frozen=True, slots=True, kw_only=True)
class PostFiles:
    """Sends batches to postal destinations."""

    ledger: Ledger
    posts: Posts

    @contextmanager
    def connected(self, batch: Batch, reader: Reader) -> Iterator[Callable[[], None]]:
        """What sends the batch's present file, over one connection."""
        with self.posts(batch.destination) as post:
            yield lambda: self._send(batch, post, reader)

    def _send(self, batch: Batch, post: Post, reader: Reader) -> None:
        if batch.group[0].state is FileState.RENAMING:  # recorded where files were sent to before
            self.ledger.forget_renaming(batch, batch.group)
            return
        self.ledger.begin(batch)
        for file in batch.group:  # one at most
            self._give(batch, post, file, reader)
        self.ledger.passed(Milestone.WRITTEN, batch.group)
        self.ledger.arrived(batch)

    def _give(self, batch: Batch, post: Post, file: SpoolFile, reader: Reader) -> None:
        parcel = Parcel(file=file, chunks=lambda: reader.pieces(file), repeated=file.attempts > 1)
        try:
            with telemetry.span(
                "delivery post", destination=batch.destination.id, file=str(file.id), bytes=file.size_bytes
            ):
                post.deliver(parcel)
        except FileFailed as failure:
            batch.drop(file, failure)
