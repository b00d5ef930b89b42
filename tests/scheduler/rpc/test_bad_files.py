"""Files of tasks that cannot be imported: every mistake is named by its place, and nothing is kept."""

import json
import tracemalloc
from collections.abc import Iterator

import grpc
import pytest

from chassis.errors import InvalidInput
from chassis.rpc.messages import Problems
from services.scheduler.rpc.crons import read_tasks
from tests.scheduler.rpc.conftest import Served, wrong_fields
from tests.scheduler.rpc.crons import Import, a_task, bring, crons, header, pieces


def refusal(served: Served, content: bytes, **more: object) -> list[str]:
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ImportTasks(iter([header(**more), *pieces(content)]))
    assert served.house.count("task") == 0
    return wrong_fields(refused.value)


def described(served: Served, content: bytes) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, content)
    wrong_fields(refused.value)
    assert served.house.count("task") == 0
    return str(refused.value.details())


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (a_task(triggers=[{"cron": {"expression": "61 * * * *"}}]), "triggers[0].cron.expression"),
        (a_task(triggers=[{"cron": {"expression": "0 0 30 2 *"}}]), "triggers[0].cron.expression"),
        (a_task(triggers=[{"cron": {}, "once": {}}]), "triggers[0].once"),
        (a_task(triggers=[{"interval": {"interval": "soon"}}]), "triggers[0].interval.interval"),
        (a_task(triggers=[{"once": {"time": "tomorrow"}}]), "triggers[0].once.time"),
        (a_task(triggers={}), "triggers"),
        (a_task(title=7), "title"),
        (a_task(title=""), "title"),
        (a_task(title=None), "title"),
        (a_task(owner="anne"), "owner"),
        (a_task(site="lyon"), "site"),
        (a_task(name="tasks/7"), "name"),
        (a_task(paused="yes"), "paused"),
        (a_task(options=[]), "options"),
        (a_task(options={"days": 99}), "options.days"),
        (a_task(options={"days": 2**60}), "options"),
        (a_task(options={"stores": ["\ud800"]}), "options.stores[0]"),
        (a_task(options={"stores": ["\0"]}), "options"),
        (a_task(task_type="team.magic"), "task_type"),
        (a_task(overlap_policy="SOMETIMES"), "overlap_policy"),
        (a_task(delete_when_done=1), "delete_when_done"),
        (a_task(retry_policy={"max_attempts": 1.5}), "retry_policy.max_attempts"),
        (a_task(retry_policy={"max_attempts": 99}), "retry_policy.max_attempts"),
        (a_task(notification={"principals": ["ghost"]}), "notification.principals[0]"),
        (a_task(time_zone="Mars/Olympus"), "time_zone"),
        (a_task(excluded_dates=[{"year": 2030, "month": 2, "day": 30}]), "excluded_dates[0]"),
        (a_task(file_name="../a"), "file_name"),
        ("a task", ""),
    ],
)
def test_every_mistake_is_named_by_its_path_and_nothing_is_imported(served: Served, wrong: object, path: str) -> None:
    wanted = f"tasks[1].{path}".rstrip(".")
    assert wanted in refusal(served, crons([a_task("Bonne"), wrong]))


@pytest.mark.parametrize(
    "content",
    [
        crons([a_task(options={"stores": [[]] * 100_000})] * 5),
        crons([a_task()]).replace(b"]}]}", b"]," + b'"a":1,' * 2_000_000 + b'"b":1}]}'),
    ],
)
def test_a_file_of_too_many_small_parts_is_refused_before_they_take_memory(served: Served, content: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as refused:
            read_tasks(content, Problems())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert "import it in parts" in str(refused.value)
    assert refusal(served, content) == ["file"]


def test_all_mistakes_are_told_at_once_up_to_a_bound(served: Served) -> None:
    wrong = [a_task(colour="red"), a_task(title=""), a_task(options={"days": 0})]
    assert refusal(served, crons(wrong)) == ["tasks[0].colour", "tasks[1].title", "tasks[2].options.days"]
    assert refusal(served, crons([a_task(title="")] * 5_000))[0] == "tasks[0].title"
    assert refusal(served, crons([a_task(**{f"x{n}": n for n in range(200_000)})]))[0] == "tasks[0].x0"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (crons([a_task()])[:-40], "breaks off at line 1, column"),
        (b'{"format": "backroom.crons",\n"version": 1,\n"tasks": [{"title": "Nu', "breaks off at line 3, column"),
        (b"", "breaks off"),
        (b'{"format": "backroom.crons"\n oops}', "is not JSON at line 2, column 2"),
        (b'{"format": "\xff"}', "is not UTF-8 at line 1, column 13"),
        (b"[" * 100_000, "levels deep"),
        (crons([a_task(options={"a": json.loads("[" * 60 + "]" * 60)})]), "levels deep"),
        (crons([]).replace(b'"version": 1', b'"version": NaN'), "is not JSON"),
        (b"[]", "no `.crons` file"),
        (b'{"format": "crontab"}', "no `.crons` file"),
        (crons([], version=2), "exported by a newer release"),
        (crons([], version="1"), "version"),
        (crons([], version=True), "version"),
        (crons([], tasks={}), "tasks"),
        (crons([], tasks=[a_task()] * 10_001), "at most 10,000"),
        (crons([], colour="red"), "colour"),
        (b'{"format": "backroom.crons", "version": 1, "tasks": [], "tasks": []}', "stands twice"),
        (crons([a_task()]).replace(b'"title"', b'"title": "Jour", "title"'), "tasks[0].title: stands twice"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_place(served: Served, content: bytes, says: str) -> None:
    assert says in described(served, content)


def test_a_file_with_a_byte_order_mark_is_read(served: Served) -> None:
    assert len(bring(served, b"\xef\xbb\xbf" + crons([a_task()]))) == 1


def test_a_huge_file_is_refused_while_it_comes(served: Served) -> None:
    sent = 0

    def huge() -> Iterator[Import]:
        nonlocal sent
        yield header()
        for _ in range(100):
            sent += 1
            yield Import(chunk=b" " * (1 << 20))

    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ImportTasks(huge())
    assert wrong_fields(refused.value) == ["chunk"]
    assert sent < 60


@pytest.mark.parametrize(
    "parts", [[], [Import(chunk=b"{}")], [header(), header()], [Import()]], ids=["none", "no header", "two", "empty"]
)
def test_a_stream_is_one_header_and_then_chunks(served: Served, parts: list[Import]) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ImportTasks(iter(parts))
    assert wrong_fields(refused.value) == ["part"]


def test_a_site_that_is_not_there_is_named(served: Served) -> None:
    assert refusal(served, crons([a_task()]), site="mars") == ["header.site"]


def test_tasks_of_a_handler_that_does_not_answer_wait_for_it_but_mistakes_are_told(served: Served) -> None:
    served.house.others.team_server.stop(0).wait()
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task()]))
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "team" in str(refused.value.details())
    assert refusal(served, crons([a_task(), a_task(colour="red")])) == ["tasks[1].colour"]


def test_only_operators_import(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        bring(served, crons([a_task()]), "brian")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
