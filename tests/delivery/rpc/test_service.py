"""Files and their sending from outside, over a real server."""

from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2
from prometheus_client import generate_latest

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from chassis.staging import DeliveryStager
from tests.delivery.far_end import FarEnd
from tests.delivery.rpc.asking import create, end_of, folder, header, poll, refusal, send_spool, sftp, stage
from tests.delivery.rpc.conftest import Served
from tests.delivery.streaming import a_try


def test_a_file_goes_all_the_way(served: Served, far_end: FarEnd) -> None:
    assert create(served, sftp(far_end, folder="in")).name == "destinations/shop"
    file = stage(served, b"a;b\n", b"1;2\n")
    assert (file.state, file.file.size_bytes, file.task, file.run) == (
        pb.File.STATE_PROVISIONAL,
        8,
        "tasks/7",
        "runs/4",
    )
    request = send_spool(file)
    assert served.delivery("service").SendSpool(request).file_count == 1
    assert served.delivery("service").SendSpool(request).file_count == 1
    assert poll(served, request.attempt).state == task_pb2.TaskState.STATE_QUEUED
    served.work()
    state = poll(served, request.attempt)
    assert state.state == task_pb2.TaskState.STATE_SUCCEEDED
    assert state.report == "File sales.csv sent to destinations/shop (8 bytes)"
    assert far_end.files() == {"in/sales.csv": b"a;b\n1;2\n"}
    (listed,) = served.delivery().ListFiles(pb.ListFilesRequest(filter='state = "DELIVERED" AND run = "runs/4"')).files
    assert listed.state == pb.File.STATE_DELIVERED
    assert listed.destination == "destinations/shop"
    assert list(served.delivery().ListFiles(pb.ListFilesRequest(filter=f'site = "{listed.site}"')).files) == [listed]
    assert not served.delivery().ListFiles(pb.ListFilesRequest(filter='site = "elsewhere"')).files
    metrics = generate_latest(served.runtime.registry).decode()
    assert 'backroom_delivery_files_total{protocol="sftp",reason="",result="sent"} 1.0' in metrics
    assert 'backroom_delivery_spool_files{state="sealed"} 0.0' in metrics
    assert "backroom_delivery_oldest_file_seconds 0.0" in metrics


def test_in_training_the_sandbox_stands_for_the_destination(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end))
    far_end.stop()
    training = type_pb2.OPERATING_MODE_TRAINING
    check = pb.CheckDestinationRequest(name="destinations/shop", mode=training)
    assert served.delivery().CheckDestination(check).reachable
    request = send_spool(stage(served, b"x", mode=training, site="lille"))
    request.site = "lille"
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendSpool(request)
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", ["files[0]"])
    request.mode = training
    served.delivery("service").SendSpool(request)
    served.work()
    assert poll(served, request.attempt).state == task_pb2.TaskState.STATE_SUCCEEDED
    assert (served.var / "sandbox" / "shop" / "sales.csv").read_bytes() == b"x"
    (listed,) = served.delivery().ListFiles(pb.ListFilesRequest()).files
    assert (listed.state, listed.site, listed.mode) == (pb.File.STATE_DELIVERED, "lille", training)
    check.mode = type_pb2.OPERATING_MODE_ISOLATED
    assert not served.delivery().CheckDestination(check).reachable


def test_a_mode_that_is_none_is_refused(served: Served) -> None:
    check = pb.CheckDestinationRequest(name="destinations/shop", mode=9)  # type: ignore[arg-type]  # of a newer client
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery().CheckDestination(check)
    assert refusal(caught.value)[2] == ["mode"]
    sending = send_spool()
    sending.mode = 9  # type: ignore[assignment]  # the same
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendSpool(sending)
    assert refusal(caught.value)[2] == ["mode"]


def test_a_sending_that_fails_says_why_in_the_owners_language(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, password="wrong"))
    request = send_spool(stage(served, b"x"))
    served.delivery("service").SendSpool(request)
    served.work()
    state = poll(served, request.attempt)
    assert state.state == task_pb2.TaskState.STATE_FAILED
    info = error_details_pb2.ErrorInfo()
    assert state.error.details[0].Unpack(info)
    assert info.reason == "LEFT_IN_SPOOL"
    assert "Not logged in: 127.0.0.1 refuses the user backroom" in state.error.message
    (listed,) = served.delivery().ListFiles(pb.ListFilesRequest()).files
    assert listed.state == pb.File.STATE_SEALED
    assert "Not logged in" in listed.last_error
    assert listed.HasField("next_attempt_time")
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery().DeleteDestination(pb.DeleteDestinationRequest(name="destinations/shop"))
    assert refusal(caught.value)[:2] == ("FAILED_PRECONDITION", "DESTINATION_IN_USE")


def test_handlers_stage_through_chassis_client(served: Served) -> None:
    stager = DeliveryStager(served.channel("service"))
    execution = a_try(served.runtime.database, epoch=2)
    big = [bytes([number]) * 700_000 for number in range(7)]
    staged = stager.stage(execution, 0, "big.csv", big)
    assert staged.size_bytes == 4_900_000
    assert stager.stage(execution, 0, "big.csv", [b"something else"]) == staged
    (path,) = (served.var / "TMP" / "UPDATE-7").iterdir()
    assert path.read_bytes() == b"".join(big)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"file_name": "../a"}, "header.file_name"),
        ({"attempt": "x"}, "header.attempt"),
        ({"run": "runs/x"}, "header.run"),
        ({"task": ""}, "header.task"),
        ({"epoch": -1}, "header.epoch"),
        ({"ordinal": -1}, "header.ordinal"),
        ({"mode": 9}, "header.mode"),
    ],
)
def test_a_file_is_refused_by_the_field_that_is_wrong(served: Served, more: dict[str, str | int], field: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stage(served, b"x", **more)
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", [field])


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([pb.StageFileRequest(chunk=b"x")], "header"),
        ([], "header"),
        ([header(), pb.StageFileRequest(chunk=b"x"), pb.StageFileRequest(chunk=b""), end_of(b"x")], "chunk"),
        ([header(), pb.StageFileRequest(chunk=b"x"), header(), end_of(b"x")], "chunk"),
        ([header(), pb.StageFileRequest(chunk=b"x")], "end"),
        ([header(), pb.StageFileRequest(chunk=b"x"), end_of(b"y")], "end"),
    ],
)
def test_a_stream_that_is_not_whole_is_refused_and_leaves_nothing(
    served: Served, parts: list[pb.StageFileRequest], field: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").StageFile(iter(parts))
    assert refusal(caught.value)[2] == [field]
    assert not [path for path in (served.var / "TMP").rglob("*") if path.is_file()]


def test_a_manifest_is_refused_by_its_fields(served: Served) -> None:
    create(served, folder(served))
    request = pb.SendSpoolRequest(attempt="x", task="7", run="runs/4", destination="shop", files=["files/1"])
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendSpool(request)
    assert set(refusal(caught.value)[2]) == {"attempt", "task", "destination", "files[0]", "nominal_time"}
    unknown = send_spool()
    unknown.files.append(f"files/{uuid4()}")
    with pytest.raises(grpc.RpcError) as caught:
        served.delivery("service").SendSpool(unknown)
    assert refusal(caught.value)[2] == ["files[0]"]


def test_each_call_asks_for_its_role(served: Served) -> None:
    for call in (
        lambda: served.delivery("viewer").CheckDestination(pb.CheckDestinationRequest(name="destinations/x")),
        lambda: served.delivery("operator").SendSpool(send_spool()),
        lambda: served.delivery("admin").StageFile(iter([header()])),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert refusal(caught.value)[0] == "PERMISSION_DENIED"
