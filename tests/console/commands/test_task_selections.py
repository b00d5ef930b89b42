"""What is done with tasks that exist: every field edited, selections, files, previews, tests, folders, messages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from backroom.scheduler.v1 import scheduler_pb2 as api
from chassis.rpc.messages import json_to_struct
from tests.console.commands.conftest import Shop

CONTENT = b'{"format": "backroom.crons", "version": 1, "tasks": []}' * 20_000
Imported = api.ImportTasksResponse.ImportedTask


def asked(shop: Shop, kind: type[Message]) -> list[Message]:
    return [request for request in shop.asked if isinstance(request, kind)]


def test_every_field_of_a_task_can_be_said(shop: Shop) -> None:
    shop.answers["CreateTask"] = lambda request: getattr(request, "task")  # noqa: B009 - a Message here
    result = shop(
        "tasks", "create", "--title", "Nuit", "--type", "sales.export", "--every", "6h+30m", "--times", "08:00,22:30",
        "--week-days", "sat-mon,wed", "--month-days", "1,-1", "--months", "2", "--exclude", "2030-12-25",
        "--start", "2030-01-01T00:00:00+00:00", "--end", "2031-01-01T00:00:00+00:00", "--dst", "literal",
        "--delete-when-done", "--site", "lyon", "--misfire", "all", "--misfire-runs", "5", "--misfire-grace", "30s",
        "--misfire-window", "2d", "--overlap", "buffer-one", "--jitter", "5m", "--attempts", "3", "--backoff", "10s",
        "--timeout", "2h", "--notify", "on-change", "--tell", "anne", "--mail",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    (request,) = shop.asked
    assert isinstance(request, api.CreateTaskRequest)
    assert request.task == api.Task(
        title="Nuit",
        task_type="sales.export",
        triggers=[
            api.Trigger(interval=api.IntervalTrigger(interval=Duration(seconds=21_600), phase=Duration(seconds=1_800))),
            api.Trigger(
                calendar=api.CalendarTrigger(
                    times=["08:00", "22:30"], week_days=[6, 7, 1, 3], month_days=[1, -1], months=[2]
                )
            ),
        ],
        excluded_dates=[Date(year=2030, month=12, day=25)],
        start_time=Timestamp(seconds=1_893_456_000),
        end_time=Timestamp(seconds=1_924_992_000),
        dst_rule=api.DST_RULE_LITERAL,
        delete_when_done=True,
        site="lyon",
        misfire_policy=api.MisfirePolicy(
            kind=api.MisfirePolicy.KIND_ALL, max_runs=5, grace=Duration(seconds=30), window=Duration(seconds=172_800)
        ),
        overlap_policy=api.OVERLAP_POLICY_BUFFER_ONE,
        jitter=Duration(seconds=300),
        retry_policy=api.RetryPolicy(max_attempts=3, initial_backoff=Duration(seconds=10)),
        attempt_timeout=Duration(seconds=7_200),
        notification=api.Notification(when=api.Notification.WHEN_ON_CHANGE, principals=["anne"], mail=True),
    )
    for words in ("every 6h + 30m", "on day 1, -1 of the month", "all, at most 5", "buffer one", "on change, anne, by"):
        assert words in result.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--every", "soon"],
        ["--times", "08:00", "--week-days", "lundi"],
        ["--times", "08:00", "--months", "x"],
        ["--week-days", "mon"],
        ["--exclude", "Christmas"],
        ["--overlap", "sometimes"],
        ["--jitter", "much"],
    ],
)
def test_what_cannot_be_read_is_a_usage_error(shop: Shop, words: list[str]) -> None:
    assert shop("tasks", "create", *words).exit_code == 2
    assert not shop.asked


def test_a_selection_is_edited_where_something_was_said_and_stays_as_it_is_else(shop: Shop) -> None:
    def get(request: Message) -> api.Task:
        assert isinstance(request, api.GetTaskRequest)
        return api.Task(name=request.name, options=json_to_struct({"days": 1, "stores": ["1"]}), etag="v1", pool="jour")

    shop.answers["GetTask"] = get
    shop.answers["BatchUpdateTasks"] = lambda _: api.BatchUpdateTasksResponse(
        tasks=[api.Task(name="tasks/7", pool="nuit"), api.Task(name="tasks/8", pool="nuit")]
    )
    result = shop(
        "tasks", "edit", "7", "tasks/8", "7", "--pool", "nuit", "--option", "days=2", "--end", "", "--dry-run"
    )
    assert result.exit_code == 0, result.stderr
    (request,) = asked(shop, api.BatchUpdateTasksRequest)
    assert isinstance(request, api.BatchUpdateTasksRequest)
    assert request.validate_only
    assert [each.task.name for each in request.requests] == ["tasks/7", "tasks/8"]
    first = request.requests[0]
    assert sorted(first.update_mask.paths) == ["end_time", "options", "pool"]
    assert (first.task.pool, first.task.etag) == ("nuit", "v1")
    assert dict(first.task.options) == {"days": 2, "stores": first.task.options["stores"]}
    assert "tasks/8" in result.stdout
    assert shop("tasks", "edit", "7").exit_code == 2


def test_a_selection_is_deleted(shop: Shop) -> None:
    shop.answers["BatchDeleteTasks"] = lambda _: Empty()
    assert shop("tasks", "delete", "7", "tasks/8").stdout == "tasks/7 tasks/8 deleted\n"
    (request,) = shop.asked
    assert isinstance(request, api.BatchDeleteTasksRequest)
    assert [*request.names] == ["tasks/7", "tasks/8"]


@pytest.mark.parametrize("well", [True, False])
def test_save_and_test_shows_the_report_and_ends_with_its_outcome(shop: Shop, well: bool) -> None:
    ended = api.Run(
        name="runs/3",
        state=api.Run.STATE_SUCCEEDED if well else api.Run.STATE_FAILED,
        report="Journée à jour",
    )
    looks = iter([api.Run(name="runs/3", state=api.Run.STATE_WAITING), ended])
    shop.answers["CreateTask"] = lambda _: api.Task(name="tasks/7")
    shop.answers["RunTask"] = lambda _: api.Run(name="runs/3", state=api.Run.STATE_PENDING)
    shop.answers["GetRun"] = lambda _: next(looks)
    result = shop("tasks", "create", "--title", "Nuit", "--type", "sales.correct-sales", "--test")
    assert result.exit_code == (0 if well else 1)
    assert "tasks/7 saved; runs/3 started" in result.stdout
    assert "Journée à jour" in result.stdout


def test_a_preview_is_told_of_triggers_and_of_a_task_with_what_else_was_said(shop: Shop) -> None:
    shop.answers["GetTask"] = lambda _: api.Task(
        name="tasks/7",
        triggers=[api.Trigger(cron=api.CronTrigger(expression="~ 3 * * *"))],
        time_zone="Europe/Paris",
        excluded_dates=[Date(year=2030, month=12, day=25)],
    )
    shop.answers["PreviewTrigger"] = lambda _: api.PreviewTriggerResponse(times=[Timestamp(seconds=1_893_456_000)])
    result = shop("tasks", "preview", "--task", "7", "--zone", "UTC", "-n", "3", "--start", "2030-01-01T00:00:00Z")
    assert result.stdout.splitlines()[1:] == ["no further instant"]
    assert asked(shop, api.PreviewTriggerRequest) == [
        api.PreviewTriggerRequest(
            task="tasks/7",
            triggers=[api.Trigger(cron=api.CronTrigger(expression="~ 3 * * *"))],
            time_zone="UTC",
            excluded_dates=[Date(year=2030, month=12, day=25)],
            start_time=Timestamp(seconds=1_893_456_000),
            count=3,
        )
    ]


def test_a_task_is_duplicated_or_only_drafted(shop: Shop) -> None:
    shop.answers["DuplicateTask"] = lambda _: api.Task(title="Nuit (copie)", task_type="sales.export")
    shop.answers["CreateTask"] = lambda _: api.Task(name="tasks/8", title="Nuit (copie)")
    assert '"title": "Nuit (copie)"' in shop("tasks", "duplicate", "7", "--draft").stdout
    assert not asked(shop, api.CreateTaskRequest)
    assert "tasks/8" in shop("tasks", "duplicate", "7", "--paused").stdout
    (request,) = asked(shop, api.CreateTaskRequest)
    assert isinstance(request, api.CreateTaskRequest)
    assert (request.task.title, request.paused) == ("Nuit (copie)", True)


def test_tasks_are_exported_to_a_file_or_to_standard_output(shop: Shop, tmp_path: Path) -> None:
    def export(_: Message) -> Iterator[api.ExportTasksResponse]:
        yield api.ExportTasksResponse(chunk=CONTENT[:100])
        yield api.ExportTasksResponse(chunk=CONTENT[100:])

    shop.answers["ExportTasks"] = export
    file = tmp_path / "taches.crons"
    result = shop("tasks", "export", "7", "tasks/8", "--to", str(file))
    assert result.stdout == "Les taches sélectionnées ont bien été exportées\n"
    assert file.read_bytes() == CONTENT
    assert shop.asked == [api.ExportTasksRequest(names=["tasks/7", "tasks/8"])]
    assert shop("tasks", "export", "--filter", "pool = nuit").stdout_bytes == CONTENT
    assert shop("tasks", "export", "--to", str(tmp_path)).exit_code == 2


def test_an_import_prints_the_selection_so_that_it_can_be_edited_or_taken_back(shop: Shop, tmp_path: Path) -> None:
    received: list[api.ImportTasksRequest] = []

    def take(parts: object) -> api.ImportTasksResponse:
        assert isinstance(parts, Iterator)
        received.extend(parts)
        return api.ImportTasksResponse(
            tasks=[
                Imported(outcome=Imported.OUTCOME_CREATED, title="Nuit", task="tasks/7", missing_secrets=["password"]),
                Imported(outcome=Imported.OUTCOME_SKIPPED, title="Jour"),
                Imported(outcome=Imported.OUTCOME_REPLACED, title="Soir", task="tasks/2"),
            ]
        )

    shop.answers["ImportTasks"] = take
    file = tmp_path / "taches.crons"
    file.write_bytes(CONTENT)
    result = shop("tasks", "import", str(file), "--site", "lyon", "--on-conflict", "replace")
    assert result.exit_code == 0, result.stderr
    assert "Toutes les tâches ont bien été importées depuis le fichier !" in result.stdout
    assert "backroom tasks edit tasks/7 tasks/2" in result.stdout
    assert "backroom tasks delete tasks/7\n" in result.stdout
    assert "password" in result.stdout
    header, *chunks = received
    assert (header.header.site, header.header.conflict_policy) == (
        "lyon",
        api.ImportTasksRequest.CONFLICT_POLICY_REPLACE,
    )
    assert len(header.header.request_id) == 36
    assert b"".join(each.chunk for each in chunks) == CONTENT
    assert len(chunks) > 1
    dry = shop("tasks", "import", str(file), "--dry-run").stdout
    assert "nothing was imported" in dry
    assert "importées" not in dry
    assert shop("tasks", "import", str(tmp_path / "none")).exit_code == 2


def test_folders_are_listed_and_renamed(shop: Shop) -> None:
    folder = api.Folder(name="folders/systeme", path="Système", title="Machines")
    shop.answers["ListFolders"] = lambda _: api.ListFoldersResponse(folders=[folder])
    shop.answers["RenameFolder"] = lambda _: folder
    assert shop("folders", "list").stdout.split() == ["folder", "title", "path", folder.name, "Machines", "Système"]
    assert shop("folders", "rename", "systeme", "Machines").stdout == "folders/systeme is called Machines\n"
    request = shop.asked[-1]
    assert isinstance(request, api.RenameFolderRequest)
    assert (request.name, request.title) == ("folders/systeme", "Machines")


def test_messages_are_counted_by_category_and_deleted(shop: Shop) -> None:
    shop.answers["ListMessages"] = lambda _: api.ListMessagesResponse(
        unread_count=3, unread_counts={"Erreurs": 1, "Rapports de tâches": 2}
    )
    shop.answers["DeleteMessages"] = lambda _: Empty()
    assert "3 not read yet: Erreurs 1, Rapports de tâches 2" in shop("inbox", "list").stdout
    assert shop("inbox", "delete", "7", "messages/8").stdout == "messages/7 messages/8 deleted\n"
