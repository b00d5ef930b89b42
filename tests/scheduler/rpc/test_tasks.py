"""SchedulerService on a real server: what is refused, how, and what is done once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served, cron, struct, task, wrong_fields

EXPORT = {"task_type": "team.export", "destination": "destinations/pftp", "file_name": "v-{y}-{mag x}.csv"}
Task = scheduler_pb2.Task


def once(at: datetime) -> scheduler_pb2.Trigger:
    time = Timestamp()
    time.FromDatetime(at)
    return scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=time))


def refusal(served: Served, wrong: Task, **more: object) -> list[str]:
    with pytest.raises(grpc.RpcError) as refused:
        served.create(wrong, **more)
    return sorted(wrong_fields(refused.value))


def test_a_task_is_created_as_it_was_written_with_its_defaults_filled_in(served: Served) -> None:
    made = served.create(task("Nuit", options=struct(days=3), pool="nuit"))
    assert made.name.startswith("tasks/")
    assert (made.title, made.owner, made.site, made.state) == ("Nuit", "anne", "default", Task.STATE_ENABLED)
    assert dict(made.options) == {"days": 3, "method": "transfer", "stores": made.options["stores"]}
    assert made.triggers[0].cron.expression == "30 22 * * MON-SAT"
    assert made.next_run_time.ToDatetime(tzinfo=UTC) > served.house.now()
    assert (made.retry_policy.max_attempts, made.retry_policy.initial_backoff.seconds) == (1, 60)
    got = served.tasks("brian").GetTask(scheduler_pb2.GetTaskRequest(name=made.name))
    assert [each.seconds for each in got.upcoming_times][:1] == [made.next_run_time.seconds]
    got.ClearField("upcoming_times")
    assert got == made


def test_every_field_that_is_wrong_is_named_at_once(served: Served) -> None:
    wrong = task(
        "",
        options=struct(method="magic", days=99, colour="red"),
        triggers=[cron("61 * * * *"), cron("0 0 30 2 *"), scheduler_pb2.Trigger()],
        site="lyon",
        time_zone="Mars/Olympus",
        destination="destinations/pftp",
        file_name="a.csv",
        pool=" nuit",
        notification=scheduler_pb2.Notification(principals=["anne", "ghost"]),
        retry_policy=scheduler_pb2.RetryPolicy(max_attempts=11, initial_backoff=Duration(seconds=-1)),
        attempt_timeout=Duration(seconds=0),
    )
    assert refusal(served, wrong) == [
        "task.attempt_timeout",
        "task.destination",
        "task.file_name",
        "task.notification.principals[1]",
        "task.options.colour",
        "task.options.days",
        "task.options.method",
        "task.pool",
        "task.retry_policy.initial_backoff",
        "task.retry_policy.max_attempts",
        "task.site",
        "task.time_zone",
        "task.title",
        "task.triggers[0].cron.expression",
        "task.triggers[1].cron.expression",
        "task.triggers[2]",
    ]
    assert served.house.count("task") == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"destination": ""}, "task.destination"),
        ({"destination": "pftp"}, "task.destination"),
        ({"destination": "destinations/p\0"}, "task.destination"),
        ({"title": "a\0"}, "task.title"),
        ({"options": struct(stores=["\0"])}, "task.options"),
        ({"file_name": ""}, "task.file_name"),
        ({"file_name": "../a"}, "task.file_name"),
        ({"file_name": "{z}.csv"}, "task.file_name"),
        ({"task_type": "team.extract"}, "task.file_name"),  # it does not split by store
        ({"task_type": "team.magic"}, "task.task_type"),
        ({"task_type": ""}, "task.task_type"),
        ({"triggers": [once(datetime(2020, 1, 1, tzinfo=UTC))]}, "task.triggers"),
        ({"triggers": [cron("* * * * *")] * 21}, "task.triggers"),
        ({"title": "x" * 201}, "task.title"),
    ],
)
def test_what_a_type_does_not_allow_is_refused_when_the_task_is_saved(
    served: Served, change: dict[str, object], field: str
) -> None:
    served.create(task(**EXPORT))
    wrong: dict[str, Any] = {**EXPORT, **change}
    assert refusal(served, task(**wrong)) == [field]


def test_a_type_of_a_handler_that_does_not_answer_cannot_be_judged_now(served: Served) -> None:
    served.house.others.team_server.stop(0).wait()
    with pytest.raises(grpc.RpcError) as refused:
        served.create(task())
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    answer = served.tasks().ListTaskTypes(scheduler_pb2.ListTaskTypesRequest())
    assert list(answer.unavailable_handlers) == ["team"]


def test_types_are_listed_with_their_schemas(served: Served) -> None:
    answer = served.tasks("brian").ListTaskTypes(scheduler_pb2.ListTaskTypesRequest())
    assert [kind.name for kind in answer.task_types] == ["team.export", "team.extract", "team.photos", "team.report"]
    assert "days" in str(answer.task_types[0].options_schema)
    assert not answer.unavailable_handlers


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(served: Served, number: float) -> None:
    assert refusal(served, task(options=struct(days=number))) == ["task.options"]


def test_enormous_options_are_refused_so_that_lists_and_calls_have_room_for_them(served: Served) -> None:
    assert refusal(served, task(options=struct(stores=["x" * 1000] * 100))) == ["task.options"]
    for place in range(50):
        served.create(task(f"t{place}", options=struct(stores=["x" * 1000] * 60)))
    assert len(served.tasks().ListTasks(scheduler_pb2.ListTasksRequest()).tasks) == 50


def test_far_too_many_triggers_are_told_once(served: Served) -> None:
    assert len(refusal(served, task(triggers=[cron("61 * * * *")] * 50_000))) == 21
    assert refusal(served, task(triggers=[cron("* * * * *")] * 50_000)) == ["task.triggers"]


def test_checking_alone_keeps_nothing(served: Served) -> None:
    made = served.create(task(), validate_only=True)
    assert (made.name, made.etag) == ("", "")
    assert made.HasField("next_run_time")
    assert served.house.count("task") == 0


def test_a_repeated_create_answers_the_first_task_and_another_body_is_refused(served: Served) -> None:
    request_id = str(uuid4())
    first = served.create(task("a"), request_id=request_id)
    assert served.create(task("a"), request_id=request_id) == first
    assert served.house.count("task") == 1
    assert refusal(served, task("b"), request_id=request_id) == ["request_id"]


def test_who_only_reads_may_not_write_and_who_has_no_token_may_nothing(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks("brian").CreateTask(scheduler_pb2.CreateTaskRequest(task=task()))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    served.tokens["stranger"] = "x"
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks("stranger").ListTasks(scheduler_pb2.ListTasksRequest())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_what_does_not_exist_is_not_found(served: Served) -> None:
    stub = served.tasks()
    calls: list[Callable[[], object]] = [
        lambda: stub.GetTask(scheduler_pb2.GetTaskRequest(name="tasks/999")),
        lambda: stub.DeleteTask(scheduler_pb2.DeleteTaskRequest(name="tasks/999")),
        lambda: stub.PauseTask(scheduler_pb2.PauseTaskRequest(name="tasks/999")),
        lambda: stub.RunTask(scheduler_pb2.RunTaskRequest(name="tasks/999")),
        lambda: stub.UpdateTask(scheduler_pb2.UpdateTaskRequest(task=Task(name="tasks/999"))),
        lambda: stub.GetRun(scheduler_pb2.GetRunRequest(name="runs/999")),
    ]
    for ask in calls:
        with pytest.raises(grpc.RpcError) as refused:
            ask()
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as refused:
        stub.GetTask(scheduler_pb2.GetTaskRequest(name="task/1"))
    assert wrong_fields(refused.value) == ["name"]


def test_an_update_changes_what_its_mask_names_and_nothing_else(served: Served) -> None:
    made = served.create(task("a", pool="nuit", options=struct(days=3)))
    wanted = Task(name=made.name, title="b", pool="jour", options=struct(days=4), etag=made.etag)
    changed = served.tasks().UpdateTask(
        scheduler_pb2.UpdateTaskRequest(task=wanted, update_mask=FieldMask(paths=["title", "options"]))
    )
    assert (changed.title, changed.pool, changed.options["days"]) == ("b", "nuit", 4)
    assert changed.etag != made.etag
    assert changed.next_run_time == made.next_run_time


def test_a_changed_trigger_moves_the_next_run(served: Served) -> None:
    made = served.create(task())
    at = served.house.now() + timedelta(days=400)
    changed = served.tasks().UpdateTask(
        scheduler_pb2.UpdateTaskRequest(
            task=Task(name=made.name, triggers=[once(at)]), update_mask=FieldMask(paths=["triggers"])
        )
    )
    assert changed.next_run_time.ToDatetime(tzinfo=UTC) == at


def test_triggers_that_lie_in_the_past_are_refused_also_when_they_replace_others(served: Served) -> None:
    made = served.create(task())
    past = Task(name=made.name, triggers=[once(datetime(2020, 1, 1, tzinfo=UTC))])
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().UpdateTask(scheduler_pb2.UpdateTaskRequest(task=past, update_mask=FieldMask(paths=["triggers"])))
    assert wrong_fields(refused.value) == ["task.triggers"]


def test_the_spaces_of_french_typography_are_kept(served: Served) -> None:
    assert served.create(task("Ventes\u00a0: «\u202fnuit\u202f»")).title == "Ventes\u00a0: «\u202fnuit\u202f»"


def test_a_stale_etag_aborts(served: Served) -> None:
    made = served.create(task())
    served.tasks().UpdateTask(
        scheduler_pb2.UpdateTaskRequest(task=Task(name=made.name, title="b"), update_mask=FieldMask(paths=["title"]))
    )
    late = Task(name=made.name, title="c", etag=made.etag)
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().UpdateTask(scheduler_pb2.UpdateTaskRequest(task=late, update_mask=FieldMask(paths=["title"])))
    assert refused.value.code() is grpc.StatusCode.ABORTED
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().DeleteTask(scheduler_pb2.DeleteTaskRequest(name=made.name, etag=made.etag))
    assert refused.value.code() is grpc.StatusCode.ABORTED


def test_a_mask_that_names_what_the_machine_computes_is_refused(served: Served) -> None:
    made = served.create(task())
    for path in ("owner", "task_type", "next_run_time", "nonsense"):
        with pytest.raises(grpc.RpcError) as refused:
            served.tasks().UpdateTask(
                scheduler_pb2.UpdateTaskRequest(task=Task(name=made.name), update_mask=FieldMask(paths=[path]))
            )
        assert wrong_fields(refused.value) == ["update_mask"]


def test_the_type_cannot_be_changed(served: Served) -> None:
    made = served.create(task())
    made.task_type = "team.export"
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().UpdateTask(scheduler_pb2.UpdateTaskRequest(task=made))
    assert wrong_fields(refused.value) == ["task.task_type"]


def test_pausing_and_resuming_follow_the_states(served: Served) -> None:
    stub, made = served.tasks(), served.create(task())
    paused = stub.PauseTask(scheduler_pb2.PauseTaskRequest(name=made.name))
    assert (paused.state, paused.HasField("next_run_time"), paused.etag) == (Task.STATE_PAUSED, False, made.etag)
    with pytest.raises(grpc.RpcError) as refused:
        stub.PauseTask(scheduler_pb2.PauseTaskRequest(name=made.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    resumed = stub.ResumeTask(scheduler_pb2.ResumeTaskRequest(name=made.name))
    assert (resumed.state, resumed.next_run_time) == (Task.STATE_ENABLED, made.next_run_time)
    with pytest.raises(grpc.RpcError) as refused:
        stub.ResumeTask(scheduler_pb2.ResumeTaskRequest(name=made.name))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_a_paused_task_that_is_edited_stays_paused(served: Served) -> None:
    made = served.create(task(), paused=True)
    assert (made.state, made.HasField("next_run_time")) == (Task.STATE_PAUSED, False)
    changed = served.tasks().UpdateTask(
        scheduler_pb2.UpdateTaskRequest(
            task=Task(name=made.name, triggers=[cron("* * * * *")]), update_mask=FieldMask(paths=["triggers"])
        )
    )
    assert (changed.state, changed.HasField("next_run_time")) == (Task.STATE_PAUSED, False)


def test_lists_are_filtered_ordered_and_paged(served: Served) -> None:
    stub = served.tasks("brian")
    for title in "cab":
        served.create(task(title, pool="nuit" if title == "a" else ""))
    first = stub.ListTasks(scheduler_pb2.ListTasksRequest(page_size=2, order_by="title"))
    second = stub.ListTasks(
        scheduler_pb2.ListTasksRequest(page_size=2, order_by="title", page_token=first.next_page_token)
    )
    assert [each.title for each in (*first.tasks, *second.tasks)] == ["a", "b", "c"]
    found = stub.ListTasks(scheduler_pb2.ListTasksRequest(filter='pool = nuit AND owner = "anne" AND state = ENABLED'))
    assert [each.title for each in found.tasks] == ["a"]
    with pytest.raises(grpc.RpcError) as refused:
        stub.ListTasks(scheduler_pb2.ListTasksRequest(filter="colour = red"))
    assert wrong_fields(refused.value) == ["filter"]
