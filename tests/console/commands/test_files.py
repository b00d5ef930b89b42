from google.protobuf.timestamp_pb2 import Timestamp

from backroom.delivery.v1 import delivery_pb2 as api
from backroom.type.v1 import type_pb2
from tests.console.commands.conftest import Shop

IDENTIFIER = "b7a40d60-2f0c-4f4e-9b67-6f6f7d7f9a10"
FILE = api.File(
    file=type_pb2.SpooledFile(name=f"files/{IDENTIFIER}", file_name="sales.csv", size_bytes=12_000),
    state=api.File.STATE_PARKED,
    task="tasks/7",
    destination="destinations/bank",
    attempts=30,
    last_error="Plus de place",
)
TRY = api.Delivery(
    name="deliveries/41",
    file=f"files/{IDENTIFIER}",
    file_name="sales.csv",
    task="tasks/7",
    run="runs/9",
    destination="destinations/bank",
    attempt=30,
    state=api.Delivery.STATE_FAILED,
    reason="DISK_FULL",
    message="Plus de place",
    remedy="Libérez de la place",
    resumed_offset=67_108_864,
    create_time=Timestamp(seconds=1_485_900_000),
)


def test_files_are_listed_with_what_keeps_them(shop: Shop) -> None:
    shop.answers["ListFiles"] = lambda _: api.ListFilesResponse(files=[FILE])
    result = shop("files", "list", "--filter", "state = PARKED")
    assert result.exit_code == 0, result.stderr
    for words in ("sales.csv", "PARKED", "destinations/bank", "12,000", "30", "Plus de place"):
        assert words in result.stdout
    assert shop.only_request() == api.ListFilesRequest(page_size=50, filter="state = PARKED")


def test_files_are_sent_again_by_name(shop: Shop) -> None:
    shop.answers["RetryDelivery"] = lambda _: api.RetryDeliveryResponse(file_count=1)
    assert "1 file(s) are sent again now" in shop("files", "retry", IDENTIFIER).stdout
    assert shop.only_request() == api.RetryDeliveryRequest(files=[f"files/{IDENTIFIER}"])


def test_all_that_wait_for_a_destination_are_sent_again(shop: Shop) -> None:
    shop.answers["RetryDelivery"] = lambda _: api.RetryDeliveryResponse(file_count=12)
    assert "12 file(s)" in shop("files", "retry", "--destination", "bank").stdout
    assert shop.only_request() == api.RetryDeliveryRequest(destination="destinations/bank")


def test_a_file_is_given_up_with_a_reason_and_people_hear_that_it_may_have_arrived(shop: Shop) -> None:
    shop.answers["DiscardFile"] = lambda _: api.DiscardFileResponse(file=FILE, state_before=api.File.STATE_RENAMING)
    said = shop("files", "discard", IDENTIFIER, "--reason", "sent by hand").stdout
    assert "given up" in said
    assert "may have arrived" in said
    assert shop.only_request() == api.DiscardFileRequest(name=f"files/{IDENTIFIER}", reason="sent by hand")


def test_who_gives_up_a_file_hears_which_messages_with_it_have_left(shop: Shop) -> None:
    shop.answers["DiscardFile"] = lambda _: api.DiscardFileResponse(file=FILE, mails=["mails/1"])
    assert "by mails/1, or may have" in shop("files", "discard", IDENTIFIER, "--reason", "too late").stdout


def test_tries_are_listed_and_shown_with_what_to_do(shop: Shop) -> None:
    shop.answers["ListDeliveries"] = lambda _: api.ListDeliveriesResponse(deliveries=[TRY])
    listed = shop("files", "tries").stdout
    for words in ("deliveries/41", "sales.csv", "FAILED", "Plus de place"):
        assert words in listed
    shop.answers["GetDelivery"] = lambda _: TRY
    shown = shop("files", "try", "41").stdout
    for words in ("DISK_FULL", "Libérez de la place", "byte 67,108,864"):
        assert words in shown
    assert shop.asked[-1] == api.GetDeliveryRequest(name="deliveries/41")
