import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.domain.file_names import LONGEST_NAME, file_name_problem


@pytest.mark.parametrize("name", ["a", "test-2012-12-09-Wednesday.csv", "été.csv", "...", " a", "x" * LONGEST_NAME])
def test_one_printable_component_may_be_a_name(name: str) -> None:
    assert file_name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a\0b",
        "a\rb",
        "a\nb",
        "a\x1bb",
        "a\x7fb",
        "é" * 128,
        "\ud800",
        "a\u2028b",
        "a\u202efdp.exe",
        "a\u2066b",
    ],
)
def test_anything_else_is_refused_with_what_to_do(name: str) -> None:
    assert file_name_problem(name)


@given(st.text(max_size=300))
def test_a_name_that_passes_is_exactly_one_component_of_a_path(name: str) -> None:
    if file_name_problem(name) is None:
        assert name not in {"", ".", ".."}
        assert not set(name) & set("/\\\0\r\n")
        assert len(name.encode()) <= LONGEST_NAME
