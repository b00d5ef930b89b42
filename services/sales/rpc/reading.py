"""The reading half of the service: tickets, purchases, sales days, vouchers."""

from collections.abc import Iterator

import grpc

from backroom.sales.v1 import sales_pb2
from chassis.errors import FieldProblem, InvalidInput, Unavailable, UnknownResource
from chassis.rpc.call import Call, current
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import instant, timestamp
from services.sales.application.reading import OpenReading
from services.sales.domain.names import TicketName
from services.sales.domain.views import ClientPurchases
from services.sales.rpc.rendering import render_purchases, render_sales_day, render_ticket, render_voucher

TICKETS_PAGE = 50
DAYS_PAGE = 100
VOUCHERS_PAGE = 50
MOST_TICKETS_PER_CLIENT = 1_000
MOST_CLIENTS = 1_000  #: in one message
# A message ends once it holds so many purchases: some 60 bytes each, far below gRPC's 4 MiB.
ENOUGH_PURCHASES = 10_000


class ReadingMethods:
    """Methods that change nothing; a servicer inherits them."""

    def __init__(self, open_reading: OpenReading) -> None:
        self._open_reading = open_reading

    def GetTicket(self, request: sales_pb2.GetTicketRequest, context: grpc.ServicerContext) -> sales_pb2.Ticket:
        name = TicketName.parse(request.name)
        if name is None:
            shown = request.name[:100]
            raise InvalidInput(
                FieldProblem("name", f"{shown!r} does not look like tickets/{{store}}-{{register}}-{{number}}")
            )
        with self._open_reading() as reading:
            ticket = reading.ticket(name)
        if ticket is None:
            raise UnknownResource(request.name)
        return render_ticket(ticket)

    def ListTickets(
        self, request: sales_pb2.ListTicketsRequest, context: grpc.ServicerContext
    ) -> sales_pb2.ListTicketsResponse:
        query = parse_listing(request, default_page_size=TICKETS_PAGE)
        with self._open_reading() as reading:
            page = reading.tickets(query)
        return sales_pb2.ListTicketsResponse(
            tickets=map(render_ticket, page.items), next_page_token=page.next_page_token
        )

    def ListPurchases(
        self, request: sales_pb2.ListPurchasesRequest, context: grpc.ServicerContext
    ) -> Iterator[sales_pb2.ListPurchasesResponse]:
        if not 1 <= request.tickets_per_client <= MOST_TICKETS_PER_CLIENT:
            said = f"{request.tickets_per_client} is not between 1 and {MOST_TICKETS_PER_CLIENT}"
            raise InvalidInput(FieldProblem("tickets_per_client", said))
        return self._purchases(request, current())

    def _purchases(
        self, request: sales_pb2.ListPurchasesRequest, call: Call
    ) -> Iterator[sales_pb2.ListPurchasesResponse]:
        recorded_after = (
            instant(request.recorded_after, "recorded_after") if request.HasField("recorded_after") else None
        )
        with self._open_reading() as reading:
            read_time = timestamp(reading.safe_instant())
            found = reading.purchases(list(request.stores), request.tickets_per_client, recorded_after)
            sent = False
            for batch in _batches(found):
                if call.over():  # cut short, it must not look complete
                    raise Unavailable("the stream of purchases was cut short; ask again")
                sent = True
                yield sales_pb2.ListPurchasesResponse(clients=map(render_purchases, batch), read_time=read_time)
        if not sent:  # who asks learns where to go on from, even where there is nothing
            yield sales_pb2.ListPurchasesResponse(read_time=read_time)

    def ListSalesDays(
        self, request: sales_pb2.ListSalesDaysRequest, context: grpc.ServicerContext
    ) -> sales_pb2.ListSalesDaysResponse:
        query = parse_listing(request, default_page_size=DAYS_PAGE)
        with self._open_reading() as reading:
            page = reading.sales_days(query)
        return sales_pb2.ListSalesDaysResponse(
            sales_days=map(render_sales_day, page.items), next_page_token=page.next_page_token
        )

    def ListVouchers(
        self, request: sales_pb2.ListVouchersRequest, context: grpc.ServicerContext
    ) -> sales_pb2.ListVouchersResponse:
        query = parse_listing(request, default_page_size=VOUCHERS_PAGE)
        with self._open_reading() as reading:
            page = reading.vouchers(query)
        return sales_pb2.ListVouchersResponse(
            vouchers=map(render_voucher, page.items), next_page_token=page.next_page_token
        )


def _batches(found: Iterator[ClientPurchases]) -> Iterator[list[ClientPurchases]]:
    batch: list[ClientPurchases] = []
    purchases = 0
    for client in found:
        batch.append(client)
        purchases += len(client.purchases)
        if len(batch) == MOST_CLIENTS or purchases >= ENOUGH_PURCHASES:
            yield batch
            batch, purchases = [], 0
    if batch:
        yield batch
