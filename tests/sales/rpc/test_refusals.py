"""What cannot be taken is refused by the name of its field, before anything is done."""

from datetime import UTC, datetime

import grpc
import pytest
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money

from backroom.sales.v1 import sales_pb2
from tests.sales.rpc.conftest import Desk
from tests.sales.rpc.told import CATALOGUE, euros, finished, one, receipt, refused, ticket


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.sales.ImportCatalogue(one(CATALOGUE))
    return desk


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
    assert refused(error) == ["receipts[0].quantity", "receipts[0].unit_cost"]


@pytest.mark.parametrize("units", ["NaN", "1e3", "", "0", "-1", "1000000", "999999999999", "0.0001"])
def test_a_quantity_that_no_receipt_can_have_is_named_once(shop: Desk, units: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportStock(one(receipt(quantity=Decimal(value=units))))
    assert refused(error) == ["receipts[0].quantity"]


def test_what_is_too_much_for_one_line_is_refused_before_it_can_stop_a_night(shop: Desk) -> None:
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportStock(one(receipt(unit_cost=Decimal(value="999999999999"))))
    assert refused(error) == ["receipts[0].unit_cost"]
    with pytest.raises(grpc.RpcError) as error:  # a code scanned in the place of a quantity
        shop.sales.ImportTickets(
            one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1, quantity=Decimal(value="-301762042200"))]))
        )
    assert refused(error) == ["tickets[0].lines[0].quantity"]


def test_the_most_that_lines_may_hold_is_posted_and_corrected(shop: Desk) -> None:
    most = Decimal(value="99999999.999999")
    shop.sales.ImportStock(one(receipt(store="1", quantity=Decimal(value="1"), unit_cost=most)))
    back = ticket(1, quantity=Decimal(value="-999999.999"))
    shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[back])))
    shop.chain.drain()
    operation = shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest())
    assert finished(shop, operation, sales_pb2.CorrectSalesResponse()).credited_return_count == 1
    held = "SELECT quantity, trim_scale(value), cost FROM model_cost"
    assert [tuple(map(str, row)) for row in shop.chain.query(held)] == [
        ("1000000.999", "100000099899999", "99999999.999999")
    ]


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_a_sale_is_of_a_year_that_can_be(shop: Desk, year: int) -> None:
    odd = ticket(1)
    odd.business_date.year = year
    odd.close_time.FromDatetime(datetime(year, 6, 1, tzinfo=UTC))
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[odd])))
    assert refused(error) == ["tickets[0].business_date", "tickets[0].close_time"]


def test_what_a_row_of_the_catalogue_names_is_checked_under_its_own_field(shop: Desk) -> None:
    broken = sales_pb2.Model()
    broken.CopyFrom(CATALOGUE.models[0])
    broken.brand = "B\0"
    broken.components.add(item="A\0", quantity=Decimal(value="1"))
    request = sales_pb2.ImportCatalogueRequest(
        brands=[sales_pb2.Brand(code="X", suppliers=["S", "S\0"])], models=[broken]
    )
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportCatalogue(one(request))
    assert set(refused(error)) == {"brands[0].suppliers[1]", "models[0].brand", "models[0].components[0].item"}


def test_a_catalogue_that_is_too_big_names_what_it_has_too_many_of(shop: Desk) -> None:
    suppliers = [sales_pb2.Supplier(code=str(number)) for number in range(5_001)]
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.ImportCatalogue(one(sales_pb2.ImportCatalogueRequest(suppliers=suppliers)))
    assert refused(error) == ["suppliers"]


def test_nothing_sent_is_nothing_done(shop: Desk) -> None:
    assert shop.sales.ImportTickets(iter([])) == sales_pb2.ImportTicketsResponse()
    assert shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest())) == sales_pb2.ImportTicketsResponse()
    assert shop.sales.ImportStock(one(sales_pb2.ImportStockRequest())) == sales_pb2.ImportStockResponse()
    assert shop.sales.ImportCatalogue(iter([])) == sales_pb2.ImportCatalogueResponse()
    assert shop.chain.query("SELECT count(*) FROM operation") == [(0,)]


def test_a_filter_may_name_a_register_that_no_shop_can_have(shop: Desk) -> None:
    shop.sales.ImportTickets(one(sales_pb2.ImportTicketsRequest(tickets=[ticket(1)])))
    for told, found in (("register = 99999999999", 0), ("register < 99999999999", 1)):
        assert len(shop.sales.ListTickets(sales_pb2.ListTicketsRequest(filter=told)).tickets) == found
        assert len(shop.sales.ListSalesDays(sales_pb2.ListSalesDaysRequest(filter=told)).sales_days) == found


def test_options_of_a_correction_are_checked(shop: Desk) -> None:
    options = sales_pb2.CorrectionOptions(first_register=3, last_register=2)
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(options=options))
    assert refused(error) == ["options.last_register"]
    unknown = sales_pb2.CorrectionOptions(stores=["1", "77"])
    with pytest.raises(grpc.RpcError) as error:
        shop.sales.CorrectSales(sales_pb2.CorrectSalesRequest(options=unknown))
    assert refused(error) == ["options.stores[1]"]
