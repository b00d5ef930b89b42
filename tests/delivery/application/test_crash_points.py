"""A process may die after every step of a sending; its successor ends the night with the same files at the far end."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.operations import OperationState
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import Method, ServerPath
from services.delivery.domain.transfer_options import Existing
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House
from tests.delivery.witnesses import Died

A, B, OLD = b"today;1\n" * 5000, b"today;2\n" * 9000, b"yesterday;1\n" * 3000
NAMES = ("a.csv", "b.csv", "c.csv")
KEEP_BOTH = {"existing": Existing.KEEP_BOTH}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "replace": {},
    "one after another": {"concurrency": 1},
    "keep both": KEEP_BOTH,
    "refuse": {"existing": Existing.REFUSE},
    "write directly": {"write_directly": True},
    "slowly": {"bandwidth_limit": 50_000_000, "folder_must_exist": True},
}


@pytest.fixture(params=["server-path", "sftp"])
def place(request: pytest.FixtureRequest, house: House) -> tuple[Method, Callable[[], Path]]:
    """Where files go, and the folder in which they are seen to arrive."""
    if request.param == "sftp":
        far_end: FarEnd = request.getfixturevalue("far_end")
        return far_end.method(folder="in"), lambda: far_end.root / "in"
    return ServerPath(folder=str(house.outgoing / "in")), lambda: house.outgoing / "in"


def arrived(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def dies_at(house: House, milestone: Milestone, *, times: int = 1) -> bool:
    """Whether it came so far; another process takes over then."""
    house.milestones.die_at, house.milestones.times = milestone, times
    try:
        house.drain("sending")
    except Died:
        house.takeover()
        return True
    finally:
        house.milestones.die_at = None
    return False


@pytest.mark.parametrize("milestone", Milestone)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_whatever_dies_when_each_file_arrives_once_and_whole(
    house: House, place: tuple[Method, Callable[[], Path]], options: Mapping[str, Any], milestone: Milestone
) -> None:
    """One process dies at the first file's milestone, the next at a later file's."""
    method, folder = place
    folder().mkdir(parents=True)
    keeps_both = options is KEEP_BOTH
    if options.get("existing") is not Existing.REFUSE:
        (folder() / "b.csv").write_bytes(OLD)
    house.destination("shop", method, **options)
    contents = dict(zip(NAMES, (A, B, b""), strict=True))
    files = [house.stage(contents[name], file_name=name, ordinal=place) for place, name in enumerate(NAMES)]
    attempt = house.seal(*files, destination="shop")
    comes_there = dies_at(house, milestone)
    assert comes_there is not (
        options.get("write_directly") and milestone in {Milestone.RENAMING_RECORDED, Milestone.RENAMED}
    )
    dies_at(house, milestone, times=2)
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    expected = {**contents, "b.csv": OLD, "b (2).csv": B} if keeps_both else contents
    assert arrived(folder()) == expected
    assert house.states() == dict.fromkeys(NAMES, "DELIVERED")
    history = house.history()
    for name in NAMES:
        states = [state for file_name, _, state in history if file_name == name]
        assert states == ["BROKEN_OFF"] * (len(states) - 1) + ["DELIVERED"]
    house.sweep(orphan_age=timedelta(0))()
    assert house.on_disk() == []
    assert not list((house.root / "TMP").iterdir())


@pytest.mark.parametrize("milestone", [Milestone.RENAMED, Milestone.DELIVERY_RECORDED, Milestone.TAKEN_OUT])
@pytest.mark.parametrize("options", [{}, KEEP_BOTH], ids=["replace", "keep both"])
def test_a_file_its_receiver_took_away_is_not_sent_again(
    house: House, place: tuple[Method, Callable[[], Path]], options: Mapping[str, Any], milestone: Milestone
) -> None:
    method, folder = place
    house.destination("shop", method, **options)
    attempt = house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    assert dies_at(house, milestone)
    (folder() / "a.csv").unlink()
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert arrived(folder()) == {}


def test_a_file_that_is_visibly_another_does_not_count_as_delivered(
    house: House, place: tuple[Method, Callable[[], Path]]
) -> None:
    method, folder = place
    house.destination("shop", method)
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    assert dies_at(house, Milestone.RENAMING_RECORDED)
    (temporary,) = folder().iterdir()
    temporary.unlink()
    (folder() / "a.csv").write_bytes(b"last week's")
    house.drain("sending")
    assert arrived(folder()) == {"a.csv": A}


def test_a_recorded_renaming_is_not_believed_where_the_folder_itself_was_gone(
    house: House, place: tuple[Method, Callable[[], Path]]
) -> None:
    method, folder = place
    house.destination("shop", method)
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    assert dies_at(house, Milestone.RENAMING_RECORDED)
    (temporary,) = folder().iterdir()
    temporary.unlink()
    folder().rmdir()
    house.drain("sending")
    assert arrived(folder()) == {"a.csv": A}


def test_a_recorded_renaming_is_not_believed_at_another_place(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / "old")))
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    assert dies_at(house, Milestone.RENAMING_RECORDED)
    (house.outgoing / "new").mkdir()
    house.change("shop", ServerPath(folder=str(house.outgoing / "new")))
    house.drain("sending")
    assert arrived(house.outgoing / "new") == {"a.csv": A}


def test_what_has_to_be_sent_again_still_goes_before_newer_files_of_its_name(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / "old")))
    house.seal(house.stage(OLD, file_name="same.csv", run=1), destination="shop", run=1)
    assert dies_at(house, Milestone.RENAMING_RECORDED)
    house.change("shop", ServerPath(folder=str(house.outgoing / "new")))
    house.seal(house.stage(A, file_name="same.csv", run=2), destination="shop", run=2)
    house.drain("sending")
    assert arrived(house.outgoing / "new") == {"same.csv": A}


def test_of_a_group_that_died_only_what_has_not_arrived_is_sent_again(
    house: House, place: tuple[Method, Callable[[], Path]]
) -> None:
    method, folder = place
    house.destination("shop", method)
    files = [house.stage(A, file_name=name, ordinal=number) for number, name in enumerate(NAMES)]
    house.seal(*files, destination="shop")
    assert dies_at(house, Milestone.RENAMING_RECORDED, times=3)
    first, second, _ = (f".backroom-{file.id}-1.part" for file in files)
    (folder() / first).rename(folder() / "a.csv")
    (folder() / second).unlink()
    (folder() / "b.csv").write_bytes(b"another's")
    house.drain("sending")
    assert arrived(folder()) == dict.fromkeys(NAMES, A)
    assert sorted(house.history()) == [
        ("a.csv", 1, "DELIVERED"),
        ("b.csv", 1, "BROKEN_OFF"),
        ("b.csv", 2, "DELIVERED"),
        ("c.csv", 1, "DELIVERED"),
    ]


@pytest.mark.parametrize("milestone", Milestone)
@pytest.mark.parametrize("options", [{}, {"write_directly": True}], ids=["renamed", "written directly"])
def test_a_process_that_wakes_after_its_takeover_changes_nothing(
    house: House, place: tuple[Method, Callable[[], Path]], options: Mapping[str, Any], milestone: Milestone
) -> None:
    method, folder = place
    house.destination("shop", method, concurrency=1, **options)
    attempt = house.seal(
        house.stage(A, file_name="a.csv"), house.stage(B, file_name="b.csv", ordinal=1), destination="shop"
    )

    def successor() -> None:
        house.takeover()
        house.drain("sending")
        assert house.operation(attempt).state is OperationState.SUCCEEDED
        if not options:  # without temporary names a late writer writes where it always wrote
            (folder() / "a.csv").write_bytes(b"changed by its receiver")

    house.milestones.die_at, house.milestones.meanwhile = milestone, successor
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert arrived(folder()) == {"a.csv": A if options else b"changed by its receiver", "b.csv": B}
    assert house.states() == {"a.csv": "DELIVERED", "b.csv": "DELIVERED"}
    assert house.count("SELECT count(*) FROM journal_entry WHERE text LIKE 'Fichier % envoyé vers %'") == 2


def test_older_files_of_the_task_go_first_after_a_death_too(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    old = house.seal(house.stage(OLD, file_name="same.csv", run=1), destination="shop", run=1)
    assert dies_at(house, Milestone.WRITTEN)
    new = house.seal(house.stage(A, file_name="same.csv", run=2), destination="shop", run=2)
    house.drain("sending")
    assert [house.operation(each).state for each in (old, new)] == [OperationState.SUCCEEDED] * 2
    assert arrived(house.outgoing) == {"same.csv": A}
    with house.database.begin() as connection:
        by_time = connection.exec_driver_sql("SELECT run FROM spool_file ORDER BY deliver_time").scalars().all()
    assert by_time == [1, 2]
