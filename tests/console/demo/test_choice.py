from datetime import date

import pytest

from chassis.errors import InvalidInput
from console.demo.choice import Asked, Chosen, open_dataset, parse_stores


@pytest.mark.parametrize(
    ("text", "codes", "busiest"),
    [
        ("", None, None),
        ("5", None, 5),
        ("356,381", {356, 381}, None),
        ("356,", {356}, None),
        (" 356 , 381 ", {356, 381}, None),
    ],
)
def test_stores_are_codes_with_commas_or_how_many_of_the_busiest(
    text: str, codes: set[int] | None, busiest: int | None
) -> None:
    assert parse_stores(text) == (codes, busiest)


@pytest.mark.parametrize("text", ["all", "1;2", "-1", "0", ",", "1,x"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput, match="--stores"):
        parse_stores(text)


def test_the_busiest_stores_are_those_with_most_lines_in_the_slice() -> None:
    dataset = open_dataset(Asked(days=2, busiest=3))
    whole = open_dataset(Asked(days=2))
    counts = {row[0]: row[1] for row in whole.sales.group_by("store").len().iter_rows()}
    assert dataset.slice.stores is not None
    chosen = {store: counts[store] for store in dataset.slice.stores}
    assert len(chosen) == 3
    assert min(chosen.values()) >= max(count for store, count in counts.items() if store not in chosen)


def test_the_same_question_reads_the_same() -> None:
    assert Asked(days=2, codes=frozenset({2, 1})).text == Asked(days=2, codes=frozenset({1, 2})).text
    assert len({Asked(days=2).text, Asked(days=2, busiest=5).text, Asked(days=2, codes=frozenset({5})).text}) == 3


def test_tickets_closed_after_midnight_and_returns_the_day_after_are_within_the_business_days() -> None:
    chosen = Chosen(
        asked="", first_day=date(2017, 1, 1), last_day=date(2017, 1, 2), lines=0, tickets=0, stores=0, ticket=""
    )
    tickets = list(open_dataset(Asked(days=2)).tickets())
    first, last = chosen.business_days
    assert first <= min(ticket.business_date for ticket in tickets)
    assert max(ticket.business_date for ticket in tickets) <= last
