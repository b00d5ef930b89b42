"""Sales and clients as mail sees them: real gRPC servers on loopback over what the test put into them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

import grpc
from google.type.date_pb2 import Date

from backroom.clients.v1 import clients_pb2, clients_pb2_grpc
from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from chassis.filters import parse_filter
from chassis.rpc.messages import date_message, decimal_message, money_message, timestamp
from services.mail.domain.ticket import Ticket

STATES = {"VALIDATED": sales_pb2.Ticket.STATE_VALIDATED, "IN_ERROR": sales_pb2.Ticket.STATE_IN_ERROR}


def ticket_message(ticket: Ticket, state: str = "VALIDATED") -> sales_pb2.Ticket:
    return sales_pb2.Ticket(
        name=ticket.name,
        store=ticket.store,
        register=ticket.register,
        number=ticket.number,
        business_date=date_message(ticket.business_date),
        close_time=timestamp(ticket.close_time),
        client=ticket.client,
        cashier=ticket.cashier,
        lines=[
            sales_pb2.TicketLine(
                item=line.item,
                label=line.label,
                quantity=decimal_message(line.quantity),
                amount=money_message(line.amount, ticket.currency),
                vat_rate=decimal_message(line.vat_rate),
                discount=money_message(line.discount, ticket.currency),
            )
            for line in ticket.lines
        ],
        payments=[
            sales_pb2.Payment(means=payment.means, amount=money_message(payment.amount, ticket.currency))
            for payment in ticket.payments
        ],
        total=money_message(ticket.total, ticket.currency),
        state=STATES[state],
    )


def client_message(code: str, *, wants: bool | None = True, billing: str = "", contact: str = "") -> clients_pb2.Client:
    consents = [] if wants is None else [clients_pb2.Consent(option="tickets_by_email", granted=wants)]
    return clients_pb2.Client(
        name=f"clients/{code}",
        code=code,
        members=[clients_pb2.Member(given_name="Anne", email=contact)],
        billing_address=clients_pb2.Address(email=billing),
        consents=[*consents, clients_pb2.Consent(option="email", granted=True)],
    )


def _value(ticket: sales_pb2.Ticket, name: str) -> object:
    if name == "state":
        return sales_pb2.Ticket.State.Name(ticket.state).removeprefix("STATE_")
    value = getattr(ticket, name)
    return date(value.year, value.month, value.day).isoformat() if isinstance(value, Date) else str(value)


COMPARE: dict[str, Callable[[object, str], bool]] = {
    "=": lambda value, wanted: value == wanted,
    ">=": lambda value, wanted: str(value) >= wanted,
    "<=": lambda value, wanted: str(value) <= wanted,
}


@dataclass
class Peers(sales_pb2_grpc.SalesServiceServicer, clients_pb2_grpc.ClientsServiceServicer):
    """Both services in one server."""

    tickets: dict[str, sales_pb2.Ticket] = field(default_factory=dict)
    clients: dict[str, clients_pb2.Client] = field(default_factory=dict)
    gone: bool = False  #: answers UNAVAILABLE
    asked: list[str] = field(default_factory=list)
    before_get: Callable[[str], None] = lambda ticket: None

    def add(self, ticket: Ticket, state: str = "VALIDATED") -> None:
        self.tickets[ticket.name] = ticket_message(ticket, state)

    def add_client(self, code: str, *, wants: bool | None = True, billing: str = "", contact: str = "") -> None:
        self.clients[code] = client_message(code, wants=wants, billing=billing, contact=contact)

    def _here(self, context: grpc.ServicerContext, call: str) -> None:
        self.asked.append(call)
        if self.gone:
            context.abort(grpc.StatusCode.UNAVAILABLE, "going down")

    def GetTicket(self, request: sales_pb2.GetTicketRequest, context: grpc.ServicerContext) -> sales_pb2.Ticket:  # noqa: N802 - the contract's name
        self._here(context, "GetTicket")
        self.before_get(request.name)
        if request.name not in self.tickets:
            context.abort(grpc.StatusCode.NOT_FOUND, f"{request.name} does not exist")
        return self.tickets[request.name]

    def ListTickets(  # noqa: N802 - the contract's name
        self, request: sales_pb2.ListTicketsRequest, context: grpc.ServicerContext
    ) -> sales_pb2.ListTicketsResponse:
        self._here(context, "ListTickets")
        comparisons = parse_filter(request.filter).comparisons
        found = [
            ticket
            for ticket in sorted(self.tickets.values(), key=lambda each: (each.close_time.seconds, each.name))
            if all(COMPARE[each.operator](_value(ticket, each.field), each.literal) for each in comparisons)
        ]
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        bare = [sales_pb2.Ticket(name=each.name, client=each.client, state=each.state) for each in found[begin:end]]
        return sales_pb2.ListTicketsResponse(tickets=bare, next_page_token=str(end) if end < len(found) else "")

    def BatchGetClients(  # noqa: N802 - the contract's name
        self, request: clients_pb2.BatchGetClientsRequest, context: grpc.ServicerContext
    ) -> clients_pb2.BatchGetClientsResponse:
        self._here(context, "BatchGetClients")
        assert len(request.names) <= 1000
        codes = [name.removeprefix("clients/") for name in request.names]
        return clients_pb2.BatchGetClientsResponse(
            clients=[self.clients[code] for code in codes if code in self.clients]
        )


class PeerServer:
    """Serves until stopped."""

    def __init__(self) -> None:
        self.peers = Peers()  # type: ignore[abstract]  # it answers what mail asks, and nothing else
        self._server = grpc.server(ThreadPoolExecutor(4))
        sales_pb2_grpc.add_SalesServiceServicer_to_server(self.peers, self._server)
        clients_pb2_grpc.add_ClientsServiceServicer_to_server(self.peers, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def stop(self) -> None:
        self.channel.close()
        self._server.stop(None).wait()
