"""What clients bought, asked of sales."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.sales.v1 import sales_pb2 as pb
from backroom.sales.v1.sales_pb2_grpc import SalesServiceStub
from chassis.errors import Unavailable
from chassis.rpc import messages
from chassis.rpc.client import remote_errors
from services.clients.application.ports import PurchaseBatch
from services.clients.domain.purchases import Purchase

LONGEST_READING: Final = timedelta(minutes=15)


class SalesPurchases:
    """Purchases as the sales service streams them."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._sales = SalesServiceStub(channel)

    def latest(
        self, *, stores: Sequence[str], tickets_per_client: int, recorded_after: datetime | None
    ) -> Iterator[PurchaseBatch]:
        """See `application.ports.Purchases`. Whoever stops early ends the call."""
        request = pb.ListPurchasesRequest(
            stores=stores,
            tickets_per_client=tickets_per_client,
            recorded_after=messages.timestamp(recorded_after),
        )
        with remote_errors("sales"):
            call = self._sales.ListPurchases(request, timeout=LONGEST_READING.total_seconds())
        try:
            while True:
                with remote_errors("sales"):
                    response = next(call, None)
                if response is None:
                    return
                yield _batch(response)
        finally:
            call.cancel()


def _batch(response: pb.ListPurchasesResponse) -> PurchaseBatch:
    return PurchaseBatch(
        purchases={
            each.client: [
                Purchase(store=purchase.store, close_time=_instant(purchase.close_time), ticket=purchase.ticket)
                for purchase in each.purchases
            ]
            for each in response.clients
        },
        read_time=_instant(response.read_time),
    )


def _instant(message: Timestamp) -> datetime:
    value = messages.instant(message)
    if value is None:
        raise Unavailable("sales answered purchases without an instant; is it of another version?")
    return value
