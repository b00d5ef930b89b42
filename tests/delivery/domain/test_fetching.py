from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.delivery.domain.fetching import (
    BYTES_TOGETHER,
    MOST_TOGETHER,
    AfterCommit,
    Remembered,
    Waiting,
    archive_folder_problem,
    choose,
    fetched_id,
    is_believed,
    matches,
    together,
    unchanged,
)

NOON = datetime(2017, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class File:
    name: str = "a.csv"
    key: str = "k"
    container: str = "a.csv"
    size_bytes: int | None = 4
    modify_time: datetime | None = NOON


@pytest.mark.parametrize(
    ("name", "pattern", "taken"),
    [
        ("a.csv", "", True),
        ("a.csv", "*.csv", True),
        ("A.CSV", "*.csv", False),
        ("a.csv.tmp", "*.csv", False),
        ("a1.csv", "a[0-9].csv", True),
        (".hidden.csv", "*.csv", False),
        (".hidden.csv", "", False),
        (".hidden.csv", ".*", True),
        (".backroom-7-1.part", ".*", False),
        ("a\nb", "a*b", True),
    ],
)
def test_a_name_is_asked_for_as_a_shell_would_say(name: str, pattern: str, taken: bool) -> None:
    assert matches(name, pattern) is taken


def test_the_oldest_come_first_and_bad_names_apart() -> None:
    files = [
        File(name="new", modify_time=NOON),
        File(name="old", modify_time=NOON - timedelta(days=1)),
        File(name="timeless", modify_time=None),
        File(name="bad\x07name"),
    ]
    chosen = choose(files, "")
    assert [each.name for each in chosen.files] == ["timeless", "old", "new"]
    assert [each.name for each in chosen.misnamed] == ["bad\x07name"]


@pytest.mark.parametrize(
    "now", [File(size_bytes=5), File(modify_time=NOON + timedelta(seconds=1)), File(key="other"), File(name="b.csv")]
)
def test_what_changed_is_not_what_it_was(now: File) -> None:
    assert unchanged([File()], [now]) == []
    assert unchanged([File()], [File(), now]) == [File()]


def test_the_id_is_of_destination_name_and_content() -> None:
    one = fetched_id("bank", "a.csv", "00")
    assert one == fetched_id("bank", "a.csv", "00")
    assert one == UUID("00000000-0000-0000-0000-000000000000") or one.version == 5
    assert len({one, fetched_id("shop", "a.csv", "00"), fetched_id("bank", "b.csv", "00")}) == 3
    assert fetched_id("bank", "a.csv", "01") != one


def known(seen_after: timedelta) -> Remembered:
    return Remembered(id=uuid4(), source_key="k", seen_time=NOON + seen_after)


@pytest.mark.parametrize(
    ("settles", "after_commit", "seen_after", "believed"),
    [
        (True, AfterCommit.LEAVE, timedelta(minutes=3), True),
        (True, AfterCommit.LEAVE, timedelta(seconds=50), False),  # written twice within a minute, it looks the same
        (True, AfterCommit.DELETE, timedelta(days=3), False),
        (True, AfterCommit.ARCHIVE, timedelta(days=3), False),
        (False, AfterCommit.DELETE, timedelta(0), True),
        (False, AfterCommit.LEAVE, timedelta(0), True),
    ],
)
def test_a_key_is_believed_only_where_it_can_stand_for_nothing_else(
    settles: bool, after_commit: AfterCommit, seen_after: timedelta, believed: bool
) -> None:
    assert is_believed(known(seen_after), File(), settles=settles, after_commit=after_commit) is believed


def test_without_a_time_no_key_of_a_changing_source_is_believed() -> None:
    timeless = File(modify_time=None)
    assert not is_believed(known(timedelta(days=9)), timeless, settles=True, after_commit=AfterCommit.LEAVE)


def test_files_come_together_as_long_as_there_is_room() -> None:
    small = [File(name=str(number)) for number in range(100)]
    assert len(together(small, 1000)) == MOST_TOGETHER
    assert len(together(small, 3)) == 3
    half = replace(File(), size_bytes=BYTES_TOGETHER // 2)
    assert len(together([half, half, half], 1000)) == 2
    huge = replace(File(), size_bytes=BYTES_TOGETHER * 10)
    assert together([huge, File()], 1000) == [huge]
    assert together([File(), huge, File()], 1000) == [File()]
    unknown = replace(File(), size_bytes=None)
    assert together([unknown, unknown], 1000) == [unknown]
    assert together([], 1000) == []


@pytest.mark.parametrize("folder", ["done", "done/2017", "Été & Co"])
def test_a_folder_below_may_hold_what_was_committed(folder: str) -> None:
    assert archive_folder_problem(folder) is None


@pytest.mark.parametrize("folder", ["/done", "..", "a/../b", "a//b", "a/", "a\nb", ".", "a\\b", "x" * 300])
def test_any_other_folder_is_refused(folder: str) -> None:
    assert archive_folder_problem(folder)


def test_a_container_is_done_with_its_last_file() -> None:
    one, two = File(name="1", key="1", container="m"), File(name="2", key="2", container="m")
    waiting = Waiting(choose([one, two], ""))
    assert not waiting.settle(one)
    assert not waiting.settle(one)
    assert waiting.settle(two)
    assert waiting.settle(two)
