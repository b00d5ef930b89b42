"""ClientsService as callers meet it, on a real server."""

import threading
from collections.abc import Iterator, Sequence

import grpc
import pytest
from google.rpc import error_details_pb2
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from backroom.clients.v1 import clients_pb2 as pb
from chassis.rpc.client import status_of
from chassis.rpc.messages import timestamp
from services.clients.rpc.rendering import render_client
from tests.clients.conftest import Keep
from tests.clients.people import SAID, whole_client
from tests.clients.rpc.conftest import Served


def message(code: str, **more: object) -> pb.Client:
    return pb.Client(code=code, members=[pb.Member(given_name="Anne")], **more)  # type: ignore[arg-type]  # shorthand


def load(served: Served, *batches: Sequence[pb.Client]) -> pb.ImportClientsResponse:
    requests = (pb.ImportClientsRequest(clients=batch) for batch in batches)
    return served.clients().ImportClients(requests, timeout=20)


def violations(error: grpc.RpcError) -> list[str]:
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status_of(error).details if detail.Is(bad.DESCRIPTOR))
    return [each.field for each in bad.field_violations]


def test_a_client_comes_back_whole_with_what_the_service_adds(served: Served, keep: Keep) -> None:
    keep.import_all(whole_client())
    with keep.open_work() as work:
        sent = render_client(work.clients.get(["1"])["1"])
    sent.code = "2"
    assert load(served, [sent]) == pb.ImportClientsResponse(created_count=1)
    got = served.clients("viewer").GetClient(pb.GetClientRequest(name="clients/2"), timeout=10)
    assert (got.name, got.etag) == ("clients/2", '"1"')
    for output_only in ("name", "create_time", "update_time"):
        sent.ClearField(output_only)
        got.ClearField(output_only)
    assert got == sent


def test_an_import_of_several_messages_counts_them_together(served: Served) -> None:
    first = [message("1"), message("2")]
    assert load(served, first, [message("3"), message("1", title="M.")]) == pb.ImportClientsResponse(
        created_count=3, changed_count=1
    )
    assert load(served, first[1:]) == pb.ImportClientsResponse(unchanged_count=1)
    assert load(served) == pb.ImportClientsResponse()
    registry = served.runtime.registry
    assert registry.get_sample_value("backroom_clients_imported_total", {"outcome": "created"}) == 3


def test_a_message_that_fails_names_each_field_and_what_came_before_it_stays(served: Served, keep: Keep) -> None:
    good = [message(str(number)) for number in range(17)]
    bad = [*good, message("a/b", consents=[pb.Consent(option="Rugby", consent_time=timestamp(SAID))])]
    with pytest.raises(grpc.RpcError) as refused:
        load(served, [message("first")], bad, [message("never")])
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(refused.value) == ["clients[17].code", "clients[17].consents[0].option"]
    assert set(keep.stores()) == {"first"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (message("1", consents=[pb.Consent(option="sms")]), "clients[0].consents[0].consent_time"),
        (
            message("1", card=pb.LoyaltyCard(number="1", valid_until=Date(year=2017, month=2, day=30))),
            "clients[0].card.valid_until",
        ),
        (message("1", card=pb.LoyaltyCard(number="1", total=Money(units=3))), "clients[0].card.total.currency_code"),
        (
            message(
                "1",
                card=pb.LoyaltyCard(
                    number="1",
                    total=Money(units=3, currency_code="EUR"),
                    gift_amount=Money(units=3, currency_code="USD"),
                ),
            ),
            "clients[0].card.gift_amount",
        ),
        (pb.Client(code="1", members=[pb.Member(birth_date=Date(year=2017))]), "clients[0].members[0].birth_date"),
        (pb.Client(code="1"), "clients[0].members"),
    ],
)
def test_what_cannot_be_read_is_named(served: Served, wrong: pb.Client, field: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        load(served, [wrong])
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(refused.value) == [field]


def test_a_code_twice_in_one_message_and_too_many_clients_are_refused(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as twice:
        load(served, [message("1"), message("2"), message("1")])
    assert violations(twice.value) == ["clients[2].code"]
    with pytest.raises(grpc.RpcError) as many:
        load(served, [message(str(number)) for number in range(2001)])
    assert violations(many.value) == ["clients"]


def test_a_caller_who_keeps_its_stream_open_hears_of_a_mistake_at_once(served: Served) -> None:
    told = threading.Event()

    def endless() -> Iterator[pb.ImportClientsRequest]:
        yield pb.ImportClientsRequest(clients=[message("a/b")])
        assert told.wait(20)

    try:
        with pytest.raises(grpc.RpcError) as refused:
            served.clients().ImportClients(endless(), timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    finally:
        told.set()


def test_many_clients_come_in_the_order_asked_for_and_unknown_ones_are_left_out(served: Served) -> None:
    load(served, [message(code) for code in ("1", "2", "3")])
    names = [f"clients/{code}" for code in ("3", "9", "1", "3")]
    got = served.clients("viewer").BatchGetClients(pb.BatchGetClientsRequest(names=names), timeout=10)
    assert [each.code for each in got.clients] == ["3", "1", "3"]
    with pytest.raises(grpc.RpcError) as wrong:
        served.clients("viewer").BatchGetClients(pb.BatchGetClientsRequest(names=["clients/1", "stores/1"]))
    assert violations(wrong.value) == ["names[1]"]
    with pytest.raises(grpc.RpcError) as many:
        served.clients("viewer").BatchGetClients(pb.BatchGetClientsRequest(names=["clients/1"] * 1001))
    assert violations(many.value) == ["names"]


def test_an_unknown_client_is_not_found_and_a_wrong_name_is_refused(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as unknown:
        served.clients("viewer").GetClient(pb.GetClientRequest(name="clients/9"), timeout=10)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert "clients/9" in (unknown.value.details() or "")
    with pytest.raises(grpc.RpcError) as wrong:
        served.clients("viewer").GetClient(pb.GetClientRequest(name="9"), timeout=10)
    assert violations(wrong.value) == ["name"]


def test_lists_are_filtered_ordered_and_paged(served: Served) -> None:
    load(served, [message(str(number), title="Mme" if number % 2 else "M.") for number in range(1, 8)])
    stub = served.clients("viewer")
    request = pb.ListClientsRequest(filter="title = Mme", order_by="code desc", page_size=3)
    first = stub.ListClients(request, timeout=10)
    request.page_token = first.next_page_token
    second = stub.ListClients(request, timeout=10)
    assert [each.code for each in (*first.clients, *second.clients)] == ["7", "5", "3", "1"]
    assert (first.total_size, second.total_size, second.next_page_token) == (4, 4, "")


@pytest.mark.parametrize(
    ("request_", "field", "position"),
    [
        (pb.ListClientsRequest(filter="title = Mme AND"), "filter", "at position 16"),
        (pb.ListClientsRequest(filter="code = 1 AND card.total > much"), "filter", "at position 27"),
        (pb.ListClientsRequest(order_by="shoe_size"), "order_by", "shoe_size"),
        (pb.ListClientsRequest(page_token="x"), "page_token", "page_token"),
        (pb.ListClientsRequest(page_size=-1), "page_size", "-1"),
    ],
)
def test_a_mistake_in_a_list_is_refused_with_its_place(
    served: Served, request_: pb.ListClientsRequest, field: str, position: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        served.clients("viewer").ListClients(request_, timeout=10)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(refused.value) == [field]
    assert position in (refused.value.details() or "")


def test_a_viewer_reads_and_does_not_import(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        served.clients("viewer").ImportClients(iter([pb.ImportClientsRequest()]), timeout=10)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
