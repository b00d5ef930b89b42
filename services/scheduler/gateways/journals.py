"""The journals of handlers, as far as handlers have one and answer: what they do not say is left out."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC

import grpc
import structlog

from backroom.journal.v1 import journal_pb2, journal_pb2_grpc
from chassis.errors import RemoteRefused, Unavailable
from services.scheduler.domain.watching import LogLine, Track
from services.scheduler.gateways.absence import certain
from services.scheduler.gateways.addresses import AddressBook
from services.scheduler.gateways.wire import clean

TIMEOUT = 1.0  #: seconds; a watcher waits for nobody
SILENT_FOR = 10.0  #: seconds that a handler is not asked after it did not answer

log = structlog.get_logger(__name__)


class GrpcJournals:
    """JournalService at the addresses of handlers."""

    def __init__(self, channel_to: Callable[[str], grpc.Channel], addresses: AddressBook) -> None:
        self._channel_to = channel_to
        self._addresses = addresses
        self._silent: dict[str, float] = {}  #: until when

    def lines(self, track: Track, after: int, most: int) -> Sequence[LogLine]:
        """The next lines, oldest first; none where the handler has no journal or is away."""
        if self._silent.get(track.service, 0.0) > time.monotonic():
            return []
        request = journal_pb2.ListEntriesRequest(
            page_size=most, filter=f'correlation = "{track.correlation}" AND number > {after}', order_by="number"
        )
        try:
            with certain(track.service):
                stub = journal_pb2_grpc.JournalServiceStub(self._channel_to(self._addresses.of(track.service)))
                response = stub.ListEntries(request, timeout=TIMEOUT)
        except (Unavailable, RemoteRefused) as fault:
            log.debug("no lines of a handler's journal", handler=track.service, why=str(fault))
            self._silent[track.service] = time.monotonic() + SILENT_FOR
            return []
        return [
            LogLine(
                track=track,
                number=entry.number,
                create_time=entry.create_time.ToDatetime(tzinfo=UTC),
                source=clean(entry.source),
                text=clean(entry.text),
            )
            for entry in response.entries
        ]
