import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import Unavailable
from services.delivery.domain.fetching import FetchedFile
from tests.conftest import SilentBell
from tests.delivery.fetch_house import Consumer, FetchHouse, Gone, Received
from tests.delivery.fetch_process import POINTS, committing

ROOT = Path(__file__).parents[3]
CONTENT = b"a;b\n" * 600_000
#: Points after which the database says that the consumer has it.
RECORDED = ("recorded", "archiving", "cleared", "done")


@pytest.fixture
def house(make_database: Callable[[str | None], Database], bell: SilentBell, tmp_path: Path) -> FetchHouse:
    return FetchHouse(make_database("services.delivery.storage.migrations"), bell, tmp_path)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_any_point_loses_nothing_and_doubles_nothing(house: FetchHouse, point: str) -> None:
    house.put("a.csv", CONTENT)
    house.put("b.csv", b"b")
    os.utime(house.inbox / "a.csv", (1_000_000, 1_000_000))  # goes first
    run = [sys.executable, "-m", "tests.delivery.fetch_process", house.database.url, str(house.root), point]
    died = subprocess.run(run, cwd=ROOT, timeout=60, check=False)
    assert died.returncode == -signal.SIGKILL
    assert list((house.root / "TMP").iterdir()) == [], "what was on its way went with its process"

    received = house.received(committing(house.root))
    assert received.names == (["b.csv"] if point in RECORDED else ["a.csv", "b.csv"])
    committed = (house.root / "committed").read_text().split()
    assert len(set(committed)) == 2, "each file was committed, under one name"
    assert len(committed) == (3 if point == "settling" else 2), (
        "sent again only where nobody knew that it was committed"
    )
    assert house.lying() == []
    archived = {name: content for name, content in house.archived().items() if content}
    assert sorted(archived.values()) == sorted([CONTENT, b"b"])
    taken = {name for name, content in house.archived().items() if not content}
    assert taken == ({"a.csv"} if point == "archiving" else set()), "a name that was taken and not used, at worst"
    assert house.received().names == []


def test_a_consumer_that_goes_in_the_middle_gets_the_file_again(house: FetchHouse) -> None:
    house.put("a.csv", CONTENT)
    parts = house.fetch(house.order(), Consumer())
    first = next(parts)
    assert isinstance(first, FetchedFile)
    assert isinstance(next(parts), bytes)
    parts.close()
    assert list((house.root / "TMP").iterdir()) == []
    assert house.received().headers[0].id == first.id


def test_a_consumer_that_goes_without_a_word_has_committed_nothing(house: FetchHouse) -> None:
    house.put("a.csv")
    consumer = Consumer()

    def commits(file: object) -> bool:
        raise Gone

    consumer.commits = commits
    with pytest.raises(Gone):
        house.received(consumer)
    assert (house.lying(), house.remembered()) == (["a.csv"], {})
    assert house.received().names == ["a.csv"]


def test_a_fetch_that_lost_its_lock_remembers_what_was_committed_and_touches_nothing_more(house: FetchHouse) -> None:
    house.put("a.csv")

    def commits(file: object) -> bool:
        with house.database.begin() as connection:
            ended = connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
            assert ended.scalars().all() == [True]
        return True

    received = Received()
    with pytest.raises(Unavailable, match="ended this fetch's session"):
        house.received(Consumer(commits=commits), into=received)
    assert (received.done, house.lying(), list(house.remembered())) == ([], ["a.csv"], ["a.csv"])
    assert house.received().names == []
    assert house.lying() == []


def test_a_database_that_is_away_when_the_consumer_has_committed_has_the_file_sent_again(house: FetchHouse) -> None:
    house.put("a.csv")

    def commits(file: object) -> bool:
        with house.database.begin() as connection:
            connection.execute(sa.text("ALTER TABLE fetched_file RENAME TO away"))
        return True

    received = Received()
    with pytest.raises(sa.exc.ProgrammingError):
        house.received(Consumer(commits=commits), into=received)
    with house.database.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO fetched_file"))
    assert house.lying() == ["a.csv"]
    assert house.received().headers[0].id == received.headers[0].id
