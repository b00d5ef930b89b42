"""CancelRun, RetryRun and BackfillTask on a real server: who may ask, what is answered, what a repeat gets."""

from datetime import datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2
from chassis.rpc.client import status_of
from tests.scheduler.rpc.conftest import Served, cron, task, wrong_fields
from tests.scheduler.team import failed, succeeded

Run = scheduler_pb2.Run


def start(served: Served) -> Run:
    made = served.create(task("Nuit"))
    return served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name))


def test_a_run_is_cancelled_once_however_often_the_same_is_asked(served: Served) -> None:
    run = start(served)
    ask = scheduler_pb2.CancelRunRequest(name=run.name, request_id=str(uuid4()))
    ended = served.tasks().CancelRun(ask)
    assert (ended.state, ended.cancelled_by) == (Run.STATE_CANCELLED, "anne")
    assert served.tasks().CancelRun(ask) == ended
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().CancelRun(scheduler_pb2.CancelRunRequest(name=run.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_a_run_is_tried_again_once_however_often_the_same_is_asked(served: Served) -> None:
    served.house.others.team.does = lambda entry: failed()
    run = start(served)
    served.house.settle()
    served.house.others.team.does = lambda entry: succeeded()
    ask = scheduler_pb2.RetryRunRequest(name=run.name, request_id=str(uuid4()))
    again = served.tasks("wolf").RetryRun(ask)
    assert (again.state, again.started_by, len(again.attempts)) == (Run.STATE_PENDING, "wolf", 1)
    assert not again.HasField("error")
    assert not again.HasField("end_time")
    assert served.tasks("wolf").RetryRun(ask) == again
    served.house.settle()
    assert served.tasks().GetRun(scheduler_pb2.GetRunRequest(name=run.name)).state == Run.STATE_SUCCEEDED
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().RetryRun(scheduler_pb2.RetryRunRequest(name=run.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_instants_are_made_up_for_and_a_repeat_gets_the_same_runs(served: Served) -> None:
    made = served.create(task("Nuit", triggers=[cron("0 * * * *")]))
    with served.house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET create_time = create_time - interval '9 days'")
    now = served.house.now()
    request = scheduler_pb2.BackfillTaskRequest(
        name=made.name,
        start_time=stamp(now - timedelta(hours=3)),
        end_time=stamp(now),
        validate_only=True,
    )
    checked = served.tasks().BackfillTask(request)
    assert (len(checked.nominal_times), list(checked.runs)) == (3, [])
    request.validate_only, request.request_id = False, str(uuid4())
    answer = served.tasks().BackfillTask(request)
    assert list(answer.nominal_times) == list(checked.nominal_times)
    assert len(answer.runs) == 3
    assert served.tasks().BackfillTask(request) == answer
    listed = served.tasks().ListRuns(scheduler_pb2.ListRunsRequest(order_by="number")).runs
    assert [(run.name, run.nominal_time) for run in listed] == list(zip(answer.runs, answer.nominal_times, strict=True))


def test_a_range_without_ends_is_refused(served: Served) -> None:
    made = served.create(task())
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().BackfillTask(scheduler_pb2.BackfillTaskRequest(name=made.name))
    assert wrong_fields(refused.value) == ["start_time"]


def test_what_stands_in_the_way_is_told_with_its_reason(served: Served) -> None:
    made = served.create(task("Nuit", triggers=[cron("0 * * * *")]))
    run = served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name))
    now = stamp(served.house.now())
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().BackfillTask(
            scheduler_pb2.BackfillTaskRequest(name=made.name, start_time=made.create_time, end_time=now)
        )
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert run.name in status_of(refused.value).message


@pytest.mark.parametrize("verb", ["CancelRun", "RetryRun", "BackfillTask"])
def test_who_only_reads_may_not_ask(served: Served, verb: str) -> None:
    requests = {
        "CancelRun": scheduler_pb2.CancelRunRequest(name="runs/1"),
        "RetryRun": scheduler_pb2.RetryRunRequest(name="runs/1"),
        "BackfillTask": scheduler_pb2.BackfillTaskRequest(name="tasks/1"),
    }
    with pytest.raises(grpc.RpcError) as refused:
        getattr(served.tasks("brian"), verb)(requests[verb])
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("verb", ["CancelRun", "RetryRun"])
def test_a_run_that_never_was_is_not_found(served: Served, verb: str) -> None:
    request = {"CancelRun": scheduler_pb2.CancelRunRequest, "RetryRun": scheduler_pb2.RetryRunRequest}[verb]
    with pytest.raises(grpc.RpcError) as refused:
        getattr(served.tasks(), verb)(request(name="runs/99"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def stamp(instant: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(instant)
    return message
