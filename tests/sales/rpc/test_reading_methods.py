"""The reading half of the service, asked over a real channel of a real server on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money
from pydantic import SecretStr

from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from chassis.auth import Principals, Role, hash_token, new_token
from chassis.database import Database
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server, Servicer
from chassis.settings import ServiceSettings
from services.sales.application.reading import Reading
from services.sales.domain.states import DayState, LineProblem, TicketState, VoucherType
from services.sales.rpc import reading as methods
from services.sales.rpc.reading import ReadingMethods
from services.sales.storage.reading import open_reading
from tests.sales.recorded import (
    DAY,
    NOON,
    LineFact,
    TicketFact,
    record,
    record_day,
    record_stores,
    record_voucher,
)

NAME = "backroom.sales.v1.SalesService"
METHODS = sales_pb2.DESCRIPTOR.services_by_name["SalesService"].methods
ROLES = {method.name: Role.SERVICE if method.name == "ListPurchases" else Role.VIEWER for method in METHODS}


class ReadingServicer(ReadingMethods, sales_pb2_grpc.SalesServiceServicer):
    """The reading half alone."""


@pytest.fixture
def database(make_database: Callable[[str | None], Database]) -> Database:
    database = make_database("services.sales.storage.migrations")
    with database.begin() as connection:
        record_stores(connection, "1", "2")
    return database


@pytest.fixture
def sales(database: Database, tmp_path: Path) -> Iterator[sales_pb2_grpc.SalesServiceStub]:
    token, _ = new_token()
    principals = tmp_path / "principals.toml"
    principals.write_text(
        f'[[principal]]\nname = "clients"\ntoken_hashes = ["{hash_token(token)}"]\nroles = ["service"]\n'
    )
    settings = ServiceSettings(
        database_url=SecretStr(database.url),
        broker_url=SecretStr("redis://127.0.0.1:1/0"),
        listen="127.0.0.1:0",
        health_listen="127.0.0.1:0",
        drain_notice=timedelta(milliseconds=50),
    )

    def reading() -> AbstractContextManager[Reading]:
        return open_reading(database)

    servicing = ReadingServicer(reading)  # type: ignore[abstract]  # its base answers UNIMPLEMENTED for the rest
    servicer = Servicer(NAME, sales_pb2_grpc.add_SalesServiceServicer_to_server, servicing, ROLES)
    server = Server(settings, [servicer], Principals(principals))
    server.start()
    channel = open_channel(f"127.0.0.1:{server.port}", token=lambda: token)
    yield sales_pb2_grpc.SalesServiceStub(channel)
    channel.close()
    server.drain_and_stop()


def test_a_ticket_is_answered_as_the_register_closed_it_with_what_became_of_its_lines(
    database: Database, sales: sales_pb2_grpc.SalesServiceStub
) -> None:
    fact = TicketFact(
        client="42",
        number=160,
        state=TicketState.IN_ERROR,
        lines=[
            LineFact(quantity="2", amount="4.99", discount="0.01"),
            LineFact(quantity="-1", amount="-2.50", became=LineProblem.RETURN_WITHOUT_SALE),
        ],
        payments=[("CB", "2.49")],
    )
    record(database, fact)
    ticket = sales.GetTicket(sales_pb2.GetTicketRequest(name="tickets/1-1-160"))
    assert ticket.name == "tickets/1-1-160"
    assert (ticket.store, ticket.register, ticket.number, ticket.client) == ("1", 1, 160, "42")
    assert ticket.business_date == Date(year=2017, month=1, day=2)
    assert ticket.close_time.ToDatetime(tzinfo=UTC) == NOON
    assert ticket.total == Money(currency_code="EUR", units=2, nanos=490_000_000)
    assert (ticket.state, ticket.signature) == (sales_pb2.Ticket.STATE_IN_ERROR, "s1gné")
    sold, returned = ticket.lines
    assert (sold.quantity.value, sold.vat_rate.value, sold.posted) == ("2", "5.5", True)
    assert sold.discount == Money(currency_code="EUR", units=0, nanos=10_000_000)
    assert returned.amount == Money(currency_code="EUR", units=-2, nanos=-500_000_000)
    assert (returned.posted, returned.problem) == (False, sales_pb2.TicketLine.PROBLEM_RETURN_WITHOUT_SALE)
    assert [payment.means for payment in ticket.payments] == ["CB"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tickets/1-1-404", grpc.StatusCode.NOT_FOUND),
        ("tickets/1-1", grpc.StatusCode.INVALID_ARGUMENT),
        ("tickets/1-1-160/x", grpc.StatusCode.INVALID_ARGUMENT),
        ("", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_a_ticket_that_is_not_there_and_a_name_that_is_none_are_told_apart(
    sales: sales_pb2_grpc.SalesServiceStub, name: str, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        sales.GetTicket(sales_pb2.GetTicketRequest(name=name))
    assert refused.value.code() is code


def test_lists_answer_pages_and_leave_lines_out(database: Database, sales: sales_pb2_grpc.SalesServiceStub) -> None:
    record(database, TicketFact(number=1), TicketFact(number=2), TicketFact(store="2", number=3))
    with database.begin() as connection:
        record_day(connection, DAY, "1", 1, DayState.IN_ERROR, errors=1)
        record_voucher(connection, 160, VoucherType.TRANSFER, NOON, donor="2")
    first = sales.ListTickets(sales_pb2.ListTicketsRequest(page_size=2, filter="register = 1"))
    rest = sales.ListTickets(
        sales_pb2.ListTicketsRequest(page_size=2, filter="register = 1", page_token=first.next_page_token)
    )
    names = [ticket.name for ticket in (*first.tickets, *rest.tickets)]
    assert names == ["tickets/1-1-1", "tickets/1-1-2", "tickets/2-1-3"]
    assert not first.tickets[0].lines
    assert rest.next_page_token == ""
    (day,) = sales.ListSalesDays(sales_pb2.ListSalesDaysRequest(filter="state = STATE_IN_ERROR")).sales_days
    assert (day.store, day.register, day.ticket_count, day.error_count) == ("1", 1, 2, 1)
    assert day.state == sales_pb2.SalesDay.STATE_IN_ERROR
    (voucher,) = sales.ListVouchers(sales_pb2.ListVouchersRequest(filter="type = TYPE_TRF")).vouchers
    assert (voucher.name, voucher.donor_store, voucher.supplier) == ("vouchers/001-000160", "2", "")
    assert (voucher.quantity.value, voucher.value.units, voucher.value.nanos) == ("3", 4, 125_000_000)


def test_a_mistake_in_a_list_names_its_field(sales: sales_pb2_grpc.SalesServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        sales.ListTickets(sales_pb2.ListTicketsRequest(filter="nothing = 1"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "filter" in (refused.value.details() or "")


def test_purchases_go_on_from_the_read_time(database: Database, sales: sales_pb2_grpc.SalesServiceStub) -> None:
    long_ago = datetime(2017, 1, 1, tzinfo=UTC)
    old = TicketFact(client="7", record_time=long_ago)
    record(database, old, TicketFact(client="8", record_time=long_ago))
    (first,) = sales.ListPurchases(sales_pb2.ListPurchasesRequest(tickets_per_client=10))
    assert [client.client for client in first.clients] == ["7", "8"]
    new = TicketFact(store="2", client="7", close_time=NOON + timedelta(hours=1))
    record(database, new)
    (second,) = sales.ListPurchases(
        sales_pb2.ListPurchasesRequest(tickets_per_client=10, recorded_after=first.read_time)
    )
    (client,) = second.clients
    assert [(purchase.store, purchase.ticket) for purchase in client.purchases] == [
        ("2", new.name),
        ("1", old.name),
    ]
    assert second.read_time.ToDatetime() >= first.read_time.ToDatetime()


def test_purchases_of_nobody_still_tell_the_read_time(sales: sales_pb2_grpc.SalesServiceStub) -> None:
    (answer,) = sales.ListPurchases(sales_pb2.ListPurchasesRequest(tickets_per_client=1))
    assert not answer.clients
    assert answer.HasField("read_time")


def test_a_client_stands_in_one_message_only_and_messages_stay_small(
    database: Database, sales: sales_pb2_grpc.SalesServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "MOST_CLIENTS", 3)
    monkeypatch.setattr(methods, "ENOUGH_PURCHASES", 4)
    record(database, *(TicketFact(client=str(client)) for client in range(100, 108) for _ in range(2)))
    answers = list(sales.ListPurchases(sales_pb2.ListPurchasesRequest(tickets_per_client=2)))
    assert [[client.client for client in answer.clients] for answer in answers] == [
        ["100", "101"], ["102", "103"], ["104", "105"], ["106", "107"],
    ]  # fmt: skip
    assert len({answer.read_time.ToNanoseconds() for answer in answers}) == 1


def test_purchases_need_a_number_of_tickets_and_a_real_instant(
    sales: sales_pb2_grpc.SalesServiceStub,
) -> None:
    wrong = [
        sales_pb2.ListPurchasesRequest(),
        sales_pb2.ListPurchasesRequest(tickets_per_client=1001),
        sales_pb2.ListPurchasesRequest(tickets_per_client=1, recorded_after=Timestamp(seconds=10**15)),
    ]
    for request in wrong:
        with pytest.raises(grpc.RpcError) as refused:
            list(sales.ListPurchases(request))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
