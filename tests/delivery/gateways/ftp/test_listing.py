"""Listings as servers write them."""

from datetime import UTC, datetime

import pytest

from services.delivery.gateways.ftp.listing import listed_entry, moment, told_entry


@pytest.mark.parametrize(
    ("line", "name", "size"),
    [
        ("-rw-r--r--    1 1000     1000         1234 Nov 22 00:31 sales.csv", "sales.csv", 1234),
        ("-rw-r--r--   1 owner    group            0 Jan  3  2025  begins with a blank", " begins with a blank", 0),
        ("-rw-r--r--+  1 Domain Users  staff  99999999999 Jan  3  2025 two  words", "two  words", 99999999999),
        ("-rwxr-xr-x 1 a b 12 2026-11-22 00:31 iso.csv", "iso.csv", 12),
        ("-rw-r--r--    1 ftp ftp           7 Feb 29 12:00 Jan  3  2025 x", "Jan  3  2025 x", 7),
        ("11-22-26  03:25PM                 1024 l'été.csv", "l'été.csv", 1024),
        ("11-22-2026  15:25                 1024 a b.csv", "a b.csv", 1024),
    ],
)
def test_a_regular_file_is_read_from_a_listing(line: str, name: str, size: int) -> None:
    entry = listed_entry(line)
    assert entry is not None
    assert (entry.name, entry.size_bytes, entry.time) == (name, size, None)


@pytest.mark.parametrize(
    "line",
    [
        "total 12",
        "drwxr-xr-x    2 1000     1000         4096 Nov 22 00:31 folder",
        "lrwxrwxrwx    1 1000     1000            5 Nov 22 00:31 link -> sales.csv",
        "prw-r--r--    1 1000     1000            0 Nov 22 00:31 pipe",
        "11-22-26  03:25PM       <DIR>          folder",
        "-rw-r--r--    1 1000     1000         1234 22. Nov 00:31 sales.csv",
        "sales.csv",
        f"-rw-r--r-- 1 a b {'9' * 5000} Nov 22 00:31 sales.csv",
        f"-rw-r--r-- 1{' ' * 100_000}x",
        f"-rw-r--r-- 1 {'1  ' * 30_000}x",
    ],
)
def test_what_is_no_file_or_not_certain_to_be_one_is_left_out(line: str) -> None:
    assert listed_entry(line) is None


def test_a_file_that_grows_old_keeps_its_stamp() -> None:
    young = listed_entry("-rw-r--r--    1 1000     1000         1234 Nov 22 00:31 sales.csv")
    old = listed_entry("-rw-r--r--    1 1000     1000         1234 Nov 22  2026 sales.csv")
    assert young == old


@pytest.mark.parametrize(
    ("line", "size", "time"),
    [
        ("type=file;size=12;modify=20260301043015; a b", 12, datetime(2026, 3, 1, 4, 30, 15, tzinfo=UTC)),
        ("Type=FILE;Size=12;Modify=20260301043015.123; a b", 12, datetime(2026, 3, 1, 4, 30, 15, tzinfo=UTC)),
        ("modify=20261301043015;type=file;unique=8g1; a b", None, None),
        (f"type=file;size={'9' * 5000};modify=2026\0; a b", None, None),
    ],
)
def test_facts_of_a_file_are_read(line: str, size: int | None, time: datetime | None) -> None:
    entry = told_entry(line)
    assert entry is not None
    assert (entry.name, entry.size_bytes, entry.time) == ("a b", size, time)


@pytest.mark.parametrize("kind", ["dir", "cdir", "pdir", "OS.unix=symlink", "OS.unix=slink:/a"])
def test_facts_of_anything_else_are_left_out(kind: str) -> None:
    assert told_entry(f"type={kind};size=12; a") is None


def test_a_stamp_can_be_stored_whatever_the_server_says() -> None:
    entry = told_entry(f"type=file;unique=\0\udce9{'x' * 5000}; a")
    assert entry is not None
    assert entry.stamp == "/" + "x" * 99


def test_what_is_no_moment_is_none() -> None:
    assert moment("yesterday") is None
