"""Sites that are not in normal mode: nothing is fetched for them by itself; practice is in a sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.operations import OperatingMode, SiteMode
from services.delivery.domain.failures import FolderMissing
from services.delivery.domain.fetching import MOST_TOGETHER, AfterCommit
from tests.conftest import SilentBell
from tests.delivery.fetch_house import Consumer, FetchHouse, Received


@pytest.fixture
def house(make_database: Callable[[str | None], Database], bell: SilentBell, tmp_path: Path) -> FetchHouse:
    return FetchHouse(make_database("services.delivery.storage.migrations"), bell, tmp_path)


def set_mode(house: FetchHouse, mode: OperatingMode, site: str = "lille") -> None:
    with house.work() as work:
        work.operations.set_modes([SiteMode(site=site, mode=mode, version=1)])


def practise(house: FetchHouse, name: str = "a.csv", content: bytes = b"practice") -> None:
    house.sandbox.mkdir(parents=True, exist_ok=True)
    (house.sandbox / name).write_bytes(content)


@pytest.mark.parametrize("mode", [OperatingMode.ISOLATED, OperatingMode.TRAINING])
def test_nothing_is_fetched_by_itself_for_a_site_that_is_not_normal(house: FetchHouse, mode: OperatingMode) -> None:
    house.put("a.csv")
    set_mode(house, mode)
    house.source = lambda source: pytest.fail("the source was called")
    with pytest.raises(Unavailable, match="site lille is not in normal mode"):
        house.received(site="lille")
    house.source = lambda source: source
    assert house.received(site="lyon", after_commit=AfterCommit.LEAVE).names == ["a.csv"]


def test_a_person_fetches_by_hand_for_an_isolated_site(house: FetchHouse) -> None:
    house.put("a.csv")
    set_mode(house, OperatingMode.ISOLATED)
    assert house.received(site="lille", mode="isolated").names == ["a.csv"]
    assert house.lying() == []


def test_a_fetch_under_way_stops_between_its_groups_when_its_site_leaves_normal_mode(house: FetchHouse) -> None:
    for number in range(MOST_TOGETHER + 1):
        house.put(f"{number}.csv", str(number).encode())

    def commits(file: object) -> bool:
        set_mode(house, OperatingMode.TRAINING)
        return True

    received = Received()
    with pytest.raises(Unavailable, match="site lille is not in normal mode"):
        house.received(Consumer(commits=commits), into=received, site="lille")
    assert (len(received.names), len(house.lying())) == (MOST_TOGETHER, 1)


@pytest.mark.parametrize("after_commit", AfterCommit)
def test_in_training_the_sandbox_stands_for_the_source_which_is_not_touched(
    house: FetchHouse, after_commit: AfterCommit
) -> None:
    house.put("a.csv", b"real")
    set_mode(house, OperatingMode.TRAINING)
    practise(house)
    received = house.received(site="lille", mode="training", after_commit=after_commit)
    assert (received.contents, [each.cleared for each in received.done]) == ({"a.csv": b"practice"}, [True])
    assert (house.lying(), house.archived()) == (["a.csv"], {})
    assert (house.sandbox / "a.csv").exists() is (after_commit is AfterCommit.LEAVE)
    assert (house.sandbox / "archive" / "a.csv").exists() is (after_commit is AfterCommit.ARCHIVE)
    (line,) = house.journal()
    assert line.startswith("Mode école, dans le bac à sable : Fichier a.csv récupéré depuis destinations/partner")


def test_nothing_is_remembered_of_practice_so_it_comes_again_and_hides_no_real_file(house: FetchHouse) -> None:
    practised = []
    for _ in range(2):
        practise(house, content=b"same")
        practised += house.received(mode="training").headers
    house.put("a.csv", b"same")
    (real,) = house.received().headers
    assert practised[0].id == practised[1].id
    assert real.id != practised[0].id, "an importer that practised has not imported the real one"
    practise(house, content=b"same")
    assert house.received(mode="training").names == ["a.csv"], "nor does what is real hide practice"
    assert list(house.remembered()) == ["a.csv"]


def test_twins_are_told_apart_in_training_as_in_earnest(house: FetchHouse) -> None:
    practise(house, "a.csv")
    practise(house, "b.csv")
    assert len(house.received(mode="training").names) == 1
    assert house.meter.results == ["committed", "double"]
    assert house.remembered() == {}


def test_practice_does_not_wait_for_a_real_fetch(house: FetchHouse) -> None:
    house.put("a.csv")
    practise(house)

    def commits(file: object) -> bool:
        assert house.received(mode="training").names == ["a.csv"]
        return True

    assert house.received(Consumer(commits=commits)).done[0].cleared


def test_a_sandbox_that_nobody_has_made_is_named(house: FetchHouse) -> None:
    with pytest.raises(FolderMissing, match="sandbox/partner"):
        house.received(mode="training")
