"""Tasks of a site: the handlers and the delivery that are theirs, and what is shown while they are held."""

from datetime import timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from backroom.scheduler.v1 import scheduler_pb2
from backroom.type.v1 import type_pb2
from services.scheduler.domain.runs import RunState
from tests.scheduler.rpc.conftest import Served, task, wrong_fields
from tests.scheduler.sites import create, due_at, silence, site
from tests.scheduler.team import succeeded, task_type

NORMAL = type_pb2.OPERATING_MODE_NORMAL


def test_a_site_with_handlers_of_its_own_offers_their_types_too(served: Served) -> None:
    others = served.house.others
    others.carrier.handler.types = [task_type("till.close"), task_type("team.report")]
    create(served, site=site(handlers={"till": others.carrier_address}), mode=NORMAL)

    def offered(at: str) -> list[str]:
        types = served.tasks().ListTaskTypes(scheduler_pb2.ListTaskTypesRequest(site=at)).task_types
        return sorted(kind.name for kind in types)

    central = offered("")
    assert "till.close" not in central
    assert offered("lyon") == sorted([*central, "till.close"])
    with pytest.raises(grpc.RpcError) as elsewhere:
        served.create(task("a", task_type="till.close"))
    assert wrong_fields(elsewhere.value) == ["task.task_type"]

    name = served.create(task("Clôture", task_type="till.close", site="lyon")).name
    served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=name))
    served.house.work()
    served.house.poll("lyon/till")
    (run,) = served.house.runs()
    assert run.state is RunState.SUCCEEDED
    assert [entry.task_type for entry in others.carrier.handler.done] == ["till.close"]
    assert others.team.done == []


@pytest.mark.parametrize("own", [True, False])
def test_a_delivery_of_a_site_carries_what_the_handlers_of_the_site_make(served: Served, own: bool) -> None:
    others = served.house.others
    handlers = {"team": others.team_address} if own else {}
    create(served, site=site(delivery=others.carrier_address, handlers=handlers), mode=NORMAL)
    others.team.does = lambda entry: succeeded("fait", ["a"])
    name = served.create(
        task("Export", task_type="team.extract", site="lyon", destination="destinations/pftp", file_name="v.csv")
    ).name
    served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=name))
    served.house.work()
    served.house.poll("lyon/team" if own else "team")
    served.house.work()
    with served.house.open_work() as work:
        keys = set(work.connection.exec_driver_sql("SELECT handler FROM attempt").scalars())
    assert keys == ({"lyon/team", "lyon/delivery"} if own else {"team", "delivery"})
    served.house.poll("lyon/delivery" if own else "delivery")
    assert served.house.runs()[0].state is RunState.DELIVERED


def test_a_task_of_a_site_that_is_not_there_is_refused(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as error:
        served.create(task("a", site="nowhere"))
    assert wrong_fields(error.value) == ["task.site"]


def test_temporary_tasks_of_an_offline_site_are_shown_only_where_they_are_asked_for(served: Served) -> None:
    create(served, site=site(heartbeat_timeout=Duration(seconds=60)), mode=NORMAL)
    name = served.create(task("Export", site="lyon")).name
    silence(served.house)
    run = served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=name))
    assert (run.state, run.reason, run.manual) == (
        scheduler_pb2.Run.STATE_HELD,
        scheduler_pb2.Run.REASON_SITE_OFFLINE,
        True,
    )
    shown = served.tasks().ListTasks(scheduler_pb2.ListTasksRequest())
    assert [each.name for each in shown.tasks] == [name]
    everything = served.tasks().ListTasks(scheduler_pb2.ListTasksRequest(show_system=True))
    assert [(each.name, each.system) for each in everything.tasks] == [(name, False), (run.task, True)]


def test_a_held_run_says_until_when(served: Served) -> None:
    create(served, site=site(heartbeat_timeout=Duration(seconds=60), hold_timeout=Duration(seconds=3600)), mode=NORMAL)
    number = int(served.create(task("Export", site="lyon")).name.removeprefix("tasks/"))
    silence(served.house)
    with served.house.open_work() as work:
        kept = work.tasks.get(number)
    now = served.house.now()
    due_at(served.house, kept, now - timedelta(seconds=1))
    served.house.plan()
    (run,) = served.house.runs()
    assert run.state is RunState.HELD
    shown = served.tasks("brian").GetRun(scheduler_pb2.GetRunRequest(name=run.name))
    until = shown.hold_expire_time.ToDatetime(tzinfo=now.tzinfo)
    assert timedelta(minutes=59) < until - now < timedelta(minutes=61)
