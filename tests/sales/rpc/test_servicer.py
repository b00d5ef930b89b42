"""Imports and long work over a real channel: what goes in, what is refused by name, what comes back."""

from collections.abc import Iterator
from typing import TypeVar

import grpc
import pytest
from google.longrunning import operations_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money
from grpc_status import rpc_status

from backroom.sales.v1 import sales_pb2
from services.sales.rpc.servicer import ROLES
from tests.sales.chain import model, store
from tests.sales.rpc.conftest import Desk

M = TypeVar("M", bound=Message)
DAY = Date(year=2017, month=1, day=2)
CATALOGUE = sales_pb2.ImportCatalogueRequest(
    stores=[
        sales_pb2.Store(
            code=code, display_name=f"Mag{code}", currency="EUR", legal_entity="SARL", voucher_prefix=f"00{code}"
        )
        for code in "12"
    ],
    suppliers=[sales_pb2.Supplier(code="S")],
    brands=[sales_pb2.Brand(code="B", suppliers=["S"])],
    models=[
        sales_pb2.Model(
            code="A",
            brand="B",
            family="F",
            subfamily="SF",
            collection="2017-T1",
            vat_rate=Decimal(value="5.5"),
            stocked=True,
            items=[sales_pb2.Item(code="A")],
        )
    ],
)


def one(message: M) -> Iterator[M]:
    """A stream of one message."""
    yield message


def euros(units: int, nanos: int = 0) -> Money:
    return Money(currency_code="EUR", units=units, nanos=nanos)


def ticket(number: int = 1, **line: object) -> sales_pb2.Ticket:
    told = {"item": "A", "label": "Pain", "quantity": Decimal(value="2"), "amount": euros(5)} | line
    return sales_pb2.Ticket(
        store="1",
        register=1,
        number=number,
        business_date=DAY,
        close_time=Timestamp(seconds=1483358400 + number),
        lines=[sales_pb2.TicketLine(vat_rate=Decimal(value="5.5"), **told)],  # type: ignore[arg-type]  # the test's shorthand
        payments=[sales_pb2.Payment(means="CB", amount=euros(5))],
        total=euros(5),
    )


def receipt(**told: object) -> sales_pb2.ImportStockRequest:
    fields = {
        "receipt_id": "R1",
        "store": "2",
        "item": "A",
        "quantity": Decimal(value="9"),
        "unit_cost": Decimal(value="1.25"),
        "business_date": DAY,
    } | told
    return sales_pb2.ImportStockRequest(receipts=[sales_pb2.StockReceipt(**fields)])  # type: ignore[arg-type]  # the test's shorthand


def refused(error: pytest.ExceptionInfo[grpc.RpcError]) -> list[str]:
    """The fields that an INVALID_ARGUMENT names."""
    status = rpc_status.from_call(error.value)  # type: ignore[arg-type]  # what a call raises is the call too
    assert status is not None
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    named = error_details_pb2.BadRequest()
    assert any(detail.Unpack(named) for detail in status.details)
    return [violation.field for violation in named.field_violations]


def finished(desk: Desk, operation: operations_pb2.Operation, answer: M) -> M:
    """The response of an operation that the worker has done."""
    desk.chain.drain()
    done = desk.operations.GetOperation(operations_pb2.GetOperationRequest(name=operation.name))
    assert done.done
    assert done.response.Unpack(answer), done.error
    return answer


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.sales.ImportCatalogue(one(CATALOGUE))
    return desk


def test_every_method_has_a_role() -> None:
    methods = sales_pb2.DESCRIPTOR.services_by_name["SalesService"].methods
    assert set(ROLES) == {method.name for method in methods}


def test_an_import_says_what_changed(desk: Desk) -> None:
    first = desk.sales.ImportCatalogue(iter([CATALOGUE, CATALOGUE]))
    assert (first.changed_count, first.unchanged_count) == (5, 5)


def test_a_message_that_fails_names_its_fields_and_what_came_before_stays(desk: Desk) -> None:
    bad = sales_pb2.ImportCatalogueRequest(
        stores=[sales_pb2.Store(code="X1", currency="euro", legal_entity="", voucher_prefix="1")],
        models=[sales_pb2.Model(code="M", brand="B", vat_rate=Decimal(value="120"))] * 2,
    )
    with pytest.raises(grpc.RpcError) as error:
        desk.sales.ImportCatalogue(iter([CATALOGUE, bad]))
    assert set(refused(error)) == {
        "stores[0].code",
        "stores[0].currency",
        "stores[0].legal_entity",
        "stores[0].voucher_prefix",
        "models[0].vat_rate",
        "models[0].items",
        "models[1].vat_rate",
        "models[1].items",
        "models[1].code",
    }
    assert desk.chain.query("SELECT count(*) FROM store") == [(2,)]


def test_goods_and_tickets_come_in_and_are_posted(shop: Desk) -> None:
    received = shop.sales.ImportStock(iter([receipt(store="1"), receipt(store="1")]))
    assert (received.recorded_count, received.repeated_count) == (1, 1)
    recorded = shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1), ticket(2)])))
    assert (recorded.recorded_count, recorded.line_count) == (2, 2)
    shop.chain.drain()
    operation = shop.operations.GetOperation(operations_pb2.GetOperationRequest(name=recorded.posting))
    assert operation.done
    read = shop.sales.GetTicket(sales_pb2.GetTicketRequest(name="tickets/1-1-1"))
    assert read.state == sales_pb2.Ticket.STATE_VALIDATED
    assert read.lines[0].posted


def test_every_mistake_of_a_ticket_is_named_with_its_place(shop: Desk) -> None:
    wrong = ticket(
        0,
        quantity=Decimal(value="1e3"),
        amount=Money(currency_code="USD", units=1),
        discount=euros(-1),
        returned_ticket="tickets/1",
    )
    wrong.register = 0
    wrong.store = "Mag"
    wrong.ClearField("close_time")
    wrong.business_date.day = 32
    request = sales_pb2.ImportTicketsRequest(tickets=[ticket(1), wrong])
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportTickets(one(request))
    assert set(refused(error)) == {
        "tickets[1].number",
        "tickets[1].register",
        "tickets[1].store",
        "tickets[1].close_time",
        "tickets[1].business_date",
        "tickets[1].lines[0].quantity",
        "tickets[1].lines[0].amount.currency_code",
        "tickets[1].lines[0].discount",
        "tickets[1].lines[0].returned_ticket",
    }
    assert shop.chain.query("SELECT count(*) FROM ticket") == [(0,)]


def test_a_message_that_is_too_big_is_refused(shop: Desk) -> None:
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[sales_pb2.Ticket()] * 2_001)))
    assert refused(error) == ["tickets"]


def test_receipts_are_checked(shop: Desk) -> None:
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportStock(one(receipt(quantity=Decimal(value="0"), unit_cost=Decimal(value="-1"))))
    assert refused(error) == ["receipts[0].unit_cost", "receipts[0].quantity"]


def test_a_closed_day_is_a_failed_precondition(shop: Desk) -> None:
    shop.chain.catalogue(stores=[store("1")], models=[model("FUEL", stocked=False)])
    fuel = sales_pb2.ImportTicketsRequest(tickets=[ticket(1, item="FUEL")])
    shop.sales.ImportTickets(one(fuel))
    shop.chain.drain()
    shop.chain.correct(close_days=True)
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(2)])))
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "closed" in (error.value.details() or "")


def test_a_correction_is_previewed_then_done_then_repeated(shop: Desk) -> None:
    shop.sales.ImportStock(one(receipt()))
    shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1)])))
    shop.chain.drain()
    preview = finished(
        shop,
        shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(validate_only=True)),
        sales_pb2.CorrectSalesResponse(),
    )
    assert (preview.transferred_units.value, list(preview.vouchers)) == ("2", [])
    assert shop.chain.vouchers() == []
    request = sales_pb2.CorrectSalesRequest(request_id="6f8a3a0e-7f3f-4c73-8d55-0d0f4f9a0b11")
    operation = shop.sales.CorrectSales(request)
    done = finished(shop, operation, sales_pb2.CorrectSalesResponse())
    assert list(done.vouchers) == ["vouchers/001-000001"]
    assert [day.state for day in done.sales_days] == [sales_pb2.SalesDay.STATE_UP_TO_DATE]
    assert shop.sales.CorrectSales(request).name == operation.name
    metadata = sales_pb2.CorrectSalesMetadata()
    read = shop.operations.GetOperation(operations_pb2.GetOperationRequest(name=operation.name))
    assert read.metadata.Unpack(metadata)
    assert (metadata.day_count, metadata.done_count) == (1, 1)


def test_options_of_a_correction_are_checked(shop: Desk) -> None:
    options = sales_pb2.CorrectionOptions(first_register=3, last_register=2)
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(options=options))
    assert refused(error) == ["options.last_register"]
    unknown = sales_pb2.CorrectionOptions(stores=["1", "77"])
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(options=unknown))
    assert refused(error) == ["options.stores[1]"]


def test_absent_options_are_the_seeds_and_empty_ones_are_taken(shop: Desk) -> None:
    shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1, item="?")])))
    shop.chain.drain()
    keep = sales_pb2.CorrectionOptions(unknown_codes_subfamily="")
    operation = shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(options=keep))
    assert finished(shop, operation, sales_pb2.CorrectSalesResponse()).remaining_line_count == 1
    operation = shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest())
    assert finished(shop, operation, sales_pb2.CorrectSalesResponse()).reassigned_line_count == 1


def test_defectives_are_previewed_without_a_number_then_cleared(shop: Desk) -> None:
    shop.sales.ImportStock(one(receipt(store="1")))
    back = ticket(
        2,
        quantity=Decimal(value="-1"),
        amount=euros(-2, -500_000_000),
        returned_ticket="tickets/1-1-1",
        defective=True,
    )
    shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1), back])))
    shop.chain.drain()
    preview = finished(
        shop,
        shop.sales.ProcessDefectives(sales_pb2.ProcessDefectivesRequest(validate_only=True)),
        sales_pb2.ProcessDefectivesResponse(),
    )
    assert [(each.name, each.quantity.value) for each in preview.vouchers] == [("", "-1")]
    operation = shop.sales.ProcessDefectives(sales_pb2.ProcessDefectivesRequest())
    done = finished(shop, operation, sales_pb2.ProcessDefectivesResponse())
    assert [each.name for each in done.vouchers] == ["vouchers/001-000002"]
    assert done.vouchers[0].type == sales_pb2.Voucher.TYPE_BDD
    assert done.vouchers[0].value == euros(-1, -250_000_000)
