"""JournalService for every service: pages of entries, and entries as they come."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import grpc

from backroom.journal.v1 import journal_pb2, journal_pb2_grpc
from chassis.auth import Role
from chassis.journal.entry import Entry, Level
from chassis.journal.reader import JournalReader
from chassis.rpc import call, messages
from chassis.rpc.listing import parse_listing
from chassis.work import UnitOfWork

LOOK_EVERY = 0.5  #: seconds between looks while nothing new is there
MOST_AT_ONCE = 500

ROLES: Mapping[str, Role] = {"ListEntries": Role.VIEWER, "TailEntries": Role.VIEWER}
LEVELS = {
    Level.INFORMATION: journal_pb2.Entry.LEVEL_INFORMATION,
    Level.WARNING: journal_pb2.Entry.LEVEL_WARNING,
    Level.ERROR: journal_pb2.Entry.LEVEL_ERROR,
}


class Journal(journal_pb2_grpc.JournalServiceServicer):
    """Reads the journals of this service."""

    def __init__(self, open_work: Callable[[], AbstractContextManager[UnitOfWork]]) -> None:
        self._open_work = open_work

    def ListEntries(
        self, request: journal_pb2.ListEntriesRequest, context: grpc.ServicerContext
    ) -> journal_pb2.ListEntriesResponse:
        with self._open_work() as work:
            entries, token = JournalReader(work.connection).page(parse_listing(request))
        return journal_pb2.ListEntriesResponse(entries=map(render, entries), next_page_token=token)

    def TailEntries(
        self, request: journal_pb2.TailEntriesRequest, context: grpc.ServicerContext
    ) -> Iterator[journal_pb2.Entry]:
        wanted = parse_listing(request).filter
        with self._open_work() as work:
            place = JournalReader(work.connection).place_of(request.after_number)
        while not call.current().over():
            with self._open_work() as work:
                entries, place = JournalReader(work.connection).after(place, wanted, MOST_AT_ONCE)
            yield from map(render, entries)
            if not entries:
                time.sleep(LOOK_EVERY)


def render(entry: Entry) -> journal_pb2.Entry:
    return journal_pb2.Entry(
        name=f"entries/{entry.number}",
        number=entry.number,
        journal=entry.journal,
        create_time=messages.timestamp(entry.create_time),
        level=LEVELS[entry.level],
        source=entry.source,
        user=entry.user,
        peer=entry.peer,
        correlation=entry.correlation,
        text=entry.text,
    )
