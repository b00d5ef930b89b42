import json
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.scheduler.v1 import scheduler_pb2 as api
from backroom.task.v1 import task_pb2
from chassis.errors import FieldProblem, InvalidInput, UnknownResource
from chassis.rpc.messages import json_to_struct
from tests.console.commands.conftest import Shop

TASK = api.Task(
    name="tasks/7",
    title="Export des ventes",
    task_type="sales.export",
    state=api.Task.STATE_PAUSED,
    pool="nuit",
    destination="destinations/siege",
    triggers=[api.Trigger(cron=api.CronTrigger(expression="30 22 * * MON-SAT"))],
    options=json_to_struct({"days_back": 1}),
)


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_tasks_are_listed_as_a_table(shop: Shop) -> None:
    shop.answers["ListTasks"] = lambda _: api.ListTasksResponse(tasks=[TASK])
    result = shop("tasks", "list", "--filter", "state = PAUSED", "--order-by", "title desc")
    assert result.exit_code == 0, result.stderr
    assert lines(result.stdout) == [
        ["task", "title", "type", "state", "next", "pool", "destination"],
        ["tasks/7", "Export", "des", "ventes", "sales.export", "PAUSED", "–", "nuit", "destinations/siege"],
    ]
    assert shop.asked == [api.ListTasksRequest(page_size=100, filter="state = PAUSED", order_by="title desc")]
    assert shop.tokens == {"Bearer a-token"}


def test_json_is_one_document_with_the_contracts_names_and_every_field(shop: Shop) -> None:
    shop.answers["ListTasks"] = lambda _: api.ListTasksResponse(tasks=[TASK])
    document = json.loads(shop("tasks", "list", "--json").stdout)
    assert document["tasks"][0]["task_type"] == "sales.export"
    assert document["tasks"][0]["state"] == "STATE_PAUSED"
    assert document["tasks"][0]["file_name"] == ""
    assert document["next_page_token"] == ""


@pytest.mark.parametrize(
    ("limit", "sizes", "shown"), [("3", [3, 1], 3), ("0", [1000, 1000, 1000], 6), ("4", [4, 2], 4)]
)
def test_pages_are_followed_up_to_the_limit(shop: Shop, limit: str, sizes: list[int], shown: int) -> None:
    def page(request: Message) -> api.ListTasksResponse:
        assert isinstance(request, api.ListTasksRequest)
        first = int(request.page_token or 0)
        count = min(request.page_size, 2)
        return api.ListTasksResponse(
            tasks=[api.Task(name=f"tasks/{first + n}") for n in range(count)],
            next_page_token=str(first + count) if first + count < 6 else "",
        )

    shop.answers["ListTasks"] = page
    document = json.loads(shop("tasks", "list", "--json", "--limit", limit).stdout)
    assert [task["name"] for task in document["tasks"]] == [f"tasks/{n}" for n in range(shown)]
    assert [getattr(request, "page_size") for request in shop.asked] == sizes  # noqa: B009 - messages of one kind


def test_a_task_is_created_from_options(shop: Shop) -> None:
    shop.answers["CreateTask"] = lambda _: TASK
    result = shop(
        "tasks", "create", "--title", "Export", "--type", "sales.export", "--option", "days_back=2",
        "--option", 'stores=["1","2"]', "--option", "first_date=2017-01-01", "--cron", "30 22 * * *",
        "--at", "2017-01-31T22:30:00+00:00", "--destination", "siege", "--file-name", "v-{mag x}.csv",
        "--pool", "nuit", "--attempts", "3", "--paused",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    (request,) = shop.asked
    assert isinstance(request, api.CreateTaskRequest)
    assert request.paused
    assert len(request.request_id) == 36
    assert request.task == api.Task(
        title="Export",
        task_type="sales.export",
        options=json_to_struct({"days_back": 2, "stores": ["1", "2"], "first_date": "2017-01-01"}),
        triggers=[
            api.Trigger(cron=api.CronTrigger(expression="30 22 * * *")),
            api.Trigger(once=api.OnceTrigger(time=Timestamp(seconds=1485901800))),
        ],
        destination="destinations/siege",
        file_name="v-{mag x}.csv",
        pool="nuit",
        retry_policy=api.RetryPolicy(max_attempts=3),
    )
    assert ["triggers", "cron", "30", "22", "*", "*", "MON-SAT"] in lines(result.stdout)


def test_a_task_is_created_from_a_file(shop: Shop, tmp_path: Path) -> None:
    shop.answers["CreateTask"] = lambda _: TASK
    (tmp_path / "task.json").write_text('{"title": "Export", "task_type": "sales.export"}')
    assert shop("tasks", "create", "--from", f"@{tmp_path / 'task.json'}", "--pool", "nuit").exit_code == 0
    (request,) = shop.asked
    assert isinstance(request, api.CreateTaskRequest)
    assert request.task == api.Task(title="Export", task_type="sales.export", pool="nuit")


@pytest.mark.parametrize(
    "words",
    [
        ["--option", "nothing"],
        ["--at", "tomorrow"],
        ["--from", "{"],
        ["--from", '{"no_such_field": 1}'],
        ["--from", "@no-such-file"],
        ["--from", "[]"],
        ["--at", "0001-01-01"],
        ["--at", "9999-12-31T23:59-05:00"],
        ["--option", "days=99999999999999999999"],
        ["--option", "days=" + "[" * 20_000],
        ["--option", "days=" + "[" * 50 + "]" * 50],
        ["--months", "99999999999", "--times", "08:00"],
        ["--misfire-runs", "99999999999"],
        ["--jitter", "9999999999999d"],
        ["--from", "[" * 20_000],
        ["--from", '{"title": 5}'],
    ],
)
def test_what_cannot_be_read_is_a_usage_error(shop: Shop, words: list[str]) -> None:
    result = shop("tasks", "create", *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr
    assert not shop.asked


def test_what_is_wrong_in_a_document_is_named_by_its_place(shop: Shop, tmp_path: Path) -> None:
    document = '{"triggers": [{"cron": {"expression": 5}}], "title": "a", "title": "b", "colour": 1}'
    twice = shop("tasks", "create", "--from", document)
    assert "title: stands twice" in twice.stderr
    wrong = shop("tasks", "create", "--from", document.replace('"title": "a", ', ""))
    assert "triggers[0].cron.expression: 5 does not fit; write a text" in wrong.stderr
    assert "colour: is not a field here" in wrong.stderr
    (tmp_path / "task.json").write_bytes(b'{"title": "\xff"}')
    torn = shop("tasks", "create", "--from", f"@{tmp_path / 'task.json'}")
    assert (torn.exit_code, "is not UTF-8 at line 1, column 12" in torn.stderr) == (2, True)
    assert not shop.asked


def test_words_that_are_no_text_are_refused() -> None:
    words: list[str | bytes] = [sys.executable, "-m", "console.main", "tasks", "list", "--filter", b"a\xffb"]
    said = subprocess.run(words, capture_output=True, check=False)
    assert said.returncode == 2
    assert b"is not UTF-8" in said.stderr
    assert b"Traceback" not in said.stderr


def test_options_are_shown_as_they_are_typed(shop: Shop) -> None:
    options = json_to_struct({"days": 1, "stores": ["1", "é"], "first": None, "more": [], "text": "Bonjour"})
    shop.answers["GetTask"] = lambda _: api.Task(name="tasks/7", options=options)
    shown = shop("tasks", "show", "7").stdout
    assert [" ".join(line) for line in lines(shown)] == [
        "task tasks/7",
        "options days=1",
        'stores=["1", "é"]',
        "text=Bonjour",
    ]


def test_every_wrong_field_is_named_on_stderr(shop: Shop) -> None:
    def refuse(_: Message) -> None:
        raise InvalidInput(
            FieldProblem("task.title", "is empty"), FieldProblem("task.options.days_back", "is no number")
        )

    shop.answers["CreateTask"] = refuse
    result = shop("tasks", "create", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "(INVALID_INPUT)" in result.stderr
    assert "  task.title: is empty\n  task.options.days_back: is no number\n" in result.stderr


def test_an_unknown_task_is_one_clear_sentence(shop: Shop) -> None:
    def refuse(_: Message) -> None:
        raise UnknownResource("tasks/9")

    shop.answers["GetTask"] = refuse
    result = shop("tasks", "show", "9")
    assert result.exit_code == 1
    assert result.stderr == ("error: tasks/9 does not exist; list the collection to see what does (UNKNOWN_RESOURCE)\n")


@pytest.mark.parametrize(
    ("verb", "method", "state"),
    [("pause", "PauseTask", api.Task.STATE_PAUSED), ("resume", "ResumeTask", api.Task.STATE_ENABLED)],
)
def test_tasks_are_paused_and_resumed(shop: Shop, verb: str, method: str, state: api.Task.State) -> None:
    shop.answers[method] = lambda _: api.Task(name="tasks/7", state=state)
    result = shop("tasks", verb, "tasks/7")
    assert lines(result.stdout) == [
        ["task", "tasks/7"],
        ["state", f"{verb.upper()}D" if verb == "pause" else "ENABLED"],
    ]
    assert getattr(shop.asked[0], "name") == "tasks/7"  # noqa: B009 - one of two messages


def test_a_run_is_started_by_hand_for_an_instant(shop: Shop) -> None:
    shop.answers["RunTask"] = lambda _: api.Run(name="runs/3", task="tasks/7", state=api.Run.STATE_PENDING)
    result = shop("tasks", "run", "7", "--at", "2017-01-31T22:30:00+00:00")
    assert result.stdout == "runs/3 of tasks/7 PENDING\n"
    (request,) = shop.asked
    assert isinstance(request, api.RunTaskRequest)
    assert (request.name, request.nominal_time.seconds) == ("tasks/7", 1485901800)


def test_task_types_show_their_options_and_who_does_not_answer(shop: Shop) -> None:
    kind = task_pb2.TaskType(
        name="sales.export",
        folder="Import - Export",
        title="Export des ventes",
        options_schema=json_to_struct({"properties": {"stores": {}, "days_back": {}}}),
    )
    shop.answers["ListTaskTypes"] = lambda _: api.ListTaskTypesResponse(
        task_types=[kind], unavailable_handlers=["mail"]
    )
    result = shop("tasks", "types")
    for word in ("sales.export", "Import - Export", "stores", "days_back", "mail does not answer"):
        assert word in result.stdout


def test_markup_and_control_characters_in_a_title_do_nothing(shop: Shop) -> None:
    shop.answers["GetTask"] = lambda _: api.Task(name="tasks/7", title="[bold]x[/] \x1b[31mred")
    result = shop("tasks", "show", "7")
    assert r"[bold]x[/] \x1b[31mred" in result.stdout


def test_without_a_token_the_command_says_where_one_comes_from(shop: Shop) -> None:
    (shop.folder / "token").unlink()
    result = shop("tasks", "list")
    assert result.exit_code == 1
    assert "backroom up" in result.stderr
    assert "--token-file" in result.stderr


def test_a_wrong_address_is_named(shop: Shop) -> None:
    result = shop("--address", "sails=127.0.0.1:1", "tasks", "list")
    assert result.exit_code == 1
    assert "'sails=127.0.0.1:1' is not service=host:port" in result.stderr


def test_a_service_that_is_not_there_is_one_clear_sentence(shop: Shop) -> None:
    result = shop("--address", "scheduler=127.0.0.1:1", "tasks", "list")
    assert result.exit_code == 1
    assert "(UNAVAILABLE)" in result.stderr
    assert "backroom up" in result.stderr
    assert "Traceback" not in result.stderr
