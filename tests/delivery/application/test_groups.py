"""Files that go together: one that fails does not stop the others, and a thousand cost few transactions."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from chassis.operations import OperationState
from services.delivery.application.far_ends import Arrived, Upload
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.transfer_options import BYTES_AT_ONCE, FILES_AT_ONCE
from tests.delivery.bad_luck import BadLuck, Fate
from tests.delivery.house import NIGHT, House
from tests.delivery.witnesses import Died


def staged(house: House, count: int, *, size: int = 3, run: int = 1) -> list[SpoolFile]:
    return [
        house.stage(bytes([number % 251]) * size, file_name=f"{number}.csv", ordinal=number, run=run)
        for number in range(count)
    ]


def unlucky(house: House, step: str, place: int, fate: Fate, *more: int) -> None:
    """The how-manieth of these steps has this fate, and so have these others."""
    steps: Counter[str] = Counter()

    def fate_of(what: str) -> Fate:
        steps[what] += 1
        return fate if what == step and steps[what] in {place, *more} else Fate.FINE

    house.around = lambda carrier: BadLuck(carrier, fate_of)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def shop(house: House) -> House:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    return house


def test_an_older_temporary_that_cannot_be_removed_is_told_of_its_files_and_stops_no_other(shop: House) -> None:
    files = staged(shop, 5)
    attempt = shop.seal(*files, destination="shop")
    shop.milestones.die_at = Milestone.WRITTEN
    with pytest.raises(Died):
        shop.drain("sending")
    shop.takeover()
    unlucky(shop, "remove", 2, Fate.REFUSED, 4)  # the second of all together, then again when each is asked for alone
    shop.drain("sending")
    assert shop.operation(attempt).state is OperationState.FAILED
    assert shop.meter.failures == ["REFUSED_BY_SERVER"]
    assert shop.states() == {f"{number}.csv": "SEALED" if number == 1 else "DELIVERED" for number in range(5)}
    shop.come()
    shop.drain()
    assert names(shop.outgoing) == sorted(file.file_name for file in files)


@pytest.mark.parametrize("step", ["write", "rename"])
@pytest.mark.parametrize("place", [1, 3, 5])
def test_one_file_that_is_refused_stops_no_other_of_its_group(shop: House, step: str, place: int) -> None:
    unlucky(shop, step, place, Fate.REFUSED)
    attempt = shop.seal(*staged(shop, 5), destination="shop")
    shop.drain("sending")
    failed = f"{place - 1}.csv"
    states = shop.states()
    assert states.pop(failed) == ("SEALED" if step == "write" else "RENAMING")
    assert set(states.values()) == {"DELIVERED"}
    assert shop.operation(attempt).state is OperationState.FAILED
    assert (failed, 1, "FAILED") in shop.history()
    assert shop.meter.failures == ["REFUSED_BY_SERVER"]
    shop.come()
    shop.drain()
    assert names(shop.outgoing) == [f"{number}.csv" for number in range(5)]


@pytest.mark.parametrize("fate", [Fate.LOST_BEFORE, Fate.LOST_AFTER])
@pytest.mark.parametrize("step", ["write", "rename"])
def test_a_connection_that_is_lost_in_a_group_fails_all_that_is_left_and_no_more(
    shop: House, step: str, fate: Fate
) -> None:
    unlucky(shop, step, 7, fate)
    shop.change("shop", ServerPath(folder=str(shop.outgoing)), concurrency=4)
    shop.seal(*staged(shop, 10), destination="shop")
    shop.drain("sending")
    states = shop.states()
    assert [states[f"{number}.csv"] for number in range(4)] == ["DELIVERED"] * 4
    assert [states[f"{number}.csv"] for number in range(4, 8)] == ["SEALED" if step == "write" else "RENAMING"] * 4
    assert [states[f"{number}.csv"] for number in range(8, 10)] == ["SEALED"] * 2
    assert shop.meter.failures == ["CONNECTION_LOST"] * 6
    assert Counter(state for _, _, state in shop.history()) == {"DELIVERED": 4, "FAILED": 6}
    shop.come()
    shop.drain()
    assert names(shop.outgoing) == sorted(f"{number}.csv" for number in range(10))


def test_many_small_files_cost_few_transactions_and_statements(shop: House) -> None:
    told: Counter[str] = Counter()
    shop.seal(*staged(shop, 320, size=2048), destination="shop")
    sa.event.listen(shop.database.engine, "commit", lambda connection: told.update(commits=1))
    sa.event.listen(shop.database.engine, "before_cursor_execute", lambda *statement: told.update(statements=1))
    shop.drain("sending")
    assert len(names(shop.outgoing)) == 320
    groups = 320 // FILES_AT_ONCE
    assert told["commits"] <= 2 * groups + 20
    assert told["statements"] <= 6 * groups + 50


def test_a_group_holds_so_many_bytes_and_a_big_file_goes_alone(shop: House) -> None:
    groups: list[Sequence[int]] = []

    class Watched(BadLuck):
        def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
            groups.append([upload.size_bytes for upload in uploads])
            return super().write(uploads)

    shop.around = lambda carrier: Watched(carrier, lambda step: Fate.FINE)
    half = BYTES_AT_ONCE // 2
    files = [
        shop.stage(bytes(size), file_name=f"{number}.bin", ordinal=number)
        for number, size in enumerate((half, half, 1, BYTES_AT_ONCE + 1, 2))
    ]
    shop.seal(*files, destination="shop")
    shop.drain("sending")
    assert groups == [[half, half], [1], [BYTES_AT_ONCE + 1], [2]]


@pytest.mark.parametrize("twin", ["same.csv", "SAME.csv"])
def test_two_files_of_a_name_never_go_together_and_the_newer_waits_for_the_older(shop: House, twin: str) -> None:
    unlucky(shop, "write", 1, Fate.REFUSED)
    shop.seal(shop.stage(b"old", file_name="same.csv", run=1), destination="shop", run=1)
    with shop.work() as work:  # the next run's sending takes it along
        work.connection.execute(sa.text("DELETE FROM operation"))
    new = shop.stage(b"new", file_name=twin, run=2)
    other = shop.stage(b"other", file_name="other.csv", run=2, ordinal=1)
    shop.seal(new, other, destination="shop", run=2, nominal_time=NIGHT + timedelta(days=1))
    shop.drain("sending")
    assert names(shop.outgoing) == ["other.csv"]
    assert sorted(shop.meter.failures) == ["HELD_BACK", "REFUSED_BY_SERVER"]
    shop.come()
    shop.drain()
    assert (shop.outgoing / twin).read_bytes() == b"new"
    assert names(shop.outgoing) == sorted({"other.csv", "same.csv", twin})


def test_a_damaged_file_of_a_group_is_not_even_begun_at_the_far_end(shop: House) -> None:
    files = staged(shop, 3)
    shop.spool.path(files[1].task, files[1].id).write_bytes(b"0ne")
    shop.seal(*files, destination="shop")
    shop.drain("sending")
    assert names(shop.outgoing) == ["0.csv", "2.csv"]
    assert shop.meter.failures == ["SPOOL_FILE_DAMAGED"]


def test_a_file_that_a_person_gives_up_before_its_turn_is_left_out(shop: House) -> None:
    shop.change("shop", ServerPath(folder=str(shop.outgoing)), concurrency=1)
    files = staged(shop, 4)
    attempt = shop.seal(*files, destination="shop")

    def give_up() -> None:
        with shop.work() as work:
            shop.discard_file(work, files[2].id, "wrong day", "marie")

    shop.milestones.die_at, shop.milestones.meanwhile = Milestone.WRITTEN, give_up
    shop.drain()
    assert names(shop.outgoing) == ["0.csv", "1.csv", "3.csv"]
    assert shop.states()["2.csv"] == "DISCARDED"
    assert shop.operation(attempt).state is OperationState.SUCCEEDED


def test_a_file_that_a_person_gives_up_is_not_brought_back_by_a_failure(shop: House) -> None:
    files = staged(shop, 2)
    shop.seal(*files, destination="shop")
    unlucky(shop, "write", 1, Fate.LOST_BEFORE)

    def give_up() -> None:
        with shop.work() as work:
            work.unsent.discard(files[1].id)

    shop.milestones.die_at, shop.milestones.meanwhile = Milestone.TRY_RECORDED, give_up
    shop.drain("sending")
    assert shop.states() == {"0.csv": "SEALED", "1.csv": "DISCARDED"}


def test_a_slow_destination_does_not_keep_a_process_that_has_to_leave(shop: House) -> None:
    shop.change("shop", ServerPath(folder=str(shop.outgoing)), bandwidth_limit=1000)
    attempt = shop.seal(shop.stage(bytes(60_000), file_name="slow.bin"), destination="shop")
    worker = shop.worker()
    leaving = threading.Timer(0.5, worker.leave)
    leaving.start()
    began = time.monotonic()
    worker.drain("sending")
    leaving.join()
    assert time.monotonic() - began < 10  # all of it would take a minute
    assert shop.operation(attempt).state is OperationState.QUEUED
