"""A write that is repeated answers what it answered first, whatever has happened since."""

from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.scheduler.v1 import scheduler_pb2
from services.scheduler.gateways import handlers
from tests.scheduler.rpc.conftest import Served, task


def test_a_repeated_create_does_not_ask_the_handlers_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "CATALOGUE_GOOD_FOR", 0.0)
    request_id = str(uuid4())
    first = served.create(task("a"), request_id=request_id)
    served.house.others.team_server.stop(0).wait()
    assert served.create(task("a"), request_id=request_id) == first
    with pytest.raises(grpc.RpcError) as away:
        served.create(task("a"), request_id=str(uuid4()))
    assert away.value.code() is grpc.StatusCode.UNAVAILABLE


def test_every_verb_of_a_task_that_has_gone_since_answers_as_it_did(served: Served) -> None:
    stub, name = served.tasks(), served.create(task("a")).name
    update = scheduler_pb2.UpdateTaskRequest(
        task=scheduler_pb2.Task(name=name, title="b"), update_mask=FieldMask(paths=["title"]), request_id=str(uuid4())
    )
    pause = scheduler_pb2.PauseTaskRequest(name=name, request_id=str(uuid4()))
    resume = scheduler_pb2.ResumeTaskRequest(name=name, request_id=str(uuid4()))
    delete = scheduler_pb2.DeleteTaskRequest(name=name, request_id=str(uuid4()))

    def ask() -> list[object]:
        return [stub.UpdateTask(update), stub.PauseTask(pause), stub.ResumeTask(resume), stub.DeleteTask(delete)]

    assert ask() == ask()


def test_a_repeated_run_by_hand_is_one_run(served: Served) -> None:
    stub, name = served.tasks(), served.create(task("a")).name
    request = scheduler_pb2.RunTaskRequest(name=name, request_id=str(uuid4()))
    assert stub.RunTask(request) == stub.RunTask(request)
    assert served.house.count("run") == 1


def test_a_request_that_was_refused_may_be_sent_again_once_it_can_be_done(served: Served) -> None:
    request_id = str(uuid4())
    refused = task("a", time_zone="Mars/Olympus")
    with pytest.raises(grpc.RpcError):
        served.create(refused, request_id=request_id)
    assert served.create(task("a"), request_id=request_id).title == "a"
