"""What the repositories promise beyond the use cases."""

import threading
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services.delivery.storage.spool_folder import SpoolFolder
from tests.delivery.house import House


def test_twins_that_stage_at_once_leave_one_file(house: House) -> None:
    attempt, staged = uuid4(), []
    threads = [threading.Thread(target=lambda: staged.append(house.stage(b"same", attempt=attempt))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({file.id for file in staged}) == 1
    assert len(staged) == 6
    assert house.on_disk() == [f"UPDATE-7/{staged[0].id}"]


def test_a_file_is_not_moved_from_a_state_that_does_not_lead_there(house: House) -> None:
    file = house.stage()
    for move in ("deliver", "forget_renaming"):
        with house.work() as work, pytest.raises(sa.exc.NoResultFound):
            getattr(work.spool, move)([file.id])
    with house.work() as work, pytest.raises(sa.exc.NoResultFound):
        work.spool.record_renaming({file.id: None}, "p")
    with house.work() as work:
        assert work.spool.begin([file.id]) == []
    assert house.states() == {"sales.csv": "PROVISIONAL"}


def test_a_folder_that_vanishes_while_a_file_begins_is_made_again(house: House) -> None:
    spool = SpoolFolder(house.root / "TMP")
    stop = threading.Event()

    def write_and_remove(task: int) -> None:
        while not stop.is_set():
            file = uuid4()
            spool.write(task, file, [b"x"])
            spool.remove(task, file)

    threads = [threading.Thread(target=write_and_remove, args=(3,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            file = uuid4()
            assert spool.write(3, file, [b"content"]).size_bytes == 7
            assert spool.path(3, file).read_bytes() == b"content"
            spool.remove(3, file)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
