"""A process may die after every step of a sending; its successor ends the night with the same files at the far end."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.operations import OperationState
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import Method, ServerPath
from tests.delivery.far_end import FarEnd
from tests.delivery.house import Died, House

A, B, OLD = b"today;1\n" * 5000, b"today;2\n" * 9000, b"yesterday;1\n" * 3000


@pytest.fixture(params=["server-path", "sftp"])
def place(request: pytest.FixtureRequest, house: House, far_end: FarEnd) -> tuple[Method, Callable[[], Path]]:
    """Where files go, and the folder in which they are seen to arrive."""
    if request.param == "sftp":
        return far_end.method(folder="in"), lambda: far_end.root / "in"
    return ServerPath(folder=str(house.outgoing / "in")), lambda: house.outgoing / "in"


def arrived(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("milestone", Milestone)
def test_whatever_dies_when_each_file_arrives_once_and_whole(
    house: House, place: tuple[Method, Callable[[], Path]], milestone: Milestone
) -> None:
    method, folder = place
    house.destination("shop", method)
    first, second = house.stage(A, file_name="a.csv"), house.stage(B, file_name="b.csv", ordinal=1)
    attempt = house.seal(first, second, destination="shop")
    for _ in range(2):  # the first file dies with one process, the second with another
        house.milestones.die_at = milestone
        with pytest.raises(Died):
            house.drain("sending")
        house.takeover()
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert arrived(folder()) == {"a.csv": A, "b.csv": B}
    assert house.states() == {"a.csv": "DELIVERED", "b.csv": "DELIVERED"}
    house.sweep(orphan_age=timedelta(0))()
    assert house.on_disk() == []
    assert not list((house.root / "TMP").iterdir())


@pytest.mark.parametrize("milestone", [Milestone.RENAMED, Milestone.DELIVERY_RECORDED, Milestone.TAKEN_OUT])
def test_a_file_its_receiver_took_away_is_not_sent_again(
    house: House, place: tuple[Method, Callable[[], Path]], milestone: Milestone
) -> None:
    method, folder = place
    house.destination("shop", method)
    attempt = house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    house.milestones.die_at = milestone
    with pytest.raises(Died):
        house.drain("sending")
    (folder() / "a.csv").unlink()
    house.takeover()
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert arrived(folder()) == {}


def test_a_file_that_is_visibly_another_does_not_count_as_delivered(
    house: House, place: tuple[Method, Callable[[], Path]]
) -> None:
    method, folder = place
    house.destination("shop", method)
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMING_RECORDED
    with pytest.raises(Died):
        house.drain("sending")
    (temporary,) = folder().iterdir()
    temporary.unlink()
    (folder() / "a.csv").write_bytes(b"last week's")
    house.takeover()
    house.drain("sending")
    assert arrived(folder()) == {"a.csv": A}


def test_a_recorded_renaming_is_not_believed_where_the_folder_itself_was_gone(
    house: House, place: tuple[Method, Callable[[], Path]]
) -> None:
    method, folder = place
    house.destination("shop", method)
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMING_RECORDED
    with pytest.raises(Died):
        house.drain("sending")
    (temporary,) = folder().iterdir()
    temporary.unlink()
    folder().rmdir()
    house.takeover()
    house.drain("sending")
    assert arrived(folder()) == {"a.csv": A}


def test_a_recorded_renaming_is_not_believed_at_another_place(house: House) -> None:
    with house.work() as work:
        work.destinations.add("shop", "Shop", ServerPath(folder=str(house.outgoing / "old")))
    house.seal(house.stage(A, file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMING_RECORDED
    with pytest.raises(Died):
        house.drain("sending")
    (house.outgoing / "new").mkdir()
    with house.work() as work:
        work.destinations.change("shop", "Shop", ServerPath(folder=str(house.outgoing / "new")))
    house.takeover()
    house.drain("sending")
    assert arrived(house.outgoing / "new") == {"a.csv": A}


@pytest.mark.parametrize("milestone", Milestone)
def test_a_process_that_wakes_after_its_takeover_changes_nothing(
    house: House, place: tuple[Method, Callable[[], Path]], milestone: Milestone
) -> None:
    method, folder = place
    house.destination("shop", method)
    attempt = house.seal(
        house.stage(A, file_name="a.csv"), house.stage(B, file_name="b.csv", ordinal=1), destination="shop"
    )

    def successor() -> None:
        house.takeover()
        house.drain("sending")
        assert house.operation(attempt).state is OperationState.SUCCEEDED
        (folder() / "a.csv").write_bytes(b"changed by its receiver")

    house.milestones.die_at, house.milestones.meanwhile = milestone, successor
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert arrived(folder()) == {"a.csv": b"changed by its receiver", "b.csv": B}
    assert house.states() == {"a.csv": "DELIVERED", "b.csv": "DELIVERED"}
    assert house.count("SELECT count(*) FROM journal_entry WHERE text LIKE 'Fichier % envoyé vers %'") == 2


def test_older_files_of_the_task_go_first_after_a_death_too(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    old = house.seal(
        house.stage(OLD, file_name="same.csv", run=1),
        destination="shop",
        run=1,
    )
    house.milestones.die_at = Milestone.WRITTEN
    with pytest.raises(Died):
        house.drain("sending")
    new = house.seal(house.stage(A, file_name="same.csv", run=2), destination="shop", run=2)
    house.takeover()
    house.drain("sending")
    assert [house.operation(each).state for each in (old, new)] == [OperationState.SUCCEEDED] * 2
    assert far_end.files() == {"same.csv": A}
    assert len(far_end.behaviour.renames) == 2
