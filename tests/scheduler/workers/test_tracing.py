"""One trace from the planner to the handler and to delivery."""

from datetime import timedelta

import grpc
import pytest

from tests.scheduler.conftest import House
from tests.scheduler.team import succeeded


def trace_of(traceparent: str) -> str:
    return traceparent.split("-")[1]


@pytest.fixture
def heard(house: House) -> dict[str, list[str]]:
    """The traces that came with each call."""
    heard: dict[str, list[str]] = {"StartTasks": [], "SendSpool": []}

    def listen(name: str, context: grpc.ServicerContext) -> None:
        heard[name] += [str(value) for key, value in context.invocation_metadata() if key == "traceparent"]

    house.others.team.before_start = lambda context: listen("StartTasks", context)
    house.others.carrier.before_send = lambda context: listen("SendSpool", context)
    return heard


def test_the_trace_that_the_planner_opens_reaches_handler_and_delivery(
    house: House, heard: dict[str, list[str]]
) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    draft = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "a.csv"}
    for title in ("a", "b"):
        house.task(title, cron="* * * * *", due=house.now() - timedelta(seconds=1), **draft)
    house.plan()
    house.settle()
    first, second = house.runs()
    assert trace_of(first.traceparent) != trace_of(second.traceparent)
    entries = {entry.run: entry.traceparent for entry in house.others.team.done}
    sent = {request.run: request.traceparent for request in house.others.carrier.sent}
    for run in (first, second):
        assert entries[run.name] == sent[run.name] == run.traceparent
    both = {trace_of(run.traceparent) for run in (first, second)}  # which of them goes first is nobody's promise
    assert len(heard["StartTasks"]) == 1  # both were handed over together: each entry carries its own
    assert {trace_of(came) for came in heard["SendSpool"]} == both
