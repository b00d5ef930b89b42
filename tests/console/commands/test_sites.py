from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.scheduler.v1 import scheduler_pb2 as api
from backroom.type.v1 import type_pb2
from tests.console.commands.conftest import Shop

ISOLATED, NORMAL = type_pb2.OPERATING_MODE_ISOLATED, type_pb2.OPERATING_MODE_NORMAL
LYON = api.Site(
    name="sites/lyon",
    title="Lyon",
    time_zone="Europe/Paris",
    mode=ISOLATED,
    online=False,
    handlers={"sales": "lyon:50053"},
    heartbeat_timeout=Duration(seconds=120),
    hold_timeout=Duration(seconds=43200),
    unacknowledged_handlers=["mail"],
)


def test_sites_are_listed_as_a_table(shop: Shop) -> None:
    shop.answers["ListSites"] = lambda _: api.ListSitesResponse(sites=[LYON])
    result = shop("sites", "list", "--filter", "online = false")
    assert result.exit_code == 0, result.stderr
    line = result.stdout.splitlines()[1].split()
    assert line == ["sites/lyon", "Lyon", "Europe/Paris", "ISOLATED", "no", "–", "mail"]
    assert shop.only_request() == api.ListSitesRequest(page_size=100, filter="online = false")


def test_a_site_is_shown_with_what_it_has_of_its_own(shop: Shop) -> None:
    shop.answers["GetSite"] = lambda _: LYON
    shown = shop("sites", "show", "lyon").stdout
    for words in ("ISOLATED", "2m", "12h", "sales=lyon:50053", "not told its mode"):
        assert words in shown
    assert shop.only_request() == api.GetSiteRequest(name="sites/lyon")


def test_a_site_is_registered_isolated_unless_said_otherwise(shop: Shop) -> None:
    shop.answers["CreateSite"] = lambda _: LYON
    words = ("--zone", "Europe/Paris", "--handler", "sales=lyon:50053", "--heartbeat-timeout", "2m", "--title", "Lyon")
    assert shop("sites", "create", "lyon", *words).exit_code == 0
    site = api.Site(title="Lyon", time_zone="Europe/Paris", heartbeat_timeout=Duration(seconds=120))
    site.handlers["sales"] = "lyon:50053"
    assert shop.only_request() == api.CreateSiteRequest(site_id="lyon", site=site, mode=ISOLATED)


def test_only_what_is_named_of_a_site_is_changed(shop: Shop) -> None:
    shop.answers["UpdateSite"] = lambda _: LYON
    assert shop("sites", "update", "lyon", "--heartbeat-timeout", "none", "--delivery", "").exit_code == 0
    assert shop.only_request() == api.UpdateSiteRequest(
        site=api.Site(name="sites/lyon"), update_mask=FieldMask(paths=["delivery", "heartbeat_timeout"])
    )


def test_an_update_that_changes_nothing_is_refused_before_anybody_is_asked(shop: Shop) -> None:
    result = shop("sites", "update", "lyon")
    assert result.exit_code == 2
    assert "say what to change" in result.stderr
    assert shop.asked == []


def test_a_duration_and_a_handler_that_cannot_be_read_are_refused(shop: Shop) -> None:
    for words in (("--hold-timeout", "soon"), ("--handler", "sales")):
        result = shop("sites", "update", "lyon", *words)
        assert result.exit_code == 2
        assert words[0] in result.stderr
    assert shop.asked == []


def test_a_site_is_put_into_a_mode(shop: Shop) -> None:
    shop.answers["SetOperatingMode"] = lambda _: LYON
    assert shop("sites", "mode", "lyon", "normal").exit_code == 0
    assert shop.only_request() == api.SetOperatingModeRequest(name="sites/lyon", mode=NORMAL)


def test_a_site_says_that_it_is_there_until_nobody_wants_to_hear_it(shop: Shop) -> None:
    answers = [
        api.HeartbeatResponse(mode=ISOLATED, next_heartbeat=Duration(nanos=1_000_000)),
        api.HeartbeatResponse(mode=NORMAL),
    ]
    shop.answers["Heartbeat"] = lambda _: answers.pop(0)
    result = shop("sites", "heartbeat", "lyon", "--follow")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["sites/lyon is ISOLATED", "sites/lyon is NORMAL"]


def test_a_site_is_deleted(shop: Shop) -> None:
    shop.answers["DeleteSite"] = lambda _: Empty()
    assert shop("sites", "delete", "sites/lyon").stdout == "sites/lyon deleted\n"
    assert shop.only_request() == api.DeleteSiteRequest(name="sites/lyon")
