"""Names of produced files."""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.operations.store_files import StoreFiles
from services.scheduler.domain.errors import BadFileName
from services.scheduler.domain.file_names import TAGS, check_file_name, expand_file_name, is_clean

PARIS = ZoneInfo("Europe/Paris")


def test_the_example_of_the_manual() -> None:
    at = datetime(2012, 9, 19, 9, 59, 7, tzinfo=UTC)  # 11:59 in Paris
    assert (
        expand_file_name("test-{y}-{y2}-{m}-{d}-{j}-{h}-{i}.csv", at, PARIS) == "test-2012-12-09-19-Wednesday-11-59.csv"
    )
    assert expand_file_name("{s}", at, PARIS) == "07"


def test_the_date_is_the_one_of_the_zone() -> None:
    at = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)
    assert expand_file_name("{y}-{m}-{d}", at, PARIS) == "2025-01-01"


def test_the_store_is_left_to_whoever_writes_the_files() -> None:
    at = datetime(2024, 1, 2, tzinfo=UTC)
    assert expand_file_name("{d}-{mag x}.csv", at, PARIS) == "02-{mag x}.csv"


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "write a name"),
        ("..", "write a name"),
        (" . ", "write a name"),
        ("a/b.csv", "`/`"),
        ("a\\b.csv", r"`\\`"),
        ("../a.csv", "`/`"),
        ("a:b.csv", "`:`"),
        ("a\nb.csv", "control"),
        ("a\0.csv", "control"),
        ("a\u202egpj.csv", "control"),
        ("{x}.csv", r"`\{x\}` is not a tag"),
        ("{Y}.csv", r"`\{Y\}` is not a tag"),
        ("{mag 1}.csv", r"`\{mag 1\}` is not a tag"),
        ("{y.csv", "stands alone"),
        ("y}.csv", "stands alone"),
        ("CON", "device"),
        ("nul.csv", "device"),
        ("Com1.txt.csv", "device"),
        ("export.csv.", "end with a dot"),
        (" export.csv", "begin or end"),
        ("é" * 126 + ".csv", "256 bytes"),
        ("{j}" * 29, "261 bytes"),
    ],
)
def test_what_could_do_harm_is_refused_when_the_task_is_saved(pattern: str, says: str) -> None:
    with pytest.raises(BadFileName, match=says):
        check_file_name(pattern, splits_by_store=True)


def test_one_file_per_store_is_refused_where_the_type_does_not_split() -> None:
    with pytest.raises(BadFileName, match="one file per store"):
        check_file_name("{mag x}.csv", splits_by_store=False)
    check_file_name("{mag x}.csv", splits_by_store=True)


PATTERNS = st.lists(
    st.one_of(st.sampled_from([*TAGS, "{mag x}", "..", "/", "\\", "con", "."]), st.text(max_size=6)), max_size=8
).map("".join)
CODES = st.one_of(
    st.sampled_from(
        ["a/b", "..", ".", "", " ", "\0", "x" * 300, "CON", "nul.", "a", "A", "é", "e\u0301", "%2F", "{y}"]
    ),
    st.text(max_size=12),
)


@given(PATTERNS, st.lists(CODES, unique=True, max_size=6))
def test_no_store_takes_its_file_out_of_the_spool_or_over_anothers(pattern: str, stores: list[str]) -> None:
    try:
        check_file_name(pattern, splits_by_store=True)
    except BadFileName:
        return
    files = StoreFiles(expand_file_name(pattern, datetime(2024, 1, 2, tzinfo=UTC), PARIS))
    names: list[str] = []
    for store in stores:
        try:
            names.append(files.name(store))
        except InvalidInput:
            continue
    for name in names:
        assert name == name.strip()
        assert not name.endswith(".")
        assert not set(name) & set('/\\<>:"|?*{}')
        assert is_clean(name)
        assert len(name.encode()) <= 255
    assert len({unicodedata.normalize("NFC", name.casefold()) for name in names}) == len(names)


@given(
    st.lists(st.one_of(st.sampled_from([*TAGS, "{mag x}", "..", "/", "\\"]), st.text(max_size=6)), max_size=8).map(
        "".join
    ),
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)
def test_every_name_that_may_be_saved_becomes_one_safe_component(pattern: str, at: datetime) -> None:
    try:
        check_file_name(pattern, splits_by_store=True)
    except BadFileName:
        return
    name = expand_file_name(pattern, at, PARIS).replace("{mag x}", "S" * 32)
    assert name not in ("", ".", "..")
    assert not set(name) & set('/\\<>:"|?*{}')
    assert all(ord(character) >= 32 for character in name)
    assert len(name.encode()) <= 255
