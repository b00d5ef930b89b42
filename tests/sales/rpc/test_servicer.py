"""Imports and long work over a real channel: what goes in, what comes back."""

import grpc
import pytest
from google.longrunning import operations_pb2
from google.type.decimal_pb2 import Decimal

from backroom.sales.v1 import sales_pb2
from services.sales.rpc.servicer import ROLES
from tests.sales.chain import model, store
from tests.sales.rpc.conftest import Desk
from tests.sales.rpc.told import CATALOGUE, euros, finished, one, receipt, ticket


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
