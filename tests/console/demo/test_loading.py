"""Loading over a real channel into servicers that write down what comes."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

import grpc
import pytest
from google.type.money_pb2 import Money
from rich.console import Console

from backroom.clients.v1 import clients_pb2, clients_pb2_grpc
from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from console.demo.dataset import DataSet
from console.demo.loading import load
from console.demo.source import Slice, Source


@dataclass
class Desk(sales_pb2_grpc.SalesServiceServicer, clients_pb2_grpc.ClientsServiceServicer):
    """Both services' imports; every message is kept in the order it came."""

    order: list[str] = field(default_factory=list)
    catalogue: list[sales_pb2.ImportCatalogueRequest] = field(default_factory=list)
    receipts: list[sales_pb2.ImportStockRequest] = field(default_factory=list)
    tickets: list[sales_pb2.ImportTicketsRequest] = field(default_factory=list)
    clients: list[clients_pb2.ImportClientsRequest] = field(default_factory=list)

    def ImportCatalogue(  # noqa: N802 - gRPC names its methods
        self, request_iterator: Iterator[sales_pb2.ImportCatalogueRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportCatalogueResponse:
        self.order.append("catalogue")
        self.catalogue += request_iterator
        return sales_pb2.ImportCatalogueResponse(changed_count=len(self.catalogue))

    def ImportStock(  # noqa: N802 - gRPC names its methods
        self, request_iterator: Iterator[sales_pb2.ImportStockRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportStockResponse:
        self.order.append("stock")
        self.receipts += request_iterator
        return sales_pb2.ImportStockResponse()

    def ImportTickets(  # noqa: N802 - gRPC names its methods
        self, request_iterator: Iterator[sales_pb2.ImportTicketsRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportTicketsResponse:
        self.order.append("tickets")
        self.tickets += request_iterator
        lines = sum(len(ticket.lines) for request in self.tickets for ticket in request.tickets)
        return sales_pb2.ImportTicketsResponse(line_count=lines)

    def ImportClients(  # noqa: N802 - gRPC names its methods
        self, request_iterator: Iterator[clients_pb2.ImportClientsRequest], context: grpc.ServicerContext
    ) -> clients_pb2.ImportClientsResponse:
        self.order.append("clients")
        self.clients += request_iterator
        return clients_pb2.ImportClientsResponse(created_count=sum(len(request.clients) for request in self.clients))


@pytest.fixture
def desk() -> Iterator[tuple[Desk, grpc.Channel]]:
    desk = Desk()  # type: ignore[abstract]  # the generated base answers UNIMPLEMENTED for the rest
    server = grpc.server(ThreadPoolExecutor(max_workers=2), options=[("grpc.so_reuseport", 0)])
    sales_pb2_grpc.add_SalesServiceServicer_to_server(desk, server)
    clients_pb2_grpc.add_ClientsServiceServicer_to_server(desk, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield desk, channel
    server.stop(0).wait()


def test_a_slice_is_loaded_in_messages_that_the_contracts_allow(
    desk: tuple[Desk, grpc.Channel], source: Source
) -> None:
    kept, channel = desk
    chosen = DataSet(Slice(first_day=date(2017, 1, 9), days=7), source)
    shown = io.StringIO()
    loaded = load(
        chosen,
        sales_pb2_grpc.SalesServiceStub(channel),
        clients_pb2_grpc.ClientsServiceStub(channel),
        Console(file=shown, width=80, force_terminal=False),
    )
    tickets = [ticket for request in kept.tickets for ticket in request.tickets]
    assert kept.order[-2:] == ["stock", "tickets"]
    assert len(tickets) == len(list(chosen.tickets()))
    assert loaded.tickets.line_count == sum(len(ticket.lines) for ticket in tickets)
    assert loaded.clients.created_count == 2_469
    assert max(len(request.tickets) for request in kept.tickets) <= 2_000
    assert max(len(request.receipts) for request in kept.receipts) <= 10_000
    assert max(len(request.clients) for request in kept.clients) <= 2_000
    kinds = ("stores", "suppliers", "brands", "models")
    rows = [{kind: len(getattr(request, kind)) for kind in kinds} for request in kept.catalogue]
    assert max(sum(row.values()) for row in rows) <= 5_000
    assert [kind for row in rows for kind in kinds if row[kind]] == sorted(
        (kind for row in rows for kind in kinds if row[kind]), key=kinds.index
    )
    messages = (*kept.tickets, *kept.receipts, *kept.catalogue, *kept.clients)
    assert max(message.ByteSize() for message in messages) < 2 * 1024 * 1024
    assert f"{loaded.tickets.line_count}/{loaded.tickets.line_count}" in shown.getvalue()


def test_a_ticket_is_sent_with_its_money_exact_and_paid_in_one_means(
    desk: tuple[Desk, grpc.Channel], source: Source
) -> None:
    kept, channel = desk
    chosen = DataSet(Slice(days=20, stores=frozenset({330, 367, 406})), source)
    load(
        chosen,
        sales_pb2_grpc.SalesServiceStub(channel),
        clients_pb2_grpc.ClientsServiceStub(channel),
        Console(file=io.StringIO()),
    )
    for fact, ticket in zip(chosen.tickets(), (each for part in kept.tickets for each in part.tickets), strict=True):
        assert f"tickets/{ticket.store}-{ticket.register}-{ticket.number}" == fact.name
        assert cents(ticket.total) == fact.total == sum(cents(line.amount) for line in ticket.lines)
        assert sum(cents(payment.amount) for payment in ticket.payments) == fact.total
        assert len(ticket.payments) == (1 if fact.total else 0)
        assert [int(line.quantity.value) for line in ticket.lines] == [line.quantity for line in fact.lines]
    assert any(cents(ticket.total) < 0 for part in kept.tickets for ticket in part.tickets)


def cents(money: Money) -> int:
    assert money.currency_code == "EUR"
    assert money.nanos % 10_000_000 == 0
    assert money.units * money.nanos >= 0
    return money.units * 100 + money.nanos // 10_000_000
