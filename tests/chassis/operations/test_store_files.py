"""Names of files made one a store."""

import pytest

from chassis.errors import InvalidInput
from chassis.operations.store_files import StoreFiles


@pytest.mark.parametrize(
    ("store", "name"),
    [
        ("1", "v-1.csv"),
        ("Été 7", "v-Été 7.csv"),
        ("a/b", "v-a%2Fb.csv"),
        ("a%2Fb", "v-a%252Fb.csv"),
        ("..", "v-%2E%2E.csv"),
        ("../x", "v-%2E%2E%2Fx.csv"),
        (" 1. ", "v-%201%2E%20.csv"),
        ("1\0", "v-1%00.csv"),
        ("1\u202e2", "v-1%E2%80%AE2.csv"),
        ("{y}", "v-%7By%7D.csv"),
    ],
)
def test_signs_that_may_not_stand_in_a_name_are_written_otherwise(store: str, name: str) -> None:
    assert StoreFiles("v-{mag x}.csv").name(store) == name


@pytest.mark.parametrize(
    ("pattern", "store", "says"),
    [
        ("{mag x}", "", "leaves no name"),
        ("v.{mag x}", "", "leaves no name"),
        ("{mag x}.csv", "nul", "device"),
        ("com{mag x}", "1", "device"),
        ("v-{mag x}.csv", "x" * 300, "more than 255 bytes"),
    ],
)
def test_a_store_that_makes_no_name_is_named(pattern: str, store: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        StoreFiles(pattern).name(store)


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("é", "e\u0301"), ("ß", "SS")])
def test_two_stores_whose_files_would_be_taken_for_one_are_refused(one: str, other: str) -> None:
    files = StoreFiles("v-{mag x}.csv")
    assert files.name(one) == files.name(one)
    with pytest.raises(InvalidInput, match="would both be"):
        files.name(other)


def test_where_no_store_is_asked_for_there_is_one_file() -> None:
    files = StoreFiles("ventes.csv")
    assert files.name("") == "ventes.csv"
    with pytest.raises(InvalidInput):
        files.name("2")
