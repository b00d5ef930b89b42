"""One bad file, folder or clock neither keeps others in the spool nor loses or overwrites them."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis.errors import InvalidInput
from chassis.operations import OperationState
from services.delivery.domain.backoff import TRIES_BEFORE_PARKED
from services.delivery.domain.destinations import ServerPath
from services.delivery.storage.tables import spool_file
from tests.delivery.far_end import FarEnd
from tests.delivery.house import NIGHT, House

HOUR = 3600


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("twin", ["sales.csv", "SALES.csv", "e\u0301te\u0301.csv", "E\u0301te\u0301.csv"])
def test_two_files_of_one_run_never_share_a_name(house: House, twin: str) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    first = house.stage(b"one", file_name="sales.csv" if twin.isascii() else "été.csv")
    second = house.stage(b"two", file_name=twin, ordinal=1)
    with pytest.raises(InvalidInput) as caught:
        house.seal(first, second, destination="shop")
    assert [problem.field for problem in caught.value.problems] == ["files[1]"]
    assert set(house.states().values()) == {"PROVISIONAL"}


def test_a_file_that_is_damaged_for_good_does_not_hold_back_newer_ones_of_its_name(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    old = house.stage(b"old", file_name="same.csv", run=1)
    house.seal(old, destination="shop", run=1)
    house.spool.path(old.task, old.id).write_bytes(b"0ld")
    house.drain("sending")
    new = house.stage(b"new", file_name="same.csv", run=2)
    attempt = house.seal(new, destination="shop", run=2, nominal_time=NIGHT + timedelta(days=1))
    house.drain("sending")
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert (house.outgoing / "same.csv").read_bytes() == b"new"


def test_a_parked_file_never_overwrites_a_newer_one_of_its_name(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    for run, content in ((1, b"monday"), (2, b"tuesday")):
        file = house.stage(content, file_name="same.csv", run=run)
        house.seal(file, destination="shop", run=run, nominal_time=NIGHT + timedelta(days=run))
        if run == 1:
            house.drain("sending")
    with house.database.begin() as connection:
        last = sa.update(spool_file).where(spool_file.c.run == 1).values(tried=TRIES_BEFORE_PARKED - 1)
        connection.execute(last)
    house.drain("sending")
    assert house.count("SELECT count(*) FROM spool_file WHERE state = 'PARKED' AND run = 1") == 1
    far_end.start()
    house.come()
    house.drain()
    assert len(far_end.behaviour.renames) == 2
    house.seal(house.stage(b"x", file_name="other.csv", run=3), destination="shop", run=3)
    house.drain()
    assert far_end.files() == {"other.csv": b"x", "same.csv": b"tuesday"}


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_spool_that_cannot_be_read_is_not_blamed_on_the_destination(house: House, far_end: FarEnd, kind: str) -> None:
    house.destination("shop", far_end.method())
    odd, fine = house.stage(b"one", file_name="a.csv"), house.stage(b"two", file_name="b.csv", ordinal=1)
    house.seal(odd, fine, destination="shop")
    path = house.spool.path(odd.task, odd.id)
    path.unlink()
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/etc/hostname")
    house.drain("sending")
    assert house.meter.failures == ["SPOOL_FILE_DAMAGED"]
    assert far_end.files() == {"b.csv": b"two"}


def test_a_file_whose_name_may_not_be_replaced_does_not_keep_the_others(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.behaviour.protected.add("a.csv")
    house.seal(
        house.stage(b"one", file_name="a.csv"), house.stage(b"two", file_name="b.csv", ordinal=1), destination="shop"
    )
    house.drain("sending")
    assert house.states() == {"a.csv": "RENAMING", "b.csv": "DELIVERED"}
    far_end.behaviour.protected.clear()
    house.come()
    house.drain()
    assert far_end.files() == {"a.csv": b"one", "b.csv": b"two"}


def test_a_sending_whose_destination_has_gone_meanwhile_ends_as_its_files_did(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    attempt = house.seal(destination="shop")
    with house.work() as work:
        work.destinations.delete("shop")
    house.drain()
    assert house.operation(attempt).state is OperationState.SUCCEEDED


def test_a_file_that_came_slowly_is_young_when_it_is_whole(house: House) -> None:
    def slowly() -> Iterator[bytes]:
        yield b"x" * (1 << 20)
        (unfinished,) = (house.root / "TMP" / "UPDATE-7").iterdir()
        age(unfinished, 2 * HOUR)  # nothing came for two hours, then the end

    file = uuid4()
    house.spool.write(7, file, slowly())
    assert house.sweep()().orphans == 0  # its row is about to be committed
    assert house.spool.path(7, file).exists()


def test_a_sweep_follows_no_link_out_of_the_spool(house: House) -> None:
    elsewhere = house.root / "elsewhere"
    elsewhere.mkdir()
    precious = elsewhere / "precious"
    precious.write_bytes(b"x")
    age(precious, 2 * HOUR)
    (house.root / "TMP").mkdir()
    (house.root / "TMP" / "UPDATE-9").symlink_to(elsewhere)
    assert house.sweep()().orphans == 0
    assert precious.exists()


def test_what_was_sealed_long_ago_is_forgotten_with_its_last_file(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    house.seal(house.stage(), destination="shop")
    with house.database.begin() as connection:
        connection.execute(sa.text("UPDATE sending SET create_time = now() - interval '1 year'"))
    house.forget(timedelta(days=90))
    assert house.count("SELECT count(*) FROM sending") == 1  # its file is still to be sent
    house.drain()
    house.forget(timedelta(0))
    assert house.count("SELECT count(*) FROM sending") == 0
