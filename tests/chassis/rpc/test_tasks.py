"""Tasks, as the scheduler asks every service for them."""

import threading
import time
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from chassis.rpc.messages import struct_to_json
from tests.chassis.rpc.shop import Options, Shop, entry

ACCEPTED = task_pb2.StartedTask.OUTCOME_ACCEPTED
REPEATED = task_pb2.StartedTask.OUTCOME_REPEATED
REFUSED = task_pb2.StartedTask.OUTCOME_REFUSED
CANCELLED = task_pb2.StartedTask.OUTCOME_CANCELLED


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
