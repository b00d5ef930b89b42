"""What every service answers beside its own: tasks for the scheduler, operations and a journal for people."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa
from google.longrunning import operations_pb2, operations_pb2_grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from pydantic import BaseModel, ConfigDict, Field

from backroom.journal.v1 import journal_pb2, journal_pb2_grpc
from backroom.task.v1 import task_pb2, task_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.auth import Principals
from chassis.database import Database
from chassis.operations import Execution, Kind, NewOperation, Outcome
from chassis.operations.longrunning import LongRunning
from chassis.operations.worker import Worker
from chassis.process import common_servicers
from chassis.rpc.client import open_channel
from chassis.rpc.messages import struct_to_json
from chassis.rpc.server import Server
from chassis.service import Wiring
from chassis.settings import ServiceSettings
from chassis.tasks import TaskType
from chassis.work import UnitOfWork
from tests.conftest import SilentBell

ACCEPTED = task_pb2.StartedTask.OUTCOME_ACCEPTED
REPEATED = task_pb2.StartedTask.OUTCOME_REPEATED
REFUSED = task_pb2.StartedTask.OUTCOME_REFUSED
CANCELLED = task_pb2.StartedTask.OUTCOME_CANCELLED


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stores: list[str] = Field(default_factory=list, description="Codes of stores.")
    limit: int = Field(default=10, ge=1)


@dataclass
class Shop:
    """A small service that greets."""

    database: Database
    bell: SilentBell
    worker: Worker
    tasks: task_pb2_grpc.TaskHandlerServiceStub
    operations: operations_pb2_grpc.OperationsStub
    journal: journal_pb2_grpc.JournalServiceStub
    done: list[Execution]

    def work(self) -> UnitOfWork:
        return UnitOfWork(self.database, self.bell)

    def drain(self) -> None:
        self.worker.drain("default")

    def start(self, *entries: task_pb2.TaskEntry) -> list[task_pb2.StartedTask]:
        return list(self.tasks.StartTasks(task_pb2.StartTasksRequest(entries=entries), timeout=10).results)

    def poll(self, attempt: str, seconds: int = 0) -> list[task_pb2.TaskState]:
        request = task_pb2.PollTasksRequest(attempts=[attempt], wait_time=Duration(seconds=seconds))
        return list(self.tasks.PollTasks(request, timeout=30).states)


def entry(**more: object) -> task_pb2.TaskEntry:
    new = task_pb2.TaskEntry(
        attempt=str(uuid4()), task_type="shop.greet", owner="operator", time_zone="Europe/Paris", run="runs/1"
    )
    new.nominal_time.FromDatetime(datetime(2017, 1, 31, 23, 30, tzinfo=UTC))
    options = more.pop("options", None)
    if isinstance(options, dict):
        new.options.update(options)
    for name, value in more.items():
        setattr(new, name, value)
    return new


@pytest.fixture
def shop(
    make_database: Callable[[str | None], Database],
    settings: Callable[..., ServiceSettings],
    principals: Principals,
    tokens: dict[str, str],
) -> Iterator[Shop]:
    done: list[Execution] = []

    def greet(execution: Execution) -> Outcome:
        done.append(execution)
        return Outcome(report="bonjour", result={"greeted": 1})

    kinds = [Kind(name=name, run=greet) for name in ("shop.greet", "shop.photos")]
    wiring = Wiring(
        servicers=[],
        kinds=kinds,
        task_types=[
            TaskType(name="shop.greet", folder="Autres", title="Greet", description="", options=Options),
            TaskType(
                name="shop.photos", folder="Autres", title="", description="", produces_files=True, unspooled=True
            ),
        ],
        longrunning={
            "shop.greet": LongRunning(
                metadata=lambda operation: Struct(),
                response=lambda operation: messages_of(operation.outcome),
            )
        },
    )
    database, bell = make_database(None), SilentBell({kind.name: kind for kind in kinds})
    servicers = common_servicers(lambda: UnitOfWork(database, bell), wiring, principals, None)
    server = Server(settings(), servicers, principals)
    server.start()
    channels = [
        open_channel(f"127.0.0.1:{server.port}", token=lambda role=role: tokens[role])  # type: ignore[misc]
        for role in ("service", "operator")
    ]
    worker = Worker(database, bell, id=uuid4(), kinds=kinds, lanes=[], threads=2)
    yield Shop(
        database,
        bell,
        worker,
        task_pb2_grpc.TaskHandlerServiceStub(channels[0]),
        operations_pb2_grpc.OperationsStub(channels[1]),
        journal_pb2_grpc.JournalServiceStub(channels[1]),
        done,
    )
    for channel in channels:
        channel.close()
    server.drain_and_stop()


def messages_of(outcome: Outcome | None) -> Struct:
    shown = Struct()
    shown.update(dict(outcome.result) if outcome else {})
    return shown


def test_a_handler_says_what_it_offers_with_its_schema(shop: Shop) -> None:
    offered, photos = shop.tasks.ListTaskTypes(task_pb2.ListTaskTypesRequest(), timeout=10).task_types
    assert (offered.name, offered.unspooled) == ("shop.greet", False)
    assert (photos.name, photos.unspooled) == ("shop.photos", True)
    assert struct_to_json(offered.options_schema) == Options.model_json_schema()


def test_accepted_work_is_done_and_its_report_polled(shop: Shop) -> None:
    wanted = entry(options={"limit": 3})
    assert shop.start(wanted)[0].outcome == ACCEPTED
    shop.drain()
    (state,) = shop.poll(wanted.attempt)
    assert (state.state, state.report) == (task_pb2.TaskState.STATE_SUCCEEDED, "bonjour")
    execution = shop.done[0]
    assert dict(execution.request) == {"stores": [], "limit": 3}
    assert str(execution.task.business_date) == "2017-02-01"  # past midnight in Paris


def test_work_that_sends_its_files_itself_has_to_know_where_to(shop: Shop) -> None:
    (refused,) = shop.start(entry(task_type="shop.photos"))
    assert refused.outcome == REFUSED
    assert "entries[0].destination" in refused.refusal.message
    shop.start(entry(task_type="shop.photos", destination="destinations/web"))
    shop.drain()
    assert [execution.task.destination for execution in shop.done] == ["destinations/web"]


def test_an_entry_sent_twice_is_done_once(shop: Shop) -> None:
    wanted = entry()
    assert [shop.start(wanted)[0].outcome for _ in range(3)] == [ACCEPTED, REPEATED, REPEATED]
    shop.drain()
    assert len(shop.done) == 1
    assert shop.start(wanted)[0].outcome == REPEATED


def test_the_same_attempt_with_other_work_is_refused(shop: Shop) -> None:
    wanted = entry()
    shop.start(wanted)
    wanted.options.update({"limit": 7})
    result = shop.start(wanted)[0]
    assert result.outcome == REFUSED
    assert "other work" in result.refusal.message


def test_each_entry_is_refused_by_itself_with_its_field(shop: Shop) -> None:
    good, bad = entry(), entry(options={"limit": 0, "colour": "red"})
    unknown, nobody = entry(task_type="shop.dance"), entry(owner="nobody")
    results = shop.start(good, bad, unknown, nobody)
    assert [one.outcome for one in results] == [ACCEPTED, REFUSED, REFUSED, REFUSED]
    violations = error_details_pb2.BadRequest()
    for detail in results[1].refusal.details:
        detail.Unpack(violations)
    assert {one.field for one in violations.field_violations} == {
        "entries[1].options.limit",
        "entries[1].options.colour",
    }
    assert results[3].refusal.code == grpc.StatusCode.PERMISSION_DENIED.value[0]


@pytest.mark.parametrize("odd", [float("nan"), "a\0b"])
def test_options_that_cannot_be_stored_are_refused_by_themselves(shop: Shop, odd: float | str) -> None:
    results = shop.start(entry(), entry(options={"stores": [odd]}))
    assert [one.outcome for one in results] == [ACCEPTED, REFUSED]


def test_cancelled_before_it_came_it_never_begins(shop: Shop) -> None:
    wanted = entry()
    shop.tasks.CancelTasks(task_pb2.CancelTasksRequest(attempts=[wanted.attempt]), timeout=10)
    assert shop.start(wanted)[0].outcome == CANCELLED
    shop.drain()
    assert shop.done == []


def set_modes(shop: Shop, *modes: task_pb2.SiteMode) -> None:
    shop.tasks.SetOperatingModes(task_pb2.SetOperatingModesRequest(modes=modes), timeout=10)


def test_an_entry_of_a_site_that_is_not_normal_waits_and_a_manual_start_goes_on(shop: Shop) -> None:
    isolated = task_pb2.SiteMode(site="lille", mode=type_pb2.OPERATING_MODE_ISOLATED, version=1)
    set_modes(shop, isolated)
    set_modes(shop, isolated)  # a repeat
    by_itself = entry(site="lille", mode=type_pb2.OPERATING_MODE_NORMAL)
    by_hand = entry(site="lille", mode=type_pb2.OPERATING_MODE_ISOLATED)
    shop.start(by_itself, by_hand)
    shop.drain()
    assert [str(execution.id) for execution in shop.done] == [by_hand.attempt]
    (state,) = shop.poll(by_itself.attempt)
    assert state.state == task_pb2.TaskState.STATE_QUEUED
    set_modes(shop, task_pb2.SiteMode(site="lille", mode=type_pb2.OPERATING_MODE_NORMAL, version=2))
    shop.drain()
    assert [str(execution.id) for execution in shop.done] == [by_hand.attempt, by_itself.attempt]


def test_modes_that_are_none_are_refused_with_each_field(shop: Shop) -> None:
    normal = type_pb2.OPERATING_MODE_NORMAL
    with pytest.raises(grpc.RpcError) as refused:
        set_modes(
            shop,
            task_pb2.SiteMode(site="lille", mode=normal, version=1),
            task_pb2.SiteMode(mode=normal, version=1),
            task_pb2.SiteMode(site="lille", mode=normal, version=2),
            task_pb2.SiteMode(site="lyon", version=1),
            task_pb2.SiteMode(site="nice", mode=normal),
        )
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    violations = error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(refused.value).details:  # type: ignore[arg-type]  # what a call raises is the call too
        detail.Unpack(violations)
    assert [one.field for one in violations.field_violations] == [
        "modes[1].site",
        "modes[2].site",
        "modes[3].mode",
        "modes[4].version",
    ]


def test_an_unknown_attempt_is_not_found_and_may_be_sent_again(shop: Shop) -> None:
    (state,) = shop.poll(str(uuid4()))
    assert state.state == task_pb2.TaskState.STATE_NOT_FOUND


def test_a_long_poll_answers_as_soon_as_the_work_ends(shop: Shop) -> None:
    wanted = entry()
    shop.start(wanted)
    threading.Timer(0.3, shop.drain).start()
    begun = time.monotonic()
    (state,) = shop.poll(wanted.attempt, seconds=15)
    assert state.state == task_pb2.TaskState.STATE_SUCCEEDED
    assert time.monotonic() - begun < 5


def test_a_poll_that_waited_in_vain_says_what_is_still_at_work(shop: Shop) -> None:
    wanted = entry()
    shop.start(wanted)
    (state,) = shop.poll(wanted.attempt)
    assert state.state == task_pb2.TaskState.STATE_QUEUED


def test_a_wrong_uuid_names_its_field(shop: Shop) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        shop.poll("nonsense")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "attempts[0]" in str(refused.value.details())


def test_people_wait_for_an_operation_and_read_its_response(shop: Shop) -> None:
    with shop.work() as work:
        identifier = work.operations.add(NewOperation(kind="shop.greet"))
    threading.Timer(0.2, shop.drain).start()
    request = operations_pb2.WaitOperationRequest(name=f"operations/{identifier}")
    request.timeout.FromSeconds(10)
    operation = shop.operations.WaitOperation(request, timeout=20)
    shown = Struct()
    assert operation.done
    assert operation.response.Unpack(shown)
    assert shown["greeted"] == 1
    listed = shop.operations.ListOperations(operations_pb2.ListOperationsRequest(page_size=5), timeout=10)
    assert [one.name for one in listed.operations] == [f"operations/{identifier}"]


def test_an_unknown_operation_is_not_found(shop: Shop) -> None:
    with pytest.raises(grpc.RpcError) as unknown:
        shop.operations.GetOperation(operations_pb2.GetOperationRequest(name=f"operations/{uuid4()}"), timeout=10)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_journal_is_read_by_page_and_by_filter(shop: Shop) -> None:
    with shop.work() as work:
        for number in range(5):
            work.journal.write(f"entry {number}", source="test", correlation="runs/7", user="anne")
        work.journal.write("elsewhere", source="other")
    request = journal_pb2.ListEntriesRequest(page_size=3, filter='correlation = "runs/7"')
    first = shop.journal.ListEntries(request, timeout=10)
    request.page_token = first.next_page_token
    second = shop.journal.ListEntries(request, timeout=10)
    texts = [one.text for one in [*first.entries, *second.entries]]
    assert texts == [f"entry {number}" for number in reversed(range(5))]
    assert first.entries[0].user == "anne"


def test_a_tail_misses_nothing_that_commits_late(shop: Shop) -> None:
    with shop.work() as work:
        work.journal.write("before", source="test")
    stream = shop.journal.TailEntries(journal_pb2.TailEntriesRequest(after_number=1), timeout=20)
    late = shop.work()
    with late:
        late.connection.execute(sa.text("SELECT pg_current_xact_id()"))
        with shop.work() as early:
            early.journal.write("numbered first", source="test")
        late.journal.write("committed last", source="test")
    assert {next(stream).text, next(stream).text} == {"numbered first", "committed last"}
    stream.cancel()
