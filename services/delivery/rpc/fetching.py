"""DeliveryService: files that come in."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import grpc

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc import call
from chassis.rpc.hearing import Hearing
from services.delivery.rpc.calls import DeliveryCalls
from services.delivery.rpc.fetch_parsing import parse_begin, parse_settled, render_part
from services.delivery.rpc.unread import read_in_time

FIRST_PATIENCE = timedelta(seconds=30)  #: for what is to be fetched
COMMIT_PATIENCE = timedelta(minutes=20)  #: the call itself has no end: a file may be as big as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who fetches, at the other end of the stream."""

    words: Hearing[pb.FetchFilesRequest]
    user: str
    peer: str
    correlation: str
    locale: str

    def check(self) -> None:
        self.words.check()

    def rest(self, length: timedelta) -> None:
        self.words.rest(length)

    def settled(self, file: UUID) -> bool:
        return parse_settled(self.words.next(COMMIT_PATIENCE), file)


class FetchCalls(DeliveryCalls):
    """Brought, settled, taken away."""

    def FetchFiles(
        self, request: Iterator[pb.FetchFilesRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.FetchFilesResponse]:
        entered = call.current()
        with Hearing(request, entered.over) as words:
            order = parse_begin(words.next(FIRST_PATIENCE))
            caller = Caller(
                words=words,
                user=entered.principal.name,
                peer=entered.peer,
                correlation=entered.correlation,
                locale=entered.locale,
            )
            with closing(self._use.fetch(order, caller)) as parts:
                yield from read_in_time(map(render_part, parts), self._use.silence, context)
