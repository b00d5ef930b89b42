import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.operations.purging import forget
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.errors import SpoolFull
from services.delivery.domain.fetching import FetchedFile
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.storage.fetch_disk import FetchDisk
from services.delivery.storage.fetch_guard import FetchGuard
from services.delivery.storage.fetched_files import FetchedFiles
from services.delivery.storage.purging import purges
from services.delivery.storage.work import DeliveryWork
from tests.conftest import SilentBell
from tests.delivery.fetch_house import KEYRING
from tests.waiting import until

NOON = datetime(2017, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def database(make_database: Callable[[str | None], Database]) -> Database:
    made = make_database("services.delivery.storage.migrations")
    with DeliveryWork(made, SilentBell(), KEYRING) as work:
        for name in ("bank", "shop"):
            work.destinations.add(name, name, ServerPath(folder=f"/{name}"), TransferOptions())
    return made


def fetched(name: str = "a.csv", key: str = "k", content: str = "00", destination: str = "bank") -> FetchedFile:
    return FetchedFile(
        id=uuid4(),
        destination=destination,
        file_name=name,
        source_key=key,
        size_bytes=1 << 40,
        sha256=content,
        modify_time=None,
        seen_time=NOON,
    )


def test_committed_files_are_known_by_key_and_by_content(database: Database) -> None:
    one, two = fetched(key="k1", content="c1"), fetched(key="k2", content="c2", destination="shop")
    with database.begin() as connection:
        FetchedFiles(connection).remember([one, two])
    with database.begin() as connection:
        files = FetchedFiles(connection)
        assert [each.id for each in files.known("bank", ["k1", "k2", "k3"])] == [one.id]
        assert files.committed("bank", ["c1", "c2"]) == {"c1"}
        assert files.known("bank", ["k1"])[0].seen_time == NOON


def test_a_repeat_renews_what_is_known(database: Database) -> None:
    one = fetched()
    with database.begin() as connection:
        files = FetchedFiles(connection)
        files.remember([one, one])
        files.remember([replace(one, source_key="new", seen_time=NOON + timedelta(hours=1))])
        assert files.known("bank", ["k"]) == []
        (known,) = files.known("bank", ["new"])
    assert (known.id, known.seen_time) == (one.id, NOON + timedelta(hours=1))


def test_what_is_still_there_is_written_once_a_day(database: Database) -> None:
    one = fetched()
    with database.begin() as connection:
        FetchedFiles(connection).remember([one])
    seen = []
    for _ in range(2):
        with database.begin() as connection:
            FetchedFiles(connection).renew([one.id])
            seen.append(FetchedFiles(connection).known("bank", ["k"])[0].seen_time)
    assert seen[0] == seen[1] > NOON


def test_what_was_not_seen_for_long_is_forgotten(database: Database) -> None:
    with database.begin() as connection:
        FetchedFiles(connection).remember([fetched(key="old")])
        recent = fetched(key="recent")
        FetchedFiles(connection).remember([recent])
        FetchedFiles(connection).renew([recent.id])
    (purge,) = [
        each for each in purges(history=timedelta(days=90), fetched=timedelta(days=400)) if each.what == "purge.fetched"
    ]
    with database.begin() as connection:
        assert forget(connection, purge) == 1
        assert [each.source_key for each in FetchedFiles(connection).known("bank", ["old", "recent"])] == ["recent"]


def test_one_fetch_of_a_destination_at_a_time(database: Database) -> None:
    guard = FetchGuard(database, timedelta(milliseconds=50))
    with guard("bank") as still_ours, guard("shop"):
        still_ours()
        with pytest.raises(Unavailable, match="destinations/bank"), guard("bank"):
            raise AssertionError("it was had twice")
    with guard("bank"):
        pass


def test_a_limit_for_idle_sessions_does_not_end_a_fetch_that_waits(database: Database) -> None:
    with database.begin() as connection:
        name = connection.execute(sa.text("SELECT current_database()")).scalar_one()
        connection.execute(sa.text(f'ALTER DATABASE "{name}" SET idle_session_timeout = 100'))
    database.engine.dispose()
    with FetchGuard(database, timedelta(seconds=1))("bank") as still_ours:
        time.sleep(0.4)
        still_ours()


def test_a_fetch_that_ends_meanwhile_lets_the_next_in(database: Database) -> None:
    first = FetchGuard(database, timedelta(milliseconds=50))("bank")
    first.__enter__()
    with database.begin() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
    with FetchGuard(database, timedelta(seconds=5))("bank"):
        pass
    first.__exit__(None, None, None)


def test_fetches_take_no_session_from_the_pool(make_database: Callable[[str | None], Database]) -> None:
    made = make_database(None)
    small = Database(made.url, application_name="small", pool_size=1)
    guard = FetchGuard(small, timedelta(seconds=1))
    with guard("a"), guard("b"), small.begin() as connection:
        statement = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'small'"
        assert connection.exec_driver_sql(statement).scalar_one() == 3

    def sessions() -> int:
        with small.begin() as connection:
            count: int = connection.exec_driver_sql(statement).scalar_one()
            return count

    until(lambda: sessions() == 1)  # the server takes a moment to see them end
    small.close()


def test_a_database_that_is_away_is_said(make_database: Callable[[str | None], Database]) -> None:
    made = make_database(None)
    away = Database(made.url.rsplit("/", 1)[0] + "/nowhere", application_name="away")
    with pytest.raises(Unavailable), FetchGuard(away, timedelta(seconds=1))("a"):
        raise AssertionError("it was had")
    away.close()


def test_a_file_on_its_way_bears_no_name_and_reads_again_and_again(tmp_path: Path) -> None:
    content = os.urandom(2_500_000)
    lying = FetchDisk(tmp_path / "TMP").receive(None, [content[:7], content[7:]])
    assert list((tmp_path / "TMP").iterdir()) == []
    assert (tmp_path / "TMP").stat().st_mode & 0o777 == 0o700
    assert (lying.size_bytes, lying.sha256) == (len(content), sha256(content).hexdigest())
    for _ in range(2):
        pieces = list(lying.read())
        assert b"".join(pieces) == content
        assert max(map(len, pieces)) <= 1 << 20
    lying.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError

    disk, before = FetchDisk(tmp_path), open_files()
    with pytest.raises(ZeroDivisionError):
        disk.receive(None, broken())
    assert open_files() == before


def test_room_is_looked_at_before_and_while_a_file_comes(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    before = open_files()
    with pytest.raises(SpoolFull):
        FetchDisk(tmp_path, free_floor=1 << 62).receive(1, [b"x"])
    disk = FetchDisk(tmp_path, free_floor=max(free // 2, 1))
    with pytest.raises(SpoolFull):
        disk.receive(free, [b"x"])
    assert open_files() == before
    disk.receive(1, [b"x"]).close()
