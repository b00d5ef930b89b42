"""Runs by hand, and the lists of runs, on a real server."""

from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served, task, wrong_fields
from tests.scheduler.team import succeeded


def test_a_run_by_hand_is_made_once_and_shows_how_it_went(served: Served) -> None:
    made, request_id = served.create(task("Nuit")), str(uuid4())
    ask = scheduler_pb2.RunTaskRequest(name=made.name, request_id=request_id)
    run = served.tasks().RunTask(ask)
    assert served.tasks().RunTask(ask) == run
    assert (run.manual, run.started_by, run.state) == (True, "anne", scheduler_pb2.Run.STATE_PENDING)
    served.house.settle()
    ended = served.tasks("brian").GetRun(scheduler_pb2.GetRunRequest(name=run.name))
    assert (ended.state, ended.report, len(ended.attempts)) == (scheduler_pb2.Run.STATE_SUCCEEDED, "fait", 1)
    assert served.house.count("run") == 1


def test_lists_leave_long_reports_and_files_to_the_run_itself(served: Served) -> None:
    served.house.others.team.does = lambda entry: succeeded("é" * 5_000)
    made = served.create(task("Nuit"))
    run = served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name))
    served.house.settle()
    (listed,) = served.tasks().ListRuns(scheduler_pb2.ListRunsRequest()).runs
    whole = served.tasks().GetRun(scheduler_pb2.GetRunRequest(name=run.name))
    assert (len(listed.report), len(whole.report)) == (1_000, 5_000)
    (message,) = served.inbox().ListMessages(scheduler_pb2.ListMessagesRequest()).messages
    assert len(message.body) == 1_000
    assert len(served.inbox().GetMessage(scheduler_pb2.GetMessageRequest(name=message.name)).body) == 5_000


def test_a_task_with_an_unfinished_run_cannot_be_deleted_and_its_runs_outlive_it(served: Served) -> None:
    stub, made = served.tasks(), served.create(task())
    run = stub.RunTask(scheduler_pb2.RunTaskRequest(name=made.name))
    with pytest.raises(grpc.RpcError) as refused:
        stub.DeleteTask(scheduler_pb2.DeleteTaskRequest(name=made.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    served.house.settle()
    stub.DeleteTask(scheduler_pb2.DeleteTaskRequest(name=made.name))
    assert stub.GetRun(scheduler_pb2.GetRunRequest(name=run.name)).task == made.name
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetTask(scheduler_pb2.GetTaskRequest(name=made.name))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def test_runs_are_listed_newest_first_and_by_task(served: Served) -> None:
    served.house.others.team.does = lambda entry: succeeded()
    stub = served.tasks()
    one, two = served.create(task("a")), served.create(task("b"))
    for name in (one.name, two.name, one.name):
        stub.RunTask(scheduler_pb2.RunTaskRequest(name=name))
    served.house.settle()
    everything = stub.ListRuns(scheduler_pb2.ListRunsRequest())
    assert [run.task_title for run in everything.runs] == ["a", "b", "a"]
    assert all(len(run.attempts) == 1 for run in everything.runs)
    mine = stub.ListRuns(
        scheduler_pb2.ListRunsRequest(filter=f"task = {one.name} AND state = SUCCEEDED AND manual = true")
    )
    assert [run.task for run in mine.runs] == [one.name] * 2


def test_a_run_by_hand_stands_for_the_instant_that_was_asked_for(served: Served) -> None:
    made, at = served.create(task()), Timestamp()
    at.FromDatetime(datetime(2024, 5, 6, 20, 30, tzinfo=UTC))
    run = served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name, nominal_time=at))
    assert run.nominal_time == at
    at.FromDatetime(datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name, nominal_time=at))
    assert wrong_fields(refused.value) == ["nominal_time"]
