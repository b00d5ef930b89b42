"""Duplicate, export, import on a real server: what comes back is what went out, or nothing does."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from backroom.task.v1 import task_pb2
from services.scheduler.domain.sites import OperatingMode, SiteDraft
from services.scheduler.storage.tasks import Tasks
from tests.scheduler.rpc.conftest import Served, cron, struct, task, wrong_fields
from tests.scheduler.rpc.crons import Import, Imported, a_task, bring, crons, export, header, pieces

Task = scheduler_pb2.Task
SECRETIVE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["password"],
    "properties": {
        "user": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "server": {"type": "object", "properties": {"token": {"type": "string", "format": "password"}}},
    },
}


def secretive(served: Served) -> None:
    kind = task_pb2.TaskType(name="team.secretive", folder="Autres", title="Secret", options_schema=struct(**SECRETIVE))
    served.house.others.team.types.append(kind)


def get(served: Served, name: str) -> Task:
    return served.tasks().GetTask(scheduler_pb2.GetTaskRequest(name=name))


def everything(title: str) -> Task:
    return task(
        title,
        options=struct(days=3, stores=["1", "2"]),
        triggers=[
            cron("30 22 * * MON-SAT"),
            scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=Timestamp(seconds=4_000_000_000))),
            scheduler_pb2.Trigger(
                interval=scheduler_pb2.IntervalTrigger(interval=Duration(seconds=3600), phase=Duration(seconds=60))
            ),
            scheduler_pb2.Trigger(
                calendar=scheduler_pb2.CalendarTrigger(times=["22:30"], week_days=[1, 7], month_days=[-1], months=[2])
            ),
        ],
        time_zone="Europe/Paris",
        pool="nuit",
        notification=scheduler_pb2.Notification(
            when=scheduler_pb2.Notification.WHEN_ON_CHANGE, principals=["brian"], mail=True
        ),
        retry_policy=scheduler_pb2.RetryPolicy(max_attempts=3, initial_backoff=Duration(seconds=5)),
        attempt_timeout=Duration(seconds=600),
        excluded_dates=[Date(year=2030, month=12, day=25)],
        start_time=Timestamp(seconds=1_700_000_000),
        end_time=Timestamp(seconds=4_100_000_000),
        dst_rule=scheduler_pb2.DST_RULE_LITERAL,
        delete_when_done=True,
        misfire_policy=scheduler_pb2.MisfirePolicy(
            kind=scheduler_pb2.MisfirePolicy.KIND_ALL,
            max_runs=5,
            grace=Duration(seconds=30),
            window=Duration(seconds=90),
        ),
        overlap_policy=scheduler_pb2.OVERLAP_POLICY_BUFFER_ONE,
        jitter=Duration(seconds=20),
    )


def edited(message: Task) -> Task:
    """What people edit of a task."""
    part = Task()
    part.CopyFrom(message)
    for name in ("name", "owner", "state", "next_run_time", "create_time", "update_time", "etag", "upcoming_times"):
        part.ClearField(name)
    return part


def test_a_duplicate_is_a_draft_with_a_title_of_its_own_and_nothing_is_saved(served: Served) -> None:
    made = served.create(everything("Nuit"))
    request = scheduler_pb2.DuplicateTaskRequest(name=made.name)
    draft = served.tasks("wolf").DuplicateTask(request)
    assert (draft.title, draft.name, draft.owner, draft.etag, draft.state) == ("Nuit (copie)", "", "", "", 0)
    assert served.tasks("brian").DuplicateTask(request).title == "Nuit (copy)"
    assert served.house.count("task") == 1
    copy = served.create(draft)
    draft.title = copy.title
    assert edited(copy) == edited(draft)
    assert served.tasks().DuplicateTask(request).title == "Nuit (copie 2)"


def test_a_long_title_is_cut_so_that_its_duplicate_may_be_saved(served: Served) -> None:
    made = served.create(task("x" * 200))
    draft = served.tasks().DuplicateTask(scheduler_pb2.DuplicateTaskRequest(name=made.name))
    assert (len(draft.title), draft.title[-8:]) == (200, " (copie)")


def test_what_was_exported_comes_back_as_it_was_on_another_site_for_whoever_imports_it(served: Served) -> None:
    with served.house.open_work() as work:
        work.sites.add("lyon", SiteDraft(time_zone="Europe/Paris"), OperatingMode.NORMAL)
    first, second = served.create(everything("Nuit")), served.create(task("Été ☀", triggers=[]))
    content = export(served, second.name, first.name)
    for unwanted in ("anne", "tasks/", "default", "etag"):
        assert unwanted not in content.decode()
    assert "Été ☀" in content.decode()
    imported = bring(served, content, "wolf", site="lyon")
    assert [(each.outcome, each.title) for each in imported] == [
        (Imported.OUTCOME_CREATED, "Été ☀"),
        (Imported.OUTCOME_CREATED, "Nuit"),
    ]
    back = get(served, imported[1].task)
    assert (back.owner, back.site, back.state) == ("wolf", "lyon", Task.STATE_ENABLED)
    assert back.next_run_time.seconds > 0
    wanted = edited(first)
    wanted.site = "lyon"
    assert edited(back) == wanted


def test_an_export_is_the_same_each_time_but_for_its_time_and_takes_what_a_filter_lets_pass(served: Served) -> None:
    served.create(task("Nuit", pool="nuit"))
    served.create(task("Jour"))
    documents = [json.loads(export(served, filter='pool = "nuit"')) for _ in range(2)]
    assert documents[0].pop("exported_at") <= documents[1].pop("exported_at")
    assert documents[0] == documents[1]
    assert [each["title"] for each in documents[0]["tasks"]] == ["Nuit"]
    assert [*documents[0]] == ["format", "version", "tasks"]
    assert [*documents[0]["tasks"][0]][:3] == ["title", "task_type", "options"]


def test_an_export_names_the_tasks_that_are_not_there(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        export(served, served.create(task()).name, "tasks/999")
    assert wrong_fields(refused.value) == ["names[1]"]


def test_secrets_stay_out_of_the_file_and_the_task_is_paused_until_they_are_given(served: Served) -> None:
    secretive(served)
    options = struct(user="u", password="s3cret", server={"token": "t0ken"})
    made = served.create(task("Envoi", task_type="team.secretive", options=options))
    content = export(served, made.name)
    assert b"s3cret" not in content
    assert b"t0ken" not in content
    (imported,) = bring(served, content, conflict_policy=Import.CONFLICT_POLICY_RENAME)
    assert [*imported.missing_secrets] == ["password", "server.token"]
    assert (imported.outcome, imported.title) == (Imported.OUTCOME_RENAMED, "Envoi (2)")
    back = get(served, imported.task)
    assert (back.state, back.options["user"]) == (Task.STATE_PAUSED, "u")
    resume = scheduler_pb2.ResumeTaskRequest(name=back.name)
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ResumeTask(resume)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "lacks password" in str(refused.value.details())
    back.options.update({"password": "again"})
    served.tasks().UpdateTask(scheduler_pb2.UpdateTaskRequest(task=back))
    assert served.tasks().ResumeTask(resume).state == Task.STATE_ENABLED


def test_a_task_that_is_replaced_keeps_its_name_owner_and_secrets(served: Served) -> None:
    secretive(served)
    options = struct(user="u", password="s3cret")
    made = served.create(task("Envoi", task_type="team.secretive", options=options))
    other = a_task("Envoi", task_type="team.secretive", options={"user": "v"}, pool="soir")
    (imported,) = bring(served, crons([other]), "wolf", conflict_policy=Import.CONFLICT_POLICY_REPLACE)
    assert (imported.outcome, imported.task) == (Imported.OUTCOME_REPLACED, made.name)
    assert not imported.missing_secrets
    back = get(served, made.name)
    assert (back.owner, back.pool, back.state) == ("anne", "soir", Task.STATE_ENABLED)
    assert dict(back.options) == {"user": "v"}
    with served.house.open_work() as work:
        assert work.tasks.get(1).draft.options == {"user": "v", "password": "s3cret"}
    assert back.triggers[0].cron.expression == "30 22 * * *"
    assert back.next_run_time != made.next_run_time or back.triggers[0] != made.triggers[0]


def test_a_task_that_gets_another_title_meanwhile_is_not_replaced(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = served.create(task("Matin"))
    monkeypatch.setattr(Tasks, "titles_at", lambda *_: {"Nuit": [1]})  # as it was a moment before
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task("Nuit"), a_task("Neuve")]), conflict_policy=Import.CONFLICT_POLICY_REPLACE)
    assert refused.value.code() is grpc.StatusCode.ABORTED
    assert get(served, made.name).title == "Matin"
    assert served.house.count("task") == 1


def test_a_task_of_another_type_cannot_be_replaced(served: Served) -> None:
    made = served.create(task("Nuit"))
    other = a_task("Nuit", task_type="team.extract", destination="destinations/pftp", file_name="a.csv")
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task("Jour"), other]), conflict_policy=Import.CONFLICT_POLICY_REPLACE)
    assert wrong_fields(refused.value) == ["tasks[1].task_type"]
    assert served.house.count("task") == 1
    assert get(served, made.name).task_type == "team.report"


def test_titles_that_exist_are_skipped_or_renamed(served: Served) -> None:
    served.create(task("Nuit"))
    content = crons([a_task("Nuit"), a_task("Jour"), a_task("Nuit")])
    skipped = bring(served, content)
    assert [(each.outcome, each.title, bool(each.task)) for each in skipped] == [
        (Imported.OUTCOME_SKIPPED, "Nuit", False),
        (Imported.OUTCOME_CREATED, "Jour", True),
        (Imported.OUTCOME_SKIPPED, "Nuit", False),
    ]
    renamed = bring(served, content, conflict_policy=Import.CONFLICT_POLICY_RENAME)
    assert [each.title for each in renamed] == ["Nuit (2)", "Jour (2)", "Nuit (3)"]
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task("Soir"), a_task("Soir")]), conflict_policy=Import.CONFLICT_POLICY_REPLACE)
    assert wrong_fields(refused.value) == ["tasks[1].title"]


def test_imports_at_the_same_time_give_every_task_a_title_of_its_own(served: Served) -> None:
    content = crons(a_task(f"Nuit {n}") for n in range(50))
    stubs = [served.tasks() for _ in range(4)]

    def one(stub: scheduler_pb2_grpc.SchedulerServiceStub) -> Sequence[Imported]:
        how = header(conflict_policy=Import.CONFLICT_POLICY_RENAME)
        return stub.ImportTasks(iter([how, *pieces(content)])).tasks

    with ThreadPoolExecutor(4) as pool:
        titles = [each.title for imported in pool.map(one, stubs) for each in imported]
    assert len(set(titles)) == 200
    assert {title.partition(" (")[0] for title in titles} == {f"Nuit {n}" for n in range(50)}


def test_what_is_only_checked_is_answered_as_it_would_be_and_nothing_is_kept(served: Served) -> None:
    served.create(task("Nuit"))
    content = crons([a_task("Nuit"), a_task("Jour", paused=True)])
    would = bring(served, content, validate_only=True, conflict_policy=Import.CONFLICT_POLICY_RENAME)
    assert served.house.count("task") == 1
    done = bring(served, content, conflict_policy=Import.CONFLICT_POLICY_RENAME)
    assert [(each.outcome, each.title) for each in would] == [(each.outcome, each.title) for each in done]
    assert not any(each.task for each in would)
    assert get(served, done[1].task).state == Task.STATE_PAUSED


def test_a_task_whose_instants_have_passed_since_it_was_exported_is_completed(served: Served) -> None:
    over = a_task("Hier", triggers=[{"once": {"time": "2020-01-01T00:00:00Z"}}])
    (imported,) = bring(served, crons([over]))
    assert get(served, imported.task).state == Task.STATE_COMPLETED


def test_a_repeat_is_told_by_the_header_and_the_bytes(served: Served) -> None:
    content, id = crons([a_task()]), str(uuid4())
    first = bring(served, content, request_id=id)
    assert bring(served, content, request_id=id) == first
    assert served.house.count("task") == 1
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task("Autre")]), request_id=id)
    assert wrong_fields(refused.value) == ["request_id"]
