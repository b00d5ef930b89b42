"""Requests to delivery, as short as a test wants them, and what its refusals say."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.task.v1 import task_pb2
from chassis.rpc.client import status_of
from chassis.rpc.messages import timestamp
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


def make_inbox(served: Served) -> Path:
    """A folder of the server, known as `shop`, that files are fetched from."""
    create(served, folder(served))
    path = served.var / "outgoing" / "shop"
    path.mkdir(parents=True)
    return path


def create(served: Served, destination: pb.Destination, identifier: str = "shop") -> pb.Destination:
    return served.delivery().CreateDestination(
        pb.CreateDestinationRequest(destination_id=identifier, destination=destination, request_id=str(uuid4()))
    )


def described(**more: str | int) -> pb.StageFileHeader:
    """What a handler says of a file."""
    fields: dict[str, str | int] = {
        "attempt": ATTEMPT,
        "epoch": 1,
        "ordinal": 0,
        "run": "runs/4",
        "task": "tasks/7",
        "file_name": "sales.csv",
    }
    return pb.StageFileHeader(**(fields | more))  # type: ignore[arg-type]  # a test's shorthand


def header(**more: str | int) -> pb.StageFileRequest:
    return pb.StageFileRequest(header=described(**more))


def sending(**more: str | int) -> pb.SendFileRequest:
    """The header of a file that goes past the spool."""
    more = {"destination": "destinations/shop", "owner": "operator", "file_name": "base.dump", **more}
    outer = {name: str(more.pop(name)) for name in ("destination", "owner")}
    return pb.SendFileRequest(header=pb.SendFileHeader(file=described(**more), **outer))


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


def verify(
    served: Served, draft: pb.Destination | None = None, name: str = "", role: str = "operator"
) -> pb.VerifyDestinationResponse:
    return served.delivery(role).VerifyDestination(pb.VerifyDestinationRequest(name=name, destination=draft))


def reason(served: Served, draft: pb.Destination) -> str:
    answer = verify(served, draft)
    assert not answer.verified
    assert answer.message
    assert answer.remedy
    return answer.reason
