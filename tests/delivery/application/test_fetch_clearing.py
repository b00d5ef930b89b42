from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from chassis.database import Database
from services.delivery.application.far_ends import Source
from services.delivery.domain.failures import NoPermission
from services.delivery.domain.fetching import AfterCommit, fetched_id
from services.delivery.domain.file_failures import RefusedByServer
from tests.conftest import SilentBell
from tests.delivery.fetch_house import Consumer, FetchHouse, Mailbox, Received, Wrapped, raising

DELETE = AfterCommit.DELETE


@pytest.fixture
def house(make_database: Callable[[str | None], Database], bell: SilentBell, tmp_path: Path) -> FetchHouse:
    return FetchHouse(make_database("services.delivery.storage.migrations"), bell, tmp_path)


def test_twins_in_one_fetch_are_sent_once(house: FetchHouse) -> None:
    house.put("a.csv", b"same")
    house.put("b.csv", b"same")
    received = house.received()
    assert len(received.names) == 1
    assert house.lying() == []
    assert len(house.remembered()) == 2


def test_the_twin_of_a_file_that_was_not_committed_is_sent(house: FetchHouse) -> None:
    house.put("a.csv", b"same")
    house.put("b.csv", b"same")
    assert len(house.received(Consumer(commits=lambda file: False)).names) == 2


@pytest.mark.parametrize("stable", [2, 300])
def test_a_file_that_changes_while_its_consumer_commits_is_not_taken_away(house: FetchHouse, stable: int) -> None:
    path = house.put("a.csv", b"old")

    def commits(file: object) -> bool:
        path.write_bytes(b"new")
        house.clock += 10
        return True

    (done,) = house.received(Consumer(commits=commits), stable=timedelta(seconds=stable)).done
    assert not done.cleared
    assert "changed" in done.message
    assert house.received().contents == {"a.csv": b"new"}


def test_what_is_taken_away_is_not_looked_at_again_a_moment_later(house: FetchHouse) -> None:
    for number in range(40):
        house.put(f"{number}.csv", str(number).encode())
    seen: list[Wrapped] = []

    def watched(source: Source) -> Source:
        seen.append(Wrapped(source))
        return seen[-1]

    house.source = watched
    assert len(house.received().names) == 40
    assert seen[0].looks == 4, "twice to see that they stay, once for each group"


def test_what_could_not_be_taken_away_is_told_and_taken_by_the_next_fetch_without_being_sent(house: FetchHouse) -> None:
    house.put("a.csv")
    refusal = RefusedByServer("a.csv", "busy")
    house.source = lambda source: Wrapped(source, before_clear=raising(refusal))
    (done,) = house.received().done
    assert not done.cleared
    assert "busy" in done.message
    assert "busy" in house.journal()[-1]
    assert house.meter.results == ["committed", "not-cleared"]
    house.source = lambda source: source
    assert house.received().names == []
    assert (house.lying(), list(house.archived())) == ([], ["a.csv"])


def test_a_double_that_cannot_be_taken_away_ends_the_fetch_with_the_reason(house: FetchHouse) -> None:
    house.put("a.csv", b"same")
    house.received()
    house.put("a.csv", b"same")
    house.put("b.csv", b"other")
    house.source = lambda source: Wrapped(
        source, before_clear=lambda name: raising(RefusedByServer(name, "busy"))(name) if name == "a.csv" else None
    )
    received = Received()
    with pytest.raises(RefusedByServer, match="busy"):
        house.received(into=received)
    assert received.names == ["b.csv"], "the others were fetched all the same"


def test_a_far_end_that_takes_nothing_away_any_more_ends_the_fetch(house: FetchHouse) -> None:
    house.put("a.csv", b"same")
    house.received(after_commit=DELETE)
    house.put("a.csv", b"same")
    house.source = lambda source: Wrapped(source, before_clear=raising(NoPermission("a.csv", "read-only")))
    with pytest.raises(NoPermission):
        house.received(after_commit=DELETE)
    assert house.lying() == ["a.csv"]


def test_a_file_that_cannot_be_read_does_not_stop_the_others_and_is_told_at_the_end(house: FetchHouse) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        house.put(name, name.encode())
    house.source = lambda source: Wrapped(
        source,
        before_read=lambda offered: raising(RefusedByServer("b.csv", "locked"))(0) if offered.name == "b.csv" else None,
    )
    received = Received()
    with pytest.raises(RefusedByServer, match="locked"):
        house.received(into=received)
    assert sorted(received.names) == ["a.csv", "c.csv"]
    assert house.lying() == ["b.csv"]
    assert "failed" in house.meter.results


def test_a_file_that_goes_before_it_is_read_is_nobodys_failure(house: FetchHouse) -> None:
    path = house.put("a.csv")
    house.source = lambda source: Wrapped(source, before_read=lambda offered: path.unlink())
    assert house.received().names == []
    assert house.journal() == []


def test_a_message_goes_once_all_its_attachments_are_committed(house: FetchHouse) -> None:
    box = Mailbox({"1": {"a.csv": b"1", "b.csv": b"2", "note.txt": b"3"}, "2": {"c.csv": b"4"}})
    house.source = lambda source: box
    bad = fetched_id("partner", "b.csv", sha256(b"2").hexdigest())
    received = house.received(Consumer(commits=lambda file: file != bad), pattern="*.csv")
    assert (received.names, box.archived) == (["a.csv", "b.csv", "c.csv"], {"2": "archive"})
    assert [each.cleared for each in received.done] == [False, False, True]
    again = house.received(pattern="*.csv")
    assert (again.names, [each.cleared for each in again.done]) == (["b.csv"], [True])
    assert (box.archived, box.reads.count("a.csv")) == ({"2": "archive", "1": "archive"}, 1)


def test_messages_are_whole_and_not_waited_for(house: FetchHouse) -> None:
    consumer = Consumer()
    house.source = lambda source: Mailbox({"1": {"a.csv": b"1"}})
    assert house.received(consumer).names == ["a.csv"]
    assert consumer.rests == []


def test_a_message_whose_attachment_has_a_bad_name_stays(house: FetchHouse) -> None:
    box = Mailbox({"1": {"a.csv": b"1", "x/../b.csv": b"2"}})
    house.source = lambda source: box
    assert house.received().names == ["a.csv"]
    assert list(box.messages) == ["1"]
