"""Files on their way into the spool, and the one transaction that seals a run."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.errors import InvalidInput, UnknownResource
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.errors import EpochPassed, RunSealed, SpoolFull
from services.delivery.domain.staging import FileToStage
from services.delivery.storage.spool_folder import SpoolFolder
from tests.delivery.house import House


@pytest.fixture
def shop(house: House) -> House:
    house.destination("shop", ServerPath(folder=str(house.outgoing / "shop")))
    return house


def test_a_staged_file_lies_in_its_tasks_folder_for_its_owner_only(shop: House) -> None:
    file = shop.stage(b"content", task=361530)
    path = shop.root / "TMP" / "UPDATE-361530" / str(file.id)
    assert path.read_bytes() == b"content"
    assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent)] == ["0o600", "0o700"]
    assert file.size_bytes == 7


def test_a_repeat_answers_the_stored_file_and_reads_no_bytes(shop: House) -> None:
    attempt = uuid4()
    first = shop.stage(b"one", attempt=attempt)

    def untouched() -> Iterator[bytes]:
        yield from pytest.fail("the content of a repeat is ignored")

    key = FileToStage(
        attempt=attempt, epoch=1, ordinal=0, task=7, run=1, file_name="sales.csv", site="default", mode="normal"
    )
    assert shop.stage_file(key, untouched()) == first
    assert len(shop.on_disk()) == 1


def test_a_later_epochs_file_takes_the_place_of_an_earlier_ones(shop: House) -> None:
    attempt = uuid4()
    first = shop.stage(b"one", attempt=attempt, epoch=1)
    second = shop.stage(b"two!", attempt=attempt, epoch=3)
    assert second.id != first.id
    assert shop.on_disk() == [f"UPDATE-7/{second.id}"]
    with pytest.raises(EpochPassed, match="overtaken by epoch 3"):
        shop.stage(b"three", attempt=attempt, epoch=2)
    assert shop.on_disk() == [f"UPDATE-7/{second.id}"]


def test_a_file_that_breaks_off_leaves_nothing(shop: House) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    key = FileToStage(attempt=uuid4(), epoch=1, ordinal=0, task=7, run=1, file_name="a", site="default", mode="normal")
    with pytest.raises(ConnectionError):
        shop.stage_file(key, broken())
    assert shop.on_disk() == []
    assert shop.states() == {}


def test_a_disk_without_room_takes_no_file(shop: House) -> None:
    full = SpoolFolder(shop.root / "TMP", free_floor=1 << 62)
    with pytest.raises(SpoolFull, match="make room"):
        full.write(7, uuid4(), [b"x"])


def test_sealing_takes_the_manifest_and_drops_the_runs_other_files(shop: House) -> None:
    wanted, other, elsewhere = (
        shop.stage(file_name="a.csv"),
        shop.stage(file_name="stray.csv", ordinal=1),
        shop.stage(file_name="other-run.csv", run=2),
    )
    shop.seal(wanted, destination="shop")
    assert shop.states() == {"a.csv": "SEALED", "stray.csv": "DISCARDED", "other-run.csv": "PROVISIONAL"}
    assert shop.on_disk() == sorted(f"UPDATE-7/{each.id}" for each in (wanted, elsewhere))
    assert str(other.id) not in "".join(shop.on_disk())
    assert "1 fichier(s) à envoyer vers destinations/shop, 1 abandonné(s)" in shop.journal()[0]


def test_sealing_twice_answers_the_same_and_sends_once(shop: House) -> None:
    file, attempt = shop.stage(file_name="a.csv"), uuid4()
    shop.seal(file, destination="shop", attempt=attempt)
    shop.drain()
    shop.seal(file, destination="shop", attempt=attempt)
    assert shop.count("SELECT count(*) FROM operation") == 1
    with pytest.raises(InvalidInput, match="attempt"):
        shop.seal(destination="shop", attempt=attempt)
    with pytest.raises(RunSealed):
        shop.seal(file, destination="shop")


def test_a_manifest_is_refused_whole_with_the_place_of_each_mistake(shop: House) -> None:
    mine, foreign = shop.stage(file_name="a.csv"), shop.stage(file_name="b.csv", run=2)
    gone = shop.stage(file_name="c.csv", run=3)
    shop.seal(gone, destination="shop", run=3)
    unknown = shop.stage(file_name="d.csv", run=4)
    object.__setattr__(unknown, "id", uuid4())
    with pytest.raises(InvalidInput) as caught:
        shop.seal(mine, foreign, gone, unknown, mine, destination="shop")
    assert [problem.field for problem in caught.value.problems] == [f"files[{place}]" for place in (1, 2, 3, 4)]
    assert shop.states()["a.csv"] == "PROVISIONAL"
    assert shop.count("SELECT count(*) FROM operation") == 1


def test_nothing_is_sealed_for_a_destination_that_does_not_exist(shop: House) -> None:
    file = shop.stage()
    with pytest.raises(UnknownResource, match="destinations/nowhere"):
        shop.seal(file, destination="nowhere")
    assert shop.states() == {"sales.csv": "PROVISIONAL"}


def test_a_sealed_run_takes_no_more_files(shop: House) -> None:
    shop.seal(shop.stage(), destination="shop")
    with pytest.raises(RunSealed):
        shop.stage(b"late", file_name="late.csv")
    assert len(shop.on_disk()) == 1


def test_a_sweep_takes_orphans_and_forgotten_files_and_nothing_else(shop: House) -> None:
    sealed, stale = shop.stage(file_name="sealed.csv"), shop.stage(file_name="stale.csv", run=2)
    shop.seal(sealed, destination="shop")
    folder = shop.root / "TMP" / "UPDATE-9"
    folder.mkdir()
    (folder / str(uuid4())).write_bytes(b"a crash between file and row")
    (folder / f"{uuid4()}.part").write_bytes(b"a crash in mid-file")
    assert shop.sweep()().orphans == 0  # too young: it may still get its row
    swept = shop.sweep(orphan_age=timedelta(0), stale_age=timedelta(0))()
    assert (swept.orphans, swept.stale) == (2, 1)
    assert shop.on_disk() == [f"UPDATE-7/{sealed.id}"]
    assert not folder.exists()
    assert shop.states() == {"sealed.csv": "SEALED", "stale.csv": "DISCARDED"}
    assert str(stale.id) not in "".join(shop.on_disk())


def test_what_left_the_spool_long_ago_is_forgotten(shop: House) -> None:
    shop.seal(shop.stage(), destination="shop")
    shop.drain()
    shop.forget(timedelta(days=90))
    assert shop.states() == {"sales.csv": "DELIVERED"}
    shop.forget(timedelta(0))
    assert shop.states() == {}
