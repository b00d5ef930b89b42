"""Where the tasks of a file go."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.scheduler.domain.importing import ConflictPolicy, Outcome, Placement, free_title, plan_import

TITLES = st.sampled_from(["a", "a (2)", "a (3)", "b", "x" * 200])


def outcomes(titles: list[str], policy: ConflictPolicy) -> list[tuple[str, str]]:
    return [(each.outcome.value, each.title) for each in plan_import(titles, {"a": [7]}, policy)]


def test_titles_that_exist_are_skipped_renamed_or_replaced() -> None:
    assert outcomes(["a", "b", "b"], ConflictPolicy.SKIP) == [("skipped", "a"), ("created", "b"), ("skipped", "b")]
    assert outcomes(["a", "a", "a (3)"], ConflictPolicy.RENAME) == [
        ("renamed", "a (2)"),
        ("renamed", "a (3)"),
        ("renamed", "a (3) (2)"),
    ]
    assert plan_import(["b", "a"], {"a": [7]}, ConflictPolicy.REPLACE) == [
        Placement(outcome=Outcome.CREATED, title="b"),
        Placement(outcome=Outcome.REPLACED, title="a", task=7),
    ]


def test_what_cannot_be_replaced_is_named_all_of_it() -> None:
    with pytest.raises(InvalidInput) as refused:
        plan_import(["a", "b", "a", "c"], {"a": [7], "c": [8, 9]}, ConflictPolicy.REPLACE)
    assert [problem.field for problem in refused.value.problems] == ["tasks[2].title", "tasks[3].title"]
    assert "tasks/8, tasks/9" in refused.value.problems[1].description


@given(st.lists(TITLES, max_size=12), st.sets(TITLES))
def test_renaming_gives_everybody_a_title_of_their_own(titles: list[str], existing: set[str]) -> None:
    placed = plan_import(titles, {title: [1] for title in existing}, ConflictPolicy.RENAME)
    named = [each.title for each in placed]
    assert len({*named, *existing}) == len(named) + len(existing)
    assert all(len(title) <= 200 for title in named)


def test_a_free_title_takes_the_first_suffix_that_nobody_has() -> None:
    def suffix() -> list[str]:
        return [f" ({n})" for n, _ in zip(count(1), range(5), strict=False)]

    assert free_title("a", suffix(), ["a", "a (1)"]) == "a (2)"
    assert free_title("x" * 200, suffix(), []) == "x" * 196 + " (1)"
