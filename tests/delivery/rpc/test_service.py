"""Delivery from outside, over a real server."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID, uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2
from prometheus_client import generate_latest

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.task.v1 import task_pb2
from chassis.operations import TaskContext
from chassis.operations.claims import Claimed
from chassis.operations.execution import Execution
from chassis.rpc.client import status_of
from chassis.rpc.messages import timestamp
from chassis.staging import DeliveryStager
from tests.delivery.far_end import PASSWORD, USER, FarEnd
from tests.delivery.rpc.conftest import Served

NIGHT = datetime(2017, 1, 31, 22, 30, tzinfo=UTC)
ATTEMPT = "0b0f5b1e-6a0e-4f25-8d2a-5b7e1f0b1c2d"


def sftp(end: FarEnd, **more: str) -> pb.Destination:
    method = pb.Sftp(host="127.0.0.1", port=end.port, user_name=USER, password=PASSWORD, host_key=end.fingerprint())
    for name, value in more.items():
        setattr(method, name, value)
    return pb.Destination(display_name="Shop", sftp=method)


def folder(served: Served, name: str = "shop") -> pb.Destination:
    return pb.Destination(
        display_name="Shop", server_path=pb.ServerPath(folder=str(served.var.absolute() / "outgoing" / name))
    )


def create(served: Served, destination: pb.Destination, identifier: str = "shop") -> pb.Destination:
    return served.delivery().CreateDestination(
        pb.CreateDestinationRequest(destination_id=identifier, destination=destination, request_id=str(uuid4()))
    )


def header(**more: str | int) -> pb.StageFileRequest:
    fields: dict[str, str | int] = {
        "attempt": ATTEMPT,
        "epoch": 1,
        "ordinal": 0,
        "run": "runs/4",
        "task": "tasks/7",
        "file_name": "sales.csv",
    }
    return pb.StageFileRequest(header=pb.StageFileHeader(**(fields | more)))  # type: ignore[arg-type]  # a test's shorthand


def stage(served: Served, *chunks: bytes, **more: str | int) -> pb.File:
    parts = [header(**more), *(pb.StageFileRequest(chunk=chunk) for chunk in chunks), end_of(b"".join(chunks))]
    return served.delivery("service").StageFile(iter(parts))


def end_of(content: bytes) -> pb.StageFileRequest:
    return pb.StageFileRequest(end=pb.StageFileEnd(size_bytes=len(content), sha256=sha256(content).hexdigest()))


def send_spool(*files: pb.File, destination: str = "destinations/shop", run: str = "runs/4") -> pb.SendSpoolRequest:
    return pb.SendSpoolRequest(
        attempt=str(uuid4()),
        task="tasks/7",
        run=run,
        destination=destination,
        files=[file.file.name for file in files],
        nominal_time=timestamp(NIGHT),
        owner="operator",
    )


def poll(served: Served, attempt: str) -> task_pb2.TaskState:
    answer = served.tasks().PollTasks(task_pb2.PollTasksRequest(attempts=[attempt], wait_time=Duration(seconds=0)))
    (state,) = answer.states
    return state


def refusal(call: grpc.RpcError) -> tuple[str, str, list[str]]:
    """Code, reason and fields."""
    status = status_of(call)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return call.code().name, info.reason, [each.field for each in bad.field_violations]


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
    metrics = generate_latest(served.runtime.registry).decode()
    assert 'backroom_delivery_files_total{protocol="sftp",reason="",result="sent"} 1.0' in metrics
    assert 'backroom_delivery_spool_files{state="delivered"} 1.0' in metrics
    assert "backroom_delivery_oldest_file_seconds 0.0" in metrics


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
    context = TaskContext(
        attempt=UUID(ATTEMPT), run="runs/4", task="tasks/7", task_title="T", owner="operator", nominal_time=NIGHT
    )
    held = Claimed(
        id=UUID(ATTEMPT),
        kind="sales.export",
        epoch=2,
        attempts=1,
        request={},
        context=context,
        caller="operator",
        traceparent="",
        checkpoint=None,
        cancel_asked=False,
        expired=False,
    )
    stager = DeliveryStager(served.channel("service"))
    execution = Execution(held, served.runtime.database)
    big = [bytes([number]) * 700_000 for number in range(7)]
    staged = stager.stage(execution, 0, "big.csv", big)
    assert staged.size_bytes == 4_900_000
    assert stager.stage(execution, 0, "big.csv", [b"something else"]) == staged
    (path,) = (served.var / "TMP" / "UPDATE-7").iterdir()
    assert path.read_bytes() == b"".join(big)


def test_secrets_are_written_and_never_read(served: Served, far_end: FarEnd) -> None:
    made = create(served, sftp(far_end))
    assert (made.sftp.password, made.sftp.has_password, made.sftp.has_private_key) == ("", True, False)
    got = served.delivery("viewer").GetDestination(pb.GetDestinationRequest(name="destinations/shop"))
    assert got == made
    assert PASSWORD not in str(got)


def test_an_update_keeps_the_secrets_its_mask_does_not_name(served: Served, far_end: FarEnd) -> None:
    made = create(served, sftp(far_end))
    delivery = served.delivery()

    def update(destination: pb.Destination, *paths: str) -> pb.Destination:
        destination.name = "destinations/shop"
        return delivery.UpdateDestination(
            pb.UpdateDestinationRequest(destination=destination, update_mask=FieldMask(paths=paths))
        )

    renamed = update(pb.Destination(display_name="New", etag=made.etag), "display_name")
    assert (renamed.display_name, renamed.sftp.has_password, renamed.etag != made.etag) == ("New", True, True)
    moved = update(pb.Destination(sftp=pb.Sftp(folder="deep")), "sftp.folder")
    assert (moved.sftp.folder, moved.sftp.host, moved.sftp.has_password) == ("deep", "127.0.0.1", True)
    unmasked = update(sftp(far_end, password="", folder="other"))
    assert (unmasked.display_name, unmasked.sftp.folder, unmasked.sftp.has_password) == ("Shop", "other", True)
    with pytest.raises(grpc.RpcError) as caught:
        update(pb.Destination(sftp=pb.Sftp()), "sftp.password")
    assert refusal(caught.value) == ("INVALID_ARGUMENT", "INVALID_INPUT", ["destination.sftp.password"])
    with pytest.raises(grpc.RpcError) as caught:
        update(pb.Destination(display_name="Late", etag=made.etag), "display_name")
    assert refusal(caught.value)[:2] == ("ABORTED", "STALE_ETAG")
    with pytest.raises(grpc.RpcError) as caught:
        update(folder(served), "server_path.folder", "colour")
    assert refusal(caught.value)[0] == "INVALID_ARGUMENT"
    replaced = update(folder(served), "server_path")
    assert replaced.WhichOneof("method") == "server_path"


def test_a_destination_is_refused_with_every_field_to_mend(served: Served) -> None:
    bad = pb.Destination(sftp=pb.Sftp(host="a/b", port=70000, host_key="nonsense", password="privkey://"))
    with pytest.raises(grpc.RpcError) as caught:
        create(served, bad)
    code, _, fields = refusal(caught.value)
    assert code == "INVALID_ARGUMENT"
    assert set(fields) == {
        "destination.display_name",
        "destination.sftp.host",
        "destination.sftp.port",
        "destination.sftp.user_name",
        "destination.sftp.host_key",
        "destination.sftp.private_key",
    }
    for where in ("/etc", "relative", "/etc/../etc", ""):
        with pytest.raises(grpc.RpcError) as caught:
            create(served, pb.Destination(display_name="X", server_path=pb.ServerPath(folder=where)))
        assert refusal(caught.value)[2] == ["destination.server_path.folder"]
    with pytest.raises(grpc.RpcError) as caught:
        create(served, folder(served), "Not An Id")
    assert refusal(caught.value)[2] == ["destination_id"]


def test_destinations_are_listed_taken_and_deleted(served: Served) -> None:
    for name in ("b", "a", "c"):
        create(served, folder(served, name), name)
    delivery = served.delivery()
    page = delivery.ListDestinations(pb.ListDestinationsRequest(page_size=2))
    rest = delivery.ListDestinations(pb.ListDestinationsRequest(page_size=2, page_token=page.next_page_token))
    assert [each.name for each in (*page.destinations, *rest.destinations)] == [
        f"destinations/{name}" for name in "abc"
    ]
    with pytest.raises(grpc.RpcError) as caught:
        create(served, folder(served), "a")
    assert refusal(caught.value)[0] == "ALREADY_EXISTS"
    delivery.DeleteDestination(pb.DeleteDestinationRequest(name="destinations/a"))
    with pytest.raises(grpc.RpcError) as caught:
        delivery.GetDestination(pb.GetDestinationRequest(name="destinations/a"))
    assert refusal(caught.value)[0] == "NOT_FOUND"


def test_a_check_answers_in_the_callers_language_what_to_do(served: Served, far_end: FarEnd) -> None:
    create(served, sftp(far_end, host_key="SHA256:" + "A" * 43))
    answer = served.delivery().CheckDestination(pb.CheckDestinationRequest(name="destinations/shop"))
    assert (answer.reachable, answer.reason) == (False, "HOST_KEY_CHANGED")
    assert far_end.fingerprint() in answer.message
    assert answer.remedy.startswith("Ask the server's keeper")
    create(served, sftp(far_end), "good")
    answer = served.delivery().CheckDestination(pb.CheckDestinationRequest(name="destinations/good"))
    assert answer == pb.CheckDestinationResponse(reachable=True)


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
