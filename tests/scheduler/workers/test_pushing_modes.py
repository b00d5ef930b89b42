"""Handlers are told the modes of sites until they acknowledge, whatever they are and however long they are away."""

import threading
from dataclasses import replace

import grpc

from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from tests.scheduler.conftest import House, Others
from tests.scheduler.sites import ISOLATED, NORMAL, TRAINING, get_site, make_site, put, site_watch, tell
from tests.scheduler.team import Team, Times, refuse


def heard(team: Team) -> list[tuple[str, int]]:
    """Site and mode of whatever a handler was told, in order."""
    return [(mode.site, mode.mode) for modes in team.modes for mode in modes]


def versions(team: Team) -> list[int]:
    return [mode.version for modes in team.modes for mode in modes]


def change(house: House, **draft: object) -> None:
    site = get_site(house)
    with house.open_work() as work:
        house.parts.site_use_cases().update_site(
            work,
            "lyon",
            draft=replace(site.draft, **draft),  # type: ignore[arg-type]  # the test's shorthand
            etag=site.etag,
            validate_only=False,
        )


def test_every_central_handler_and_delivery_hear_of_a_new_site_and_of_each_change(house: House) -> None:
    team, delivery = house.others.team, house.others.carrier.handler
    assert make_site(house, mode=ISOLATED).unacknowledged == {"team", "delivery"}
    tell(house)
    assert get_site(house).unacknowledged == frozenset()
    put(house, TRAINING)
    assert get_site(house).unacknowledged == {"team", "delivery"}
    tell(house)
    put(house, NORMAL)
    tell(house)
    for handler in (team, delivery):
        assert heard(handler) == [
            ("lyon", type_pb2.OPERATING_MODE_ISOLATED),
            ("lyon", type_pb2.OPERATING_MODE_TRAINING),
            ("lyon", type_pb2.OPERATING_MODE_NORMAL),
        ]
        assert versions(handler) == sorted(set(versions(handler)))
    assert get_site(house).unacknowledged == frozenset()


def test_one_that_is_away_is_told_later_and_only_what_counts_by_then(house: House) -> None:
    house.others.team.before_modes = Times(1, refuse(grpc.StatusCode.INTERNAL))
    make_site(house)
    put(house, ISOLATED)
    tell(house)
    assert get_site(house).unacknowledged == {"team"}
    put(house, TRAINING)
    house.rest()
    tell(house)
    assert heard(house.others.team) == [("lyon", type_pb2.OPERATING_MODE_TRAINING)]
    assert get_site(house).unacknowledged == frozenset()


def test_several_sites_are_told_of_in_one_call(house: House) -> None:
    house.others.team.before_modes = Times(1, refuse(grpc.StatusCode.INTERNAL))
    make_site(house, mode=ISOLATED)
    tell(house)
    house.rest()
    make_site(house, "nice", TRAINING)
    tell(house)
    assert [[mode.site for mode in modes] for modes in house.others.team.modes] == [["lyon", "nice"]]


def test_one_that_refuses_is_asked_again_until_somebody_has_mended_it(house: House) -> None:
    house.others.team.before_modes = Times(1, refuse(grpc.StatusCode.PERMISSION_DENIED))
    make_site(house, mode=ISOLATED)
    tell(house)
    assert get_site(house).unacknowledged == {"team"}
    tell(house)
    assert get_site(house).unacknowledged == frozenset()


def test_one_that_knows_of_no_modes_has_nothing_to_keep(house: House) -> None:
    house.others.team.before_modes = refuse(grpc.StatusCode.UNIMPLEMENTED)
    make_site(house, mode=ISOLATED)
    tell(house)
    assert get_site(house).unacknowledged == frozenset()


def test_a_mode_that_changes_while_it_is_told_is_told_again(house: House) -> None:
    make_site(house, mode=ISOLATED)

    def train(context: grpc.ServicerContext) -> None:
        put(house, TRAINING)

    house.others.team.before_modes = Times(1, train)
    tell(house)
    assert heard(house.others.team) == [
        ("lyon", type_pb2.OPERATING_MODE_ISOLATED),
        ("lyon", type_pb2.OPERATING_MODE_TRAINING),
    ]
    assert get_site(house).unacknowledged == frozenset()


def test_the_word_goes_out_although_the_default_site_is_isolated(house: House) -> None:
    put(house, ISOLATED, "default")
    house.worker().drain("sites")
    assert heard(house.others.team) == [("default", type_pb2.OPERATING_MODE_ISOLATED)]
    put(house, NORMAL, "default")
    house.worker().drain("sites")
    assert heard(house.others.team)[-1] == ("default", type_pb2.OPERATING_MODE_NORMAL)


def test_the_same_mode_once_more_changes_and_says_nothing(house: House) -> None:
    make_site(house, mode=ISOLATED)
    tell(house)
    before = get_site(house)
    put(house, ISOLATED)
    tell(house)
    assert get_site(house) == before
    assert len(house.others.team.modes) == 1


def test_a_site_that_is_made_again_says_more_than_the_one_of_its_name_before(house: House) -> None:
    make_site(house, mode=ISOLATED)
    put(house, TRAINING)
    tell(house)
    with house.open_work() as work:
        house.parts.site_use_cases().delete_site(work, "lyon", etag="", caller="wolf", peer="here")
    make_site(house, mode=NORMAL)
    tell(house)
    assert heard(house.others.team)[-1] == ("lyon", type_pb2.OPERATING_MODE_NORMAL)
    assert versions(house.others.team) == sorted(set(versions(house.others.team)))


def test_what_a_site_has_of_its_own_is_told_too_and_again_where_it_is_reached_elsewhere(
    house: House, others: Others
) -> None:
    make_site(house, mode=ISOLATED, handlers={"till": others.team_address}, delivery=others.carrier_address)
    assert get_site(house).unacknowledged == {"team", "delivery", "lyon/till", "lyon/delivery"}
    tell(house)
    assert len(heard(house.others.team)) == len(heard(house.others.carrier.handler)) == 2
    change(house, handlers={"till": others.carrier_address})
    assert get_site(house).unacknowledged == {"lyon/till"}
    change(house, title="Lyon")
    assert get_site(house).unacknowledged == {"lyon/till"}
    change(house, handlers={})
    assert get_site(house).unacknowledged == frozenset()


def test_any_number_of_workers_tell_at_once_and_everybody_ends_up_knowing(house: House) -> None:
    for place in range(5):
        make_site(house, f"s{place}")
    modes = [ISOLATED, TRAINING, NORMAL]

    def work(place: int) -> None:
        for mode in modes:
            for site in range(5):
                put(house, mode, f"s{(site + place) % 5}")
            house.worker().drain("sites")

    threads = [threading.Thread(target=work, args=(place,)) for place in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell(house)
    latest: dict[str, task_pb2.SiteMode] = {}
    for told in house.others.team.modes:
        for mode in told:
            if mode.site not in latest or mode.version > latest[mode.site].version:
                latest[mode.site] = mode
    for place in range(5):
        site = get_site(house, f"s{place}")
        assert site.unacknowledged == frozenset()
        assert latest[site.id].version == site.mode_version


def test_a_handler_that_is_new_hears_the_modes_of_all_sites_once_a_worker_begins(house: House) -> None:
    make_site(house, mode=ISOLATED)
    with house.open_work() as work:  # as if told before there was another handler than these two
        work.connection.exec_driver_sql("UPDATE site SET unacknowledged = '{}'")
    tell(house)
    assert house.others.team.modes == []
    site_watch(house).begin()
    assert get_site(house).unacknowledged == {"team", "delivery"}
    tell(house)
    assert heard(house.others.team) == [
        ("default", type_pb2.OPERATING_MODE_NORMAL),
        ("lyon", type_pb2.OPERATING_MODE_ISOLATED),
    ]
    assert get_site(house).unacknowledged == frozenset()


def test_workers_that_begin_again_and_again_ask_no_more_often_than_one(house: House) -> None:
    for _ in range(3):
        site_watch(house).begin()
    assert house.count("operation") == 2  # one a handler


def test_a_central_handler_that_is_none_any_more_need_not_acknowledge(house: House) -> None:
    make_site(house)
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE site SET unacknowledged = '{gone,lyon/till}' WHERE name = 'lyon'")
    site_watch(house).begin()
    tell(house)
    assert get_site(house).unacknowledged == {"lyon/till"}
