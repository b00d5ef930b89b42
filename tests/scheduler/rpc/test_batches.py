"""Selections of tasks on a real server: all of them are changed or deleted, or none."""

from collections.abc import Sequence
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served, cron, struct, task, wrong_fields

Task = scheduler_pb2.Task
Update = scheduler_pb2.UpdateTaskRequest


def batch(served: Served, *requests: Update, who: str = "anne", **more: object) -> Sequence[Task]:
    request = scheduler_pb2.BatchUpdateTasksRequest(requests=requests, **more)  # type: ignore[arg-type]  # shorthand
    return served.tasks(who).BatchUpdateTasks(request).tasks


def change(made: Task, **more: object) -> Update:
    """Changes the named fields of a task, and no other."""
    return Update(task=Task(name=made.name, **more), update_mask=FieldMask(paths=[*more]))  # type: ignore[arg-type]  # shorthand


def get(served: Served, made: Task) -> Task:
    return served.tasks().GetTask(scheduler_pb2.GetTaskRequest(name=made.name))


def test_a_selection_is_changed_as_one(served: Served) -> None:
    first, second = served.create(task("a")), served.create(task("b"))
    changed = batch(
        served, change(second, pool="nuit"), change(first, triggers=[cron("0 5 * * *")], options=struct(days=2))
    )
    assert [each.name for each in changed] == [second.name, first.name]
    assert (changed[0].pool, changed[0].title, changed[0].next_run_time) == ("nuit", "b", second.next_run_time)
    assert changed[1].triggers[0].cron.expression == "0 5 * * *"
    assert changed[1].options["days"] == 2
    assert changed[1].next_run_time != first.next_run_time
    assert {each.etag for each in changed} == {"v2"}
    assert [get(served, each).pool for each in (first, second)] == ["", "nuit"]


def test_every_problem_of_every_task_is_named_and_none_is_changed(served: Served) -> None:
    made = [served.create(task(title)) for title in "abc"]
    with pytest.raises(grpc.RpcError) as refused:
        batch(
            served,
            change(made[0], title="", pool=" x"),
            change(made[1], title="fine"),
            change(made[2], options=struct(days=0), triggers=[cron("nonsense")]),
        )
    assert sorted(wrong_fields(refused.value)) == [
        "requests[0].task.pool",
        "requests[0].task.title",
        "requests[2].task.options.days",
        "requests[2].task.triggers[0].cron.expression",
    ]
    assert [get(served, each).etag for each in made] == ["v1"] * 3


def test_a_task_twice_a_field_that_is_none_and_a_name_that_is_none_are_named(served: Served) -> None:
    made = served.create(task())
    with pytest.raises(grpc.RpcError) as refused:
        batch(
            served,
            change(made, title="a"),
            change(made, title="b"),
            Update(task=made, update_mask=FieldMask(paths=["owner"])),
            Update(task=Task(name="runs/1")),
        )
    assert wrong_fields(refused.value) == ["requests[1].task.name", "requests[2].update_mask", "requests[3].task.name"]
    for requests in ([], [change(made, title="a")] * 1_001):
        with pytest.raises(grpc.RpcError) as refused:
            batch(served, *requests)
        assert wrong_fields(refused.value) == ["requests"]


def test_one_stale_or_missing_task_holds_back_all(served: Served) -> None:
    first, second = served.create(task("a")), served.create(task("b"))
    batch(served, change(second, pool="nuit"))
    stale = change(second, pool="jour")
    stale.task.etag = second.etag
    for requests, code in (
        ([change(first, pool="x"), stale], grpc.StatusCode.ABORTED),
        ([change(first, pool="x"), change(Task(name="tasks/999"), pool="x")], grpc.StatusCode.NOT_FOUND),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            batch(served, *requests)
        assert refused.value.code() is code
    assert get(served, first).pool == ""


def test_triggers_whose_instants_have_all_passed_hold_back_all(served: Served) -> None:
    first, second = served.create(task("a")), served.create(task("b"))
    past = scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger())
    past.once.time.FromJsonString("2020-01-01T00:00:00Z")
    with pytest.raises(grpc.RpcError) as refused:
        batch(served, change(first, pool="x"), change(second, triggers=[past]))
    assert wrong_fields(refused.value) == ["requests[1].task.triggers"]
    assert get(served, first).pool == ""


def test_what_is_only_checked_is_answered_and_not_kept_and_a_repeat_changes_once(served: Served) -> None:
    made = served.create(task())
    (would,) = batch(served, change(made, title="Autre"), validate_only=True)
    assert (would.title, get(served, made).title) == ("Autre", "Nuit")
    id = str(uuid4())
    first = batch(served, change(made, title="Autre"), request_id=id)
    assert batch(served, change(made, title="Autre"), request_id=id) == first
    assert get(served, made).etag == "v2"


def test_a_selection_is_deleted_as_one(served: Served) -> None:
    made = [served.create(task(title)) for title in "abc"]
    stub = served.tasks()
    stub.BatchDeleteTasks(scheduler_pb2.BatchDeleteTasksRequest(names=[made[0].name, made[0].name, made[2].name]))
    left = stub.ListTasks(scheduler_pb2.ListTasksRequest()).tasks
    assert [each.title for each in left] == ["b"]


def test_a_run_that_has_not_ended_or_a_name_that_is_none_keeps_all(served: Served) -> None:
    first, second = served.create(task("a")), served.create(task("b"))
    stub = served.tasks()
    stub.RunTask(scheduler_pb2.RunTaskRequest(name=second.name))
    for names, code in (
        ([first.name, second.name], grpc.StatusCode.FAILED_PRECONDITION),
        ([first.name, "tasks/999"], grpc.StatusCode.NOT_FOUND),
        ([first.name, "nights/1"], grpc.StatusCode.INVALID_ARGUMENT),
        ([], grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            stub.BatchDeleteTasks(scheduler_pb2.BatchDeleteTasksRequest(names=names))
        assert refused.value.code() is code
    assert served.house.count("task") == 2


def test_everybody_may_list_their_own_tasks_and_system_tasks_are_shown_where_asked_for(served: Served) -> None:
    served.create(task("à anne"))
    served.tasks("wolf").CreateTask(scheduler_pb2.CreateTaskRequest(task=task("à wolf")))
    with served.house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE task SET system = true WHERE owner = 'wolf'")
        number = work.tasks.get(1)
    again = served.tasks("wolf").CreateTask(scheduler_pb2.CreateTaskRequest(task=task("aussi à wolf")))

    def listed(who: str, **more: object) -> list[str]:
        request = scheduler_pb2.ListTasksRequest(**more)  # type: ignore[arg-type]  # the test's shorthand
        return [each.title for each in served.tasks(who).ListTasks(request).tasks]

    assert number.owner == "anne"
    assert listed("wolf") == ["à anne", again.title]
    assert listed("wolf", mine=True) == [again.title]
    assert listed("wolf", mine=True, show_system=True) == ["à wolf", again.title]
    assert listed("brian", mine=True) == []
