"""SendFile: what is no request is refused by its field, and nothing of it stays."""

import grpc
import pytest

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.staging import DeliveryStager
from tests.delivery.rpc.asking import create, end_of, folder, refusal, sending
from tests.delivery.rpc.conftest import Served
from tests.delivery.streaming import a_try


def stager(served: Served) -> DeliveryStager:
    return DeliveryStager(served.channel("service"))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"file_name": "../a"}, "header.file.file_name"),
        ({"attempt": "x"}, "header.file.attempt"),
        ({"epoch": -1}, "header.file.epoch"),
        ({"run": "4"}, "header.file.run"),
        ({"destination": "shop"}, "header.destination"),
        ({"owner": ""}, "header.owner"),
    ],
)
def test_a_header_is_refused_by_the_field_that_is_wrong(served: Served, more: dict[str, str | int], field: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendFile(iter([sending(**more), pb.SendFileRequest(end=end_of(b"").end)]))
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", [field])


def test_every_wrong_field_of_a_header_is_named_at_once(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendFile(iter([sending(epoch=-1, run="4", destination="x", owner="")]))
    assert refusal(caught.value)[2] == ["header.file.epoch", "header.file.run", "header.destination", "header.owner"]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([], "header"),
        ([pb.SendFileRequest(chunk=b"x")], "header"),
        ([sending()], "end"),
        ([sending(), pb.SendFileRequest(chunk=b"x")], "end"),
        ([sending(), pb.SendFileRequest(chunk=b"x"), pb.SendFileRequest(end=end_of(b"y").end)], "end"),
        ([sending(), pb.SendFileRequest(chunk=b"")], "chunk"),
        ([sending(), pb.SendFileRequest(chunk=b"x" * ((1 << 20) + 1))], "chunk"),
        ([sending(), sending()], "chunk"),
    ],
)
def test_a_stream_that_is_not_whole_leaves_nothing(served: Served, parts: list[pb.SendFileRequest], field: str) -> None:
    create(served, folder(served))
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendFile(iter(parts))
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", [field])
    assert list((served.var / "outgoing").rglob("*base.dump*")) == []


def test_an_empty_file_is_a_file(served: Served) -> None:
    create(served, folder(served))
    stager(served).send(a_try(served.runtime.database), 0, "empty", [])
    assert (served.var / "outgoing" / "shop" / "empty").read_bytes() == b""


def test_only_services_send(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("operator").SendFile(iter([sending()]))
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_mode_that_is_none_is_refused(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendFile(iter([sending(mode=9)]))
    assert refusal(caught.value)[2] == ["header.file.mode"]
