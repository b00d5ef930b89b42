"""What the repositories promise beyond the use cases."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from chassis.database import Database
from chassis.secrets import KeyRing
from services.delivery.domain.destinations import Login, Sftp
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.storage.destinations import Destinations
from services.delivery.storage.spool_folder import SpoolFolder
from tests.delivery.house import House

METHOD = Sftp(
    host="h",
    port=22,
    user_name="u",
    host_key=HostKeyPin("SHA256:" + "A" * 43),
    folder="",
    login=Login(password="geheim", private_key="schlüssel"),
)


def test_secrets_lie_encrypted_and_are_read_with_their_key_only(
    make_database: Callable[[str | None], Database],
) -> None:
    ring, other = (KeyRing([Fernet(Fernet.generate_key())]) for _ in range(2))
    with make_database("services.delivery.storage.migrations").begin() as connection:
        Destinations(connection, ring).add("shop", "Shop", METHOD)
        row = connection.execute(sa.text("SELECT * FROM destination")).one()
        assert not any("geheim" in str(value) or "schlüssel" in str(value) for value in row)
        assert Destinations(connection, ring).get("shop").method == METHOD
        lost = Destinations(connection, other).get("shop").method
        assert isinstance(lost, Sftp)
        assert lost.login.unreadable
        assert (lost.login.password, lost.login.private_key, lost.login.passphrase) == ("", "", None)


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
    with house.work() as work, pytest.raises(sa.exc.NoResultFound):
        work.spool.begin(file.id)


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
