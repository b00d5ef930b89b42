"""Asks sales for tickets."""

from datetime import UTC, date, datetime
from decimal import Decimal

import grpc

from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from chassis.errors import RemoteRefused, UnknownResource
from chassis.rpc.client import remote_errors
from chassis.rpc.messages import instant, parse_date, parse_decimal, parse_money
from services.mail.application.ports import TicketPage
from services.mail.domain.ticket import Payment, Ticket, TicketHead, TicketLine

TIMEOUT = 10.0  #: seconds


class SalesGateway:
    """Tickets, as sales keeps them."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = sales_pb2_grpc.SalesServiceStub(channel)

    def get(self, ticket: str) -> Ticket:
        """Raises UnknownResource."""
        try:
            with remote_errors("sales"):
                return _ticket(self._stub.GetTicket(sales_pb2.GetTicketRequest(name=ticket), timeout=TIMEOUT))
        except RemoteRefused as refused:
            if refused.code == grpc.StatusCode.NOT_FOUND.name:
                raise UnknownResource(ticket) from refused
            raise

    def validated(self, first: date, last: date, store: str, page_size: int, page_token: str) -> TicketPage:
        """A page of validated tickets, in the order in which registers closed them."""
        conditions = ["state = VALIDATED", f'business_date >= "{first}"', f'business_date <= "{last}"']
        if store:
            conditions.append(f'store = "{store}"')
        request = sales_pb2.ListTicketsRequest(
            page_size=page_size, page_token=page_token, filter=" AND ".join(conditions), order_by="close_time"
        )
        with remote_errors("sales"):
            page = self._stub.ListTickets(request, timeout=TIMEOUT)
        return TicketPage(
            tickets=tuple(TicketHead(name=ticket.name, client=ticket.client) for ticket in page.tickets),
            next_page_token=page.next_page_token,
        )


def _ticket(message: sales_pb2.Ticket) -> Ticket:
    total, currency = parse_money(message.total, "total")
    return Ticket(
        name=message.name,
        store=message.store,
        register=message.register,
        number=message.number,
        business_date=parse_date(message.business_date, "business_date"),
        close_time=instant(message.close_time, "close_time") or datetime.fromtimestamp(0, UTC),
        client=message.client,
        cashier=message.cashier,
        lines=tuple(_line(line) for line in message.lines),
        payments=tuple(
            Payment(means=payment.means, amount=parse_money(payment.amount, "payments.amount")[0])
            for payment in message.payments
        ),
        total=total,
        currency=currency,
        signature=message.signature,
    )


def _line(message: sales_pb2.TicketLine) -> TicketLine:
    discount = parse_money(message.discount, "lines.discount")[0] if message.HasField("discount") else Decimal(0)
    return TicketLine(
        item=message.item,
        label=message.label,
        quantity=parse_decimal(message.quantity, "lines.quantity"),
        amount=parse_money(message.amount, "lines.amount")[0],
        discount=discount,
        vat_rate=parse_decimal(message.vat_rate, "lines.vat_rate"),
    )
