import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.errors import InvalidInput, LimitReached, Unavailable, UnknownResource
from services.delivery.domain.destinations import Email, Imap, Security, Trust
from services.delivery.domain.errors import SpoolFull
from services.delivery.domain.failures import ConnectionRefused, FolderMissing
from services.delivery.domain.fetching import AfterCommit, FetchedFile, fetched_id
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.storage.fetch_disk import FetchDisk
from services.delivery.wiring import FETCHING_AT_ONCE
from tests.conftest import SilentBell
from tests.delivery.fetch_house import Consumer, FetchHouse, Wrapped, raising

LEAVE, DELETE = AfterCommit.LEAVE, AfterCommit.DELETE


@pytest.fixture
def house(make_database: Callable[[str | None], Database], bell: SilentBell, tmp_path: Path) -> FetchHouse:
    return FetchHouse(make_database("services.delivery.storage.migrations"), bell, tmp_path)


def test_a_committed_file_is_archived_remembered_and_in_the_journal(house: FetchHouse) -> None:
    house.put("orders.csv", b"x" * 3_000_000)
    received = house.received()
    content = sha256(b"x" * 3_000_000).hexdigest()
    assert received.contents == {"orders.csv": b"x" * 3_000_000}
    assert received.headers[0].id == fetched_id("partner", "orders.csv", content)
    assert [(each.file, each.cleared, each.message) for each in received.done] == [(received.headers[0].id, True, "")]
    assert (house.lying(), list(house.archived())) == ([], ["orders.csv"])
    assert house.remembered() == {"orders.csv": content}
    (line,) = house.journal()
    assert "orders.csv" in line
    assert "destinations/partner" in line
    assert "3000000" in line
    assert content in line
    assert house.meter.results == ["committed"]
    assert list((house.root / "TMP").iterdir()) == []


def test_deleted_where_asked_and_left_where_asked(house: FetchHouse) -> None:
    house.put("a.csv", b"1")
    assert house.received(after_commit=DELETE).done[0].cleared
    assert house.lying() == []
    house.put("b.csv", b"2")
    assert house.received(after_commit=LEAVE).done[0].cleared
    assert house.lying() == ["b.csv"]
    assert not house.archive.exists()


def test_what_is_not_committed_stays_and_comes_again_under_the_same_id(house: FetchHouse) -> None:
    house.put("a.csv")
    refused = house.received(Consumer(commits=lambda file: False))
    assert [(each.cleared, bool(each.message)) for each in refused.done] == [(False, True)]
    assert (house.lying(), house.remembered(), house.meter.results) == (["a.csv"], {}, ["kept"])
    assert house.received().headers[0].id == refused.headers[0].id
    assert house.lying() == []


def test_one_file_that_is_not_committed_does_not_stop_the_next(house: FetchHouse) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        house.put(name, name.encode())
    bad = fetched_id("partner", "b.csv", sha256(b"b.csv").hexdigest())
    received = house.received(Consumer(commits=lambda file: file != bad))
    assert (sorted(received.names), house.lying()) == (["a.csv", "b.csv", "c.csv"], ["b.csv"])


def test_a_left_file_is_not_sent_again_until_it_changes(house: FetchHouse) -> None:
    path = house.put("a.csv", b"1")
    assert house.received(after_commit=LEAVE).names == ["a.csv"]
    assert house.received(after_commit=LEAVE).names == []
    path.write_bytes(b"2")  # as long as it was
    assert house.received(after_commit=LEAVE).contents == {"a.csv": b"2"}


def test_a_left_file_that_is_long_known_is_not_even_read_nor_waited_for(house: FetchHouse) -> None:
    path = house.put("a.csv")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    house.received(after_commit=LEAVE)
    house.source = lambda source: Wrapped(source, before_read=raising(AssertionError("it was read")))
    consumer = Consumer()
    assert house.received(consumer, after_commit=LEAVE).names == []
    assert consumer.rests == []


def test_content_that_was_committed_before_is_not_sent_again_and_taken_away(house: FetchHouse) -> None:
    house.put("monday.csv", b"same")
    house.received()
    house.put("tuesday.csv", b"same")
    assert house.received().names == []
    assert (house.lying(), sorted(house.archived())) == ([], ["monday.csv", "tuesday.csv"])
    assert house.meter.results == ["committed", "double"]
    assert "tuesday.csv" in house.journal()[-1]


def test_the_same_content_from_another_destination_is_another_file(house: FetchHouse) -> None:
    house.put("a.csv", b"same")
    first = house.received()
    with house.work() as work:
        method = work.destinations.get("partner").method
        work.destinations.add("other", "Other", method, TransferOptions())
    house.put("a.csv", b"same")
    second = house.received(destination="other")
    assert second.names == ["a.csv"]
    assert second.headers[0].id != first.headers[0].id


def test_a_destination_that_gets_the_id_of_a_deleted_one_has_fetched_nothing(house: FetchHouse) -> None:
    house.put("a.csv")
    house.received()
    with house.work() as work:
        method = work.destinations.get("partner").method
        work.destinations.delete("partner")
    with house.work() as work:
        work.destinations.add("partner", "Another", method, TransferOptions())
    house.put("a.csv")
    assert house.received().names == ["a.csv"]


def test_only_names_of_the_pattern_are_taken_and_temporaries_never(house: FetchHouse) -> None:
    for name in ("a.csv", "A.CSV", "a.txt", ".hidden.csv", ".backroom-1-1.part"):
        house.put(name, name.encode())
    (house.inbox / "folder.csv").mkdir()
    (house.inbox / "link.csv").symlink_to(house.inbox / "a.txt")
    assert house.received(pattern="*.csv", after_commit=LEAVE).names == ["a.csv"]
    assert house.received(pattern=".*", after_commit=LEAVE).names == [".hidden.csv"]


def test_a_name_that_no_file_may_have_is_passed_over_and_said(house: FetchHouse) -> None:
    house.put("evil\nname.csv")
    house.put("good.csv", b"1")
    assert house.received().names == ["good.csv"]
    assert house.lying() == ["evil\nname.csv"]
    assert any(r"evil\nname.csv" in line for line in house.journal())


def test_a_file_that_still_grows_waits_for_the_next_fetch(house: FetchHouse) -> None:
    path = house.put("a.csv", b"half")
    house.put("b.csv", b"whole")
    consumer = Consumer(while_resting=lambda: path.write_bytes(b"half and half"))
    assert house.received(consumer, stable=timedelta(seconds=7)).names == ["b.csv"]
    assert consumer.rests == [timedelta(seconds=7)]
    assert house.received().contents == {"a.csv": b"half and half"}


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_fetch(house: FetchHouse) -> None:
    path = house.put("a.csv", b"old")
    house.source = lambda source: Wrapped(source, before_read=lambda offered: path.write_bytes(b"new"))
    assert house.received().names == []
    assert (house.lying(), house.remembered()) == (["a.csv"], {})


def test_no_more_than_asked_for_are_sent(house: FetchHouse) -> None:
    for number in range(5):
        house.put(f"{number}.csv", str(number).encode())
    assert [len(house.received(most=2).names) for _ in range(4)] == [2, 2, 1, 0]


def test_the_oldest_go_first(house: FetchHouse) -> None:
    for name, seconds in (("a", 300), ("b", 100), ("c", 200)):
        os.utime(house.put(name, name.encode()), (seconds, seconds))
    assert house.received().names == ["b", "c", "a"]


def test_a_fetch_begins_only_where_no_other_is_at_work_there(house: FetchHouse) -> None:
    house.put("a.csv")
    with closing(house.fetch(house.order(), Consumer())) as first:
        assert isinstance(next(first), FetchedFile)
        with pytest.raises(Unavailable, match="being fetched from by another call"):
            house.received()
    assert house.received().names == ["a.csv"]


def test_a_process_has_so_many_fetches_at_once(house: FetchHouse) -> None:
    for number in range(FETCHING_AT_ONCE):
        house.put(f"{number}.csv", str(number).encode())
        with house.work() as work:
            method = work.destinations.get("partner").method
            work.destinations.add(f"d{number}", "D", method, TransferOptions())
    running = [house.fetch(house.order(destination=f"d{number}"), Consumer()) for number in range(FETCHING_AT_ONCE)]
    for each in running:
        next(each)
    with pytest.raises(LimitReached):
        house.received()
    running[0].close()
    assert len(house.received().names) == FETCHING_AT_ONCE
    for each in running:
        each.close()


def test_no_transaction_is_open_while_the_consumer_is_waited_for(house: FetchHouse) -> None:
    house.put("a.csv")
    open_ones: list[int] = []

    def commits(file: object) -> bool:
        with house.database.begin() as connection:
            statement = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            open_ones.append(connection.exec_driver_sql(statement).scalar_one())
        return True

    house.received(Consumer(commits=commits))
    assert open_ones == [0]


def test_a_full_disk_is_said_and_nothing_is_taken(house: FetchHouse) -> None:
    house.put("a.csv")
    house.fetch = replace(house.fetch, disk=FetchDisk(house.root / "TMP", free_floor=1 << 60))
    with pytest.raises(SpoolFull):
        house.received()
    assert house.lying() == ["a.csv"]


def test_e_mail_gives_nothing_and_what_is_unknown_is_named(house: FetchHouse) -> None:
    with house.work() as work:
        email = Email(recipients=("a@example.com",), subject="s", server=None)
        work.destinations.add("post", "Post", email, TransferOptions())
    with pytest.raises(InvalidInput, match=r"begin\.destination"):
        house.received(destination="post")
    with pytest.raises(UnknownResource):
        house.received(destination="nowhere")


@pytest.mark.parametrize(
    ("folder", "archive"), [("archive", "archive"), ("", "inbox"), ("/Inbox/a", "INBOX/a"), ("a//b/", "a/b")]
)
def test_nothing_is_archived_into_the_mailbox_it_comes_from(house: FetchHouse, folder: str, archive: str) -> None:
    """It would be a new message there, to be fetched again."""
    box = Imap(
        host="127.0.0.1",
        port=1,
        user_name="x",
        security=Security.NONE,
        trust=Trust(),
        folder=folder,
        login=Login(password="x"),
    )
    with house.work() as work:
        work.destinations.add("box", "Box", box, TransferOptions())
    with pytest.raises(InvalidInput, match=r"begin\.archive_folder"):
        house.received(destination="box", archive_folder=archive)
    for allowed in ({"archive_folder": "other"}, {"archive_folder": archive, "after_commit": AfterCommit.LEAVE}):
        with pytest.raises(ConnectionRefused):
            house.received(destination="box", **allowed)


def test_a_missing_folder_is_said(house: FetchHouse) -> None:
    house.inbox.rmdir()
    with pytest.raises(FolderMissing):
        house.received()
