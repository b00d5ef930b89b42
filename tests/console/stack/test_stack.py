"""The real stack: PostgreSQL, Valkey and eleven processes of five services."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from backroom.delivery.v1 import delivery_pb2
from backroom.sales.v1 import sales_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import UnknownResource
from console.stack.errors import ProcessFailed, StackPortTaken, VarInUse
from console.stack.home import StackHome
from console.stack.ports import SERVICES, Ports
from console.stack.stack import Stack

NAMES = {
    "postgres", "valkey", "scheduler-serve", "delivery-serve", "sales-serve", "clients-serve", "mail-serve",
    "scheduler-work", "delivery-work", "sales-work", "clients-work", "mail-work", "scheduler-plan",
}  # fmt: skip


@pytest.fixture(scope="module")
def notices() -> list[str]:
    return []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, notices: list[str]) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack") / "var", ports=Ports.free(), fast=True, notice=notices.append)
    stack.start()
    yield stack
    stack.remove()


def pid_of(stack: Stack, name: str) -> int | None:
    return next(each.pid for each in stack.processes() if each.name == name)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


def test_everything_runs_and_every_service_answers_the_person(stack: Stack) -> None:
    assert {each.name for each in stack.processes() if each.pid is not None} == NAMES
    with stack.connect() as connection:
        offered = connection.scheduler.ListTaskTypes(scheduler_pb2.ListTaskTypesRequest())
        assert not offered.unavailable_handlers
        assert "sales.correct-sales" in {each.name for each in offered.task_types}
        assert not connection.sales.ListSalesDays(sales_pb2.ListSalesDaysRequest()).sales_days
        assert not connection.delivery.ListFiles(delivery_pb2.ListFilesRequest()).files


def test_nothing_writes_to_our_own_output(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    stack.kill("mail-work")
    stack.wait_until_ready("mail-work")
    assert capfd.readouterr() == ("", "")
    assert "working" in stack.home.log("mail-work").read_text()


def test_no_process_warns_of_anything_of_ours(stack: Stack) -> None:
    for name in NAMES - {"postgres", "valkey"} | {"nursery"}:
        log = stack.home.log(name).read_text()
        assert "Warning" not in log, (name, log)


@pytest.mark.parametrize("name", ["sales-work", "scheduler-serve", "scheduler-plan"])
def test_a_killed_process_comes_back(stack: Stack, name: str) -> None:
    before = pid_of(stack, name)
    stack.kill(name)
    stack.wait_until_ready(name)
    assert pid_of(stack, name) not in (None, before)


def test_a_killed_database_comes_back_with_its_data_at_the_same_address(stack: Stack) -> None:
    url = stack.database_url("sales")
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    before = pid_of(stack, "postgres")
    stack.kill("postgres")
    stack.wait_until_ready()
    assert pid_of(stack, "postgres") not in (None, before)
    assert stack.database_url("sales") == url
    with psycopg.connect(plain) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP TABLE kept")


def test_a_killed_broker_comes_back_empty_at_the_same_address(stack: Stack) -> None:
    url = stack.environment("sales", "work")["BACKROOM_BROKER_URL"]
    before = pid_of(stack, "valkey")
    with redis.Redis.from_url(url) as broker:
        broker.set("lost", "1")
    stack.kill("valkey")
    stack.wait_until_ready()
    assert pid_of(stack, "valkey") not in (None, before)
    with redis.Redis.from_url(stack.environment("sales", "work")["BACKROOM_BROKER_URL"]) as broker:
        assert broker.get("lost") is None
    assert stack.environment("sales", "work")["BACKROOM_BROKER_URL"] == url


def test_everything_comes_back_after_the_nursery_died_with_all_its_children(stack: Stack) -> None:
    before = {each.name: each.pid for each in stack.processes()}
    stack.kill("nursery")
    until(lambda: all(each.pid not in (None, before[each.name]) for each in stack.processes() if "-" in each.name))
    stack.wait_until_ready()


def test_a_frozen_process_goes_on_when_resumed(stack: Stack) -> None:
    stack.pause("clients-serve")
    with pytest.raises(ProcessFailed, match=r"clients-serve was not ready within 3 s; its log is .*clients-serve\.log"):
        stack.wait_until_ready("clients-serve", patience=3)
    stack.resume("clients-serve")
    stack.wait_until_ready("clients-serve")


def test_one_more_worker_can_be_added(stack: Stack) -> None:
    assert stack.add("sales", "work") == "sales-work-2"
    assert stack.add("sales", "work") == "sales-work-3"
    assert pid_of(stack, "sales-work-3") is not None


def test_an_unknown_process_is_named(stack: Stack) -> None:
    with pytest.raises(UnknownResource, match="process sales-plan"):
        stack.kill("sales-plan")


def test_a_second_stack_in_the_same_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(VarInUse):
        Stack(stack.home.var, ports=Ports.free()).start()
    assert pid_of(stack, "postgres") is not None


def test_a_stack_on_taken_ports_is_refused_and_leaves_its_folder_free(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(StackPortTaken, match="calls of scheduler"):
        Stack(tmp_path / "var", ports=stack.ports).start()
    home = StackHome(tmp_path / "var")
    home.open()
    home.close()


def test_a_process_that_cannot_start_stops_everything_and_its_log_says_why(tmp_path: Path) -> None:
    ports = Ports.free()
    wrong = Stack(
        tmp_path / "var", ports=ports, fast=True, settings={"sales": {"BACKROOM_DEFECTIVES_SINCE": "yesterday"}}
    )
    try:
        with pytest.raises(ProcessFailed, match=r"sales-migrate ended with status 2[\s\S]*BACKROOM_DEFECTIVES_SINCE"):
            wrong.start()
        ports.check_free()
        assert all(each.pid is None for each in wrong.processes())
    finally:
        wrong.remove()


def test_addresses_are_noted_for_commands(stack: Stack) -> None:
    with stack.connect() as connection:
        assert set(connection.addresses) == set(SERVICES)
    assert (stack.home.var / "addresses.json").exists()
