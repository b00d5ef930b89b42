"""A task whose triggers another release wrote: it is shown, edited and kept, and never fires by mistake."""

import grpc
import pytest

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served, cron, task

MOON = '{"triggers":[{"moon":"full"}]}'


@pytest.fixture
def unread(served: Served) -> scheduler_pb2.Task:
    made = served.tasks().CreateTask(
        scheduler_pb2.CreateTaskRequest(task=task("Lune", triggers=[cron("0 0 * * *")]), paused=True)
    )
    with served.house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET schedule = %(moon)s", {"moon": MOON})
    return made


def kept(served: Served) -> str:
    with served.house.open_work() as work:
        return str(work.connection.exec_driver_sql("SELECT schedule FROM task").scalar_one())


def test_it_is_listed_and_renamed_and_keeps_what_it_has(served: Served, unread: scheduler_pb2.Task) -> None:
    assert [each.name for each in served.tasks().ListTasks(scheduler_pb2.ListTasksRequest()).tasks] == [unread.name]
    request = scheduler_pb2.UpdateTaskRequest(task=scheduler_pb2.Task(name=unread.name, title="Pleine lune"))
    request.update_mask.paths.append("title")
    assert served.tasks().UpdateTask(request).title == "Pleine lune"
    assert kept(served) == MOON


def test_it_does_not_fire_until_somebody_writes_its_triggers_anew(served: Served, unread: scheduler_pb2.Task) -> None:
    resume = scheduler_pb2.ResumeTaskRequest(name=unread.name)
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ResumeTask(resume)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "another release wrote its triggers" in str(refused.value.details())
    request = scheduler_pb2.UpdateTaskRequest(task=scheduler_pb2.Task(name=unread.name, triggers=[cron("30 22 * * *")]))
    request.update_mask.paths.append("triggers")
    served.tasks().UpdateTask(request)
    assert served.tasks().ResumeTask(resume).HasField("next_run_time")


def test_it_is_not_exported_without_its_triggers(served: Served, unread: scheduler_pb2.Task) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        list(served.tasks().ExportTasks(scheduler_pb2.ExportTasksRequest(names=[unread.name])))
    assert "Lune" in str(refused.value.details())
