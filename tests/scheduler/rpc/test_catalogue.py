"""What tasks are made of, on a real server: instants of triggers, folders of the catalogue."""

from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from backroom.scheduler.v1 import scheduler_pb2
from backroom.task.v1 import task_pb2
from tests.scheduler.rpc.conftest import Served, cron, struct, task, wrong_fields

Trigger = scheduler_pb2.Trigger
WINTER = datetime(2030, 3, 30, 12, tzinfo=UTC)


def at(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def preview(served: Served, *triggers: Trigger, **more: object) -> list[str]:
    given = {"time_zone": "Europe/Paris", "start_time": at(WINTER)} | more
    request = scheduler_pb2.PreviewTriggerRequest(triggers=triggers, **given)  # type: ignore[arg-type]  # shorthand
    answer = served.tasks("brian").PreviewTrigger(request)
    return [each.ToDatetime().isoformat(" ", "minutes") for each in answer.times]


def refusal(served: Served, *triggers: Trigger, **more: object) -> tuple[list[str], str]:
    with pytest.raises(grpc.RpcError) as refused:
        preview(served, *triggers, **more)
    return wrong_fields(refused.value), str(refused.value.details())


def calendar(*times: str, **more: object) -> Trigger:
    return Trigger(calendar=scheduler_pb2.CalendarTrigger(times=times, **more))  # type: ignore[arg-type]  # shorthand


def test_the_next_instants_of_any_triggers_are_told_without_a_task(served: Served) -> None:
    assert preview(served, cron("30 2 * * *"), count=3) == ["2030-04-01 00:30", "2030-04-02 00:30", "2030-04-03 00:30"]
    rule = scheduler_pb2.DST_RULE_RUN_AFTER_GAP_FIRST_FOLD
    assert preview(served, cron("30 2 * * *"), count=1, dst_rule=rule) == ["2030-03-31 01:00"]
    every = Trigger(interval=scheduler_pb2.IntervalTrigger(interval=Duration(seconds=43_200)))
    once = Trigger(once=scheduler_pb2.OnceTrigger(time=at(datetime(2030, 3, 31, 6, tzinfo=UTC))))
    assert preview(served, every, once, count=3) == ["2030-03-31 00:00", "2030-03-31 06:00", "2030-03-31 12:00"]
    assert preview(
        served,
        calendar("08:00", "20:00", week_days=[1]),
        excluded_dates=[Date(year=2030, month=4, day=1)],
        end_time=at(datetime(2030, 4, 8, 12, tzinfo=UTC)),
    ) == ["2030-04-08 06:00"]
    assert len(preview(served, cron("* * * * *"))) == 10
    assert len(preview(served, cron("* * * * *"), count=1_000)) == 1_000
    assert served.house.count("task") == 0


def test_without_a_start_and_a_zone_it_is_told_from_now_on_in_the_default_sites_zone(served: Served) -> None:
    request = scheduler_pb2.PreviewTriggerRequest(triggers=[cron("* * * * *")], count=1)
    (first,) = served.tasks().PreviewTrigger(request).times
    assert 0 < (first.ToDatetime(tzinfo=UTC) - served.house.now()).total_seconds() <= 60


def test_a_spread_value_is_the_tasks_own(served: Served) -> None:
    made = served.create(task(triggers=[cron("~ ~ * * *")]))
    upcoming = served.tasks().GetTask(scheduler_pb2.GetTaskRequest(name=made.name)).upcoming_times
    request = scheduler_pb2.PreviewTriggerRequest(triggers=made.triggers, task=made.name)
    assert served.tasks().PreviewTrigger(request).times == upcoming


@pytest.mark.parametrize(
    ("triggers", "more", "fields", "says"),
    [
        ([cron("61 * * * *")], {}, ["triggers[0].cron.expression"], "61"),
        ([cron("0 1 * * *"), cron("0 0 30 2 *")], {}, ["triggers[1].cron.expression"], "never fires"),
        ([calendar("12:00", month_days=[31], months=[2, 4])], {}, ["triggers[0].calendar"], "never fires"),
        ([calendar("25:00")], {}, ["triggers[0].calendar.times[0]"], "not a time of day"),
        ([Trigger()], {}, ["triggers[0]"], "write one of"),
        ([], {}, ["triggers"], "at least one"),
        ([cron("* * * * *")] * 21, {}, ["triggers"], "at most 20"),
        ([cron("* * * * *")], {"time_zone": "Mars/Olympus"}, ["time_zone"], "not an IANA time zone"),
        ([cron("* * * * *")], {"count": 1_001}, ["count"], "1 to 1000"),
        ([cron("* * * * *")], {"count": -1}, ["count"], "1 to 1000"),
        ([cron("* * * * *")], {"task": "runs/1"}, ["task"], "tasks/"),
        ([cron("x")], {"count": -1, "time_zone": "x"}, ["triggers[0].cron.expression", "count", "time_zone"], ""),
        ([cron("* * * * *")], {"start_time": Timestamp(seconds=-(10**11))}, ["start_time"], ""),
    ],
)
def test_what_cannot_be_read_or_never_fires_is_named_with_the_reason(
    served: Served, triggers: list[Trigger], more: dict[str, object], fields: list[str], says: str
) -> None:
    found, details = refusal(served, *triggers, **more)
    assert found == fields
    assert says in details


def test_times_that_the_clocks_always_skip_never_fire(served: Served) -> None:
    fields, details = refusal(served, cron("0 8 * * *"), cron("30 2 * 3 0L"))
    assert fields == ["triggers[1].cron.expression"]
    assert "hours that the clocks skip" in details
    assert preview(served, cron("30 2 * 3 0L"), time_zone="UTC", count=1) == ["2030-03-31 02:30"]


def test_a_trigger_that_is_over_has_no_instants(served: Served) -> None:
    once = Trigger(once=scheduler_pb2.OnceTrigger(time=at(datetime(2020, 1, 1, tzinfo=UTC))))
    assert preview(served, once) == []


def test_a_task_tells_its_next_ten_instants_and_a_paused_one_none(served: Served) -> None:
    made = served.create(task())
    name = scheduler_pb2.GetTaskRequest(name=made.name)
    told = served.tasks().GetTask(name).upcoming_times
    assert len(told) == 10
    assert told[0] == made.next_run_time
    assert sorted(each.seconds for each in told) == [each.seconds for each in told]
    served.tasks().PauseTask(scheduler_pb2.PauseTaskRequest(name=made.name))
    assert not served.tasks().GetTask(name).upcoming_times
    by_hand = served.create(task(triggers=[]))
    assert not served.tasks().GetTask(scheduler_pb2.GetTaskRequest(name=by_hand.name)).upcoming_times


def folders(served: Served) -> list[tuple[str, str, str, str]]:
    answer = served.tasks("brian").ListFolders(scheduler_pb2.ListFoldersRequest())
    return [(each.name, each.path, each.title, each.parent) for each in answer.folders]


def rename(served: Served, name: str, title: str, **more: object) -> scheduler_pb2.Folder:
    request = scheduler_pb2.RenameFolderRequest(name=name, title=title, **more)  # type: ignore[arg-type]  # shorthand
    return served.tasks("wolf").RenameFolder(request)


def test_folders_are_those_of_the_types_and_get_titles_and_lose_them(served: Served) -> None:
    kind = task_pb2.TaskType(name="team.dump", folder="Système/Base de données", title="x", options_schema=struct())
    served.house.others.team.types.append(kind)
    top = ("folders/systeme", "Système", "Système", "")
    assert folders(served) == [
        top,
        ("folders/systeme.base-de-donnees", "Système/Base de données", "Base de données", "folders/systeme"),
    ]
    id = str(uuid4())
    named = rename(served, "folders/systeme.base-de-donnees", "La base", request_id=id)
    assert (named.title, named.path, named.parent) == ("La base", "Système/Base de données", "folders/systeme")
    assert rename(served, "folders/systeme.base-de-donnees", "La base", request_id=id) == named
    assert [each[2] for each in folders(served)] == ["Système", "La base"]
    types = served.tasks().ListTaskTypes(scheduler_pb2.ListTaskTypesRequest()).task_types
    assert "Système/Base de données" in [each.folder for each in types]
    assert rename(served, "folders/systeme.base-de-donnees", "").title == "Base de données"
    assert folders(served)[1][2] == "Base de données"
    assert served.house.count("folder") == 0


@pytest.mark.parametrize(
    ("name", "title", "field"),
    [
        ("folders/systeme", "a/b", "title"),
        ("folders/systeme", "x" * 101, "title"),
        ("folders/systeme", "a\0", "title"),
        ("folders/systeme", "  ", "title"),
        ("tasks/7", "a", "name"),
    ],
)
def test_a_title_that_is_none_is_refused(served: Served, name: str, title: str, field: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        rename(served, name, title)
    assert wrong_fields(refused.value) == [field]


def test_a_folder_that_is_not_there_cannot_be_renamed_and_only_admins_rename(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        rename(served, "folders/editions", "x")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().RenameFolder(scheduler_pb2.RenameFolderRequest(name="folders/systeme", title="x"))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_types_of_a_site_that_is_not_there_are_refused(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        served.tasks().ListTaskTypes(scheduler_pb2.ListTaskTypesRequest(site="nope"))
    assert wrong_fields(refused.value) == ["site"]
