"""Destinations, sales, tickets: what is changed or sent."""

import json
from pathlib import Path

import pytest
from google.longrunning import operations_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.rpc import status_pb2
from google.type.date_pb2 import Date

from backroom.delivery.v1 import delivery_pb2
from backroom.mail.v1 import mail_pb2
from backroom.sales.v1 import sales_pb2
from tests.console.commands.conftest import Shop


def test_a_folder_becomes_a_destination(shop: Shop, tmp_path: Path) -> None:
    shop.answers["CreateDestination"] = lambda request: getattr(request, "destination")  # noqa: B009 - a Message here
    result = shop("destinations", "create", "server-path", "bank", str(tmp_path / "out"))
    assert str(tmp_path / "out") in result.stdout
    (request,) = shop.asked
    assert isinstance(request, delivery_pb2.CreateDestinationRequest)
    assert request.destination_id == "bank"
    assert request.destination.server_path.folder == str(tmp_path / "out")


def test_secrets_of_an_sftp_destination_come_from_files_and_are_never_shown(shop: Shop, tmp_path: Path) -> None:
    shop.answers["CreateDestination"] = lambda request: getattr(request, "destination")  # noqa: B009 - a Message here
    (tmp_path / "password").write_text("s3cret\n")
    result = shop(
        "destinations", "create", "sftp", "bank", "sftp.example.test", "--user", "shop", "--host-key", "SHA256:abc",
        "--port", "2222", "--folder", "in", "--password-file", str(tmp_path / "password"),
    )  # fmt: skip
    assert "sftp://shop@sftp.example.test:2222/in" in result.stdout
    assert "s3cret" not in result.stdout
    (request,) = shop.asked
    assert isinstance(request, delivery_pb2.CreateDestinationRequest)
    assert request.destination.sftp == delivery_pb2.Sftp(
        host="sftp.example.test", port=2222, user_name="shop", password="s3cret", host_key="SHA256:abc", folder="in"
    )


@pytest.mark.parametrize("reachable", [True, False])
def test_a_check_says_what_to_do_and_ends_with_its_outcome(shop: Shop, reachable: bool) -> None:
    answer = delivery_pb2.CheckDestinationResponse(
        reachable=reachable,
        reason="" if reachable else "NOT_LOGGED_IN",
        message="" if reachable else "(530) Non connecté",
        remedy="" if reachable else "vérifier le mot de passe",
    )
    shop.answers["CheckDestination"] = lambda _: answer
    result = shop("destinations", "check", "bank")
    assert result.exit_code == (0 if reachable else 1)
    if not reachable:
        assert "(530) Non connecté (NOT_LOGGED_IN)\nvérifier le mot de passe\n" in result.stdout
    assert json.loads(shop("destinations", "check", "bank", "--json").stdout)["reachable"] is reachable


def test_a_destination_is_deleted(shop: Shop) -> None:
    shop.answers["DeleteDestination"] = lambda _: Empty()
    assert shop("destinations", "delete", "bank").stdout == "destinations/bank deleted\n"


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
