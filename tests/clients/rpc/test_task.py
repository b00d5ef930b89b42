"""The task type, as the scheduler meets it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from backroom.task.v1 import task_pb2
from chassis.rpc import messages
from tests.clients.conftest import Keep, SalesPlace
from tests.clients.people import client, purchases
from tests.clients.rpc.conftest import Served


def entry(**options: object) -> task_pb2.TaskEntry:
    new = task_pb2.TaskEntry(
        attempt=str(uuid4()),
        task_type="clients.last-purchases-store",
        run="runs/1",
        task="tasks/1",
        owner="operator",
        locale="en",
        nominal_time=messages.timestamp(datetime(2017, 1, 31, 23, tzinfo=UTC)),
        time_zone="Europe/Paris",
    )
    new.options.update(options)  # type: ignore[arg-type]  # JSON
    return new


def test_it_stands_in_the_catalogue_with_its_options(served: Served) -> None:
    request = task_pb2.ListTaskTypesRequest()
    (found,) = [
        each
        for each in served.tasks().ListTaskTypes(request, timeout=10).task_types
        if each.name == "clients.last-purchases-store"
    ]
    assert (found.folder, found.title) == ("Import - Export", "Magasin des 10 derniers achats")
    assert not found.produces_files
    properties = messages.struct_to_json(found.options_schema)["properties"]
    assert isinstance(properties, dict)
    assert {name: each["default"] for name, each in properties.items()} == {  # type: ignore[call-overload, index]  # JSON
        "full_synchronisation": False,
        "stores": [],
    }


def test_started_by_the_scheduler_it_reports(served: Served, keep: Keep, sales: SalesPlace) -> None:
    keep.import_all(client("1"))
    sales.sales.tickets = {"1": purchases("367")}
    started = entry(stores=["367"])
    (result,) = served.tasks().StartTasks(task_pb2.StartTasksRequest(entries=[started]), timeout=10).results
    assert result.outcome == task_pb2.StartedTask.OUTCOME_ACCEPTED
    served.work()
    request = task_pb2.PollTasksRequest(attempts=[started.attempt])
    (state,) = served.tasks().PollTasks(request, timeout=10).states
    assert state.state == task_pb2.TaskState.STATE_SUCCEEDED
    assert state.report == "Client families examined: 1\nClient families to update: 1"
    assert keep.stores() == {"1": "367"}


@pytest.mark.parametrize(("options", "field"), [({"stores": ["Paris"]}, "stores"), ({"shoe_size": 3}, "shoe_size")])
def test_options_that_are_none_are_refused_by_name(served: Served, options: dict[str, object], field: str) -> None:
    request = task_pb2.StartTasksRequest(entries=[entry(**options)])
    (result,) = served.tasks().StartTasks(request, timeout=10).results
    assert result.outcome == task_pb2.StartedTask.OUTCOME_REFUSED
    assert field in str(result.refusal)
