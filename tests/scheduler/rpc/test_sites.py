"""SiteService on a real server."""

from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.scheduler.v1 import scheduler_pb2
from backroom.type.v1 import type_pb2
from chassis.auth import hash_token, new_token
from services.scheduler.settings import SchedulerSettings
from tests.scheduler.rpc.conftest import Served, task, wrong_fields
from tests.scheduler.sites import create, site, sites

NORMAL, ISOLATED, TRAINING = (
    type_pb2.OPERATING_MODE_NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING,
)
CODE = grpc.StatusCode


def update(served: Served, changed: scheduler_pb2.Site, *paths: str, validate_only: bool = False) -> scheduler_pb2.Site:
    changed.name = changed.name or "sites/lyon"
    return sites(served).UpdateSite(
        scheduler_pb2.UpdateSiteRequest(site=changed, update_mask=FieldMask(paths=paths), validate_only=validate_only)
    )


def refused(code: CODE) -> pytest.RaisesExc[grpc.RpcError]:
    return pytest.raises(grpc.RpcError, check=lambda error: error.code() is code)


def test_the_default_site_is_there_and_normal(served: Served) -> None:
    listed = sites(served, "brian").ListSites(scheduler_pb2.ListSitesRequest())
    (default,) = listed.sites
    assert (default.name, default.time_zone, default.mode) == ("sites/default", "Europe/Paris", NORMAL)
    assert (default.title, default.online, default.hold_timeout.seconds) == ("default", True, 86_400)


def test_a_new_site_begins_isolated_and_says_who_has_not_heard_of_it(served: Served) -> None:
    made = create(served, site=site(title="Lyon", heartbeat_timeout=Duration(seconds=60)))
    assert (made.name, made.title, made.mode, made.online) == ("sites/lyon", "Lyon", ISOLATED, True)
    assert list(made.unacknowledged_handlers) == ["delivery", "team"]
    assert made.etag
    assert sites(served, "brian").GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon")) == made
    assert create(served, "nice", mode=NORMAL).mode == NORMAL


def test_a_site_that_is_only_checked_is_not_made(served: Served) -> None:
    assert create(served, validate_only=True).etag == ""
    with refused(CODE.NOT_FOUND):
        sites(served).GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon"))
    create(served)
    for validate_only in (True, False):
        with refused(CODE.ALREADY_EXISTS):
            create(served, validate_only=validate_only)


def test_every_field_that_is_wrong_is_named_at_once(served: Served) -> None:
    bad = site(
        title="x" * 201,
        time_zone="Mars/Olympus",
        handlers={"Sales!": "lyon:50053", "till": "nowhere", "delivery": "lyon:1", "port": "lyon:0"},
        delivery="lyon",
        heartbeat_timeout=Duration(seconds=1),
        hold_timeout=Duration(seconds=40 * 86_400),
    )
    with pytest.raises(grpc.RpcError) as error:
        create(served, "Lyon", site=bad, mode=77)
    assert set(wrong_fields(error.value)) == {
        "site_id",
        "mode",
        "site.title",
        "site.time_zone",
        "site.handlers",
        "site.handlers[till]",
        "site.handlers[port]",
        "site.delivery",
        "site.heartbeat_timeout",
        "site.hold_timeout",
    }
    with pytest.raises(grpc.RpcError) as missing:
        create(served, site=scheduler_pb2.Site())
    assert wrong_fields(missing.value) == ["site.time_zone"]


def test_a_repeated_registration_is_one_site(served: Served) -> None:
    request_id = str(uuid4())
    assert create(served, request_id=request_id) == create(served, request_id=request_id)


def test_sites_are_filtered_and_paged(served: Served) -> None:
    for id in ("lyon", "nice", "brest"):
        create(served, id)
    first = sites(served).ListSites(scheduler_pb2.ListSitesRequest(page_size=2, filter="mode = ISOLATED"))
    assert [each.name for each in first.sites] == ["sites/brest", "sites/lyon"]
    rest = sites(served).ListSites(
        scheduler_pb2.ListSitesRequest(page_size=2, filter="mode = ISOLATED", page_token=first.next_page_token)
    )
    assert [each.name for each in rest.sites] == ["sites/nice"]
    assert rest.next_page_token == ""


def test_only_the_fields_of_the_mask_are_changed(served: Served) -> None:
    made = create(served, site=site(title="Lyon", heartbeat_timeout=Duration(seconds=60)))
    changed = update(served, scheduler_pb2.Site(title="Lyon 2"), "title", "heartbeat_timeout")
    assert (changed.title, changed.time_zone, changed.HasField("heartbeat_timeout")) == (
        "Lyon 2",
        "Europe/Paris",
        False,
    )
    assert changed.etag != made.etag
    with refused(CODE.ABORTED):
        update(served, scheduler_pb2.Site(title="Lyon 3", etag=made.etag), "title")
    checked = update(served, scheduler_pb2.Site(time_zone="Asia/Tokyo"), "time_zone", validate_only=True)
    assert checked.time_zone == "Asia/Tokyo"
    assert sites(served).GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon")) == changed
    with pytest.raises(grpc.RpcError) as error:
        update(served, scheduler_pb2.Site(), "mode")
    assert wrong_fields(error.value) == ["update_mask"]
    with pytest.raises(grpc.RpcError) as unzoned:
        update(served, scheduler_pb2.Site(title="Lyon"))
    assert wrong_fields(unzoned.value) == ["site.time_zone"]


def test_tasks_that_fire_by_the_zone_of_a_site_fire_by_its_new_one(served: Served) -> None:
    create(served)
    follows = served.create(task("suit", site="lyon"))
    own = served.create(task("propre", site="lyon", time_zone="Europe/Paris"))
    update(served, scheduler_pb2.Site(time_zone="America/New_York"), "time_zone")

    def next_of(name: str) -> timedelta:
        at = served.tasks().GetTask(scheduler_pb2.GetTaskRequest(name=name)).next_run_time.ToDatetime()
        return timedelta(hours=at.hour, minutes=at.minute)

    assert next_of(own.name) in (timedelta(hours=20, minutes=30), timedelta(hours=21, minutes=30))
    assert next_of(follows.name) in (timedelta(hours=2, minutes=30), timedelta(hours=3, minutes=30))


def test_a_site_is_deleted_once_no_task_belongs_to_it(served: Served) -> None:
    create(served)
    name = served.create(task("a", site="lyon")).name
    delete = scheduler_pb2.DeleteSiteRequest(name="sites/lyon")
    with refused(CODE.FAILED_PRECONDITION) as error:
        sites(served).DeleteSite(delete)
    assert "1 tasks belong to sites/lyon" in str(error.value)
    served.tasks().DeleteTask(scheduler_pb2.DeleteTaskRequest(name=name))
    with refused(CODE.ABORTED):
        sites(served).DeleteSite(scheduler_pb2.DeleteSiteRequest(name="sites/lyon", etag="v77"))
    sites(served).DeleteSite(delete)
    with refused(CODE.NOT_FOUND):
        sites(served).GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon"))


def test_the_default_site_cannot_be_deleted(served: Served) -> None:
    with refused(CODE.FAILED_PRECONDITION):
        sites(served).DeleteSite(scheduler_pb2.DeleteSiteRequest(name="sites/default"))


def test_a_mode_is_set_once_however_often_it_is_asked_for(served: Served) -> None:
    create(served)
    request = scheduler_pb2.SetOperatingModeRequest(name="sites/lyon", mode=TRAINING, request_id=str(uuid4()))
    assert sites(served).SetOperatingMode(request).mode == TRAINING
    sites(served).SetOperatingMode(scheduler_pb2.SetOperatingModeRequest(name="sites/lyon", mode=NORMAL))
    assert sites(served).SetOperatingMode(request).mode == TRAINING  # the first answer
    assert sites(served).GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon")).mode == NORMAL
    with pytest.raises(grpc.RpcError) as unset:
        sites(served).SetOperatingMode(scheduler_pb2.SetOperatingModeRequest(name="sites/lyon"))
    assert wrong_fields(unset.value) == ["mode"]


def test_a_heartbeat_says_the_mode_and_when_the_next_is_awaited(served: Served) -> None:
    create(served, site=site(heartbeat_timeout=Duration(seconds=60)))
    answer = sites(served, "sales").Heartbeat(scheduler_pb2.HeartbeatRequest(name="sites/lyon"))
    assert (answer.mode, answer.next_heartbeat.seconds) == (ISOLATED, 20)
    assert sites(served).GetSite(scheduler_pb2.GetSiteRequest(name="sites/lyon")).HasField("heartbeat_time")
    always = sites(served, "sales").Heartbeat(scheduler_pb2.HeartbeatRequest(name="sites/default"))
    assert not always.HasField("next_heartbeat")
    with refused(CODE.NOT_FOUND):
        sites(served, "sales").Heartbeat(scheduler_pb2.HeartbeatRequest(name="sites/nowhere"))


def test_only_a_service_or_who_has_the_right_of_the_site_speaks_for_it(
    served: Served, scheduler_settings: SchedulerSettings
) -> None:
    for id in ("lyon", "nice"):
        create(served, id)
    served.tokens["till"], hashed = new_token()
    with scheduler_settings.principals.open("a") as file:
        file.write(
            f'[[principal]]\nname = "till"\ntoken_hashes = ["{hashed}"]\nroles = ["viewer"]\nrights = ["sites/lyon"]\n'
        )
    assert hash_token(served.tokens["till"]) == hashed
    served.house.rest()  # the file is looked at once a second
    assert sites(served, "till").Heartbeat(scheduler_pb2.HeartbeatRequest(name="sites/lyon")).mode == ISOLATED
    for who, name in (("till", "sites/nice"), ("wolf", "sites/lyon"), ("anne", "sites/lyon")):
        with refused(CODE.PERMISSION_DENIED):
            sites(served, who).Heartbeat(scheduler_pb2.HeartbeatRequest(name=name))


def test_sites_are_changed_by_administrators_only(served: Served) -> None:
    operator = sites(served, "anne")
    for ask in (
        lambda: operator.CreateSite(scheduler_pb2.CreateSiteRequest(site_id="lyon", site=site())),
        lambda: operator.UpdateSite(scheduler_pb2.UpdateSiteRequest(site=site(name="sites/default"))),
        lambda: operator.DeleteSite(scheduler_pb2.DeleteSiteRequest(name="sites/default")),
        lambda: operator.SetOperatingMode(scheduler_pb2.SetOperatingModeRequest(name="sites/default", mode=ISOLATED)),
    ):
        with refused(CODE.PERMISSION_DENIED):
            ask()
