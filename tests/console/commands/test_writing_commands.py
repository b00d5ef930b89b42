"""Destinations, sales, tickets: what is changed or sent."""

import json

from google.longrunning import operations_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import status_pb2
from google.type.date_pb2 import Date

from backroom.mail.v1 import mail_pb2
from backroom.sales.v1 import sales_pb2
from tests.console.commands.conftest import Shop


def test_sales_days_are_listed(shop: Shop) -> None:
    day = sales_pb2.SalesDay(
        business_date=Date(year=2017, month=1, day=2),
        store="356",
        register=2,
        state=sales_pb2.SalesDay.STATE_IN_ERROR,
        ticket_count=9,
        error_count=1,
    )
    shop.answers["ListSalesDays"] = lambda _: sales_pb2.ListSalesDaysResponse(sales_days=[day])
    result = shop("sales", "days", "--filter", "state = IN_ERROR")
    assert result.stdout.splitlines()[1].split() == ["2017-01-02", "356", "2", "IN_ERROR", "9", "1"]


def test_a_correction_is_waited_for_and_told(shop: Shop) -> None:
    outcome = Any()
    outcome.Pack(sales_pb2.CorrectSalesResponse(vouchers=["vouchers/001-000001"], remaining_line_count=3))
    shop.answers["CorrectSales"] = lambda _: operations_pb2.Operation(name="operations/1")
    shop.answers["GetOperation"] = lambda _: operations_pb2.Operation(name="operations/1", done=True, response=outcome)
    result = shop("sales", "correct", "--store", "356", "--dry-run", "--close")
    assert "vouchers/001-000001" in result.stdout
    request = shop.asked[0]
    assert isinstance(request, sales_pb2.CorrectSalesRequest)
    assert request.validate_only
    assert request.options.close_days
    assert list(request.options.stores) == ["356"]
    assert not request.options.HasField("adjust_remainder")
    assert json.loads(shop("sales", "correct", "--json").stdout)["remaining_line_count"] == "3"


def test_a_correction_that_fails_says_why(shop: Shop) -> None:
    error = status_pb2.Status(code=9, message="store 7 does not exist")
    shop.answers["CorrectSales"] = lambda _: operations_pb2.Operation(name="operations/1", done=True, error=error)
    result = shop("sales", "correct")
    assert result.exit_code == 1
    assert "store 7 does not exist" in result.stderr


def test_a_ticket_is_mailed(shop: Shop) -> None:
    shop.answers["SendTicket"] = lambda _: mail_pb2.Mail(
        name="mails/1", state=mail_pb2.Mail.STATE_QUEUED, recipients=["ana@example.test"]
    )
    result = shop("tickets", "send", "356-2-17", "--to", "ana@example.test")
    assert "QUEUED" in result.stdout
    request: Message = shop.asked[0]
    assert isinstance(request, mail_pb2.SendTicketRequest)
    assert (request.ticket, list(request.recipients)) == ("tickets/356-2-17", ["ana@example.test"])
