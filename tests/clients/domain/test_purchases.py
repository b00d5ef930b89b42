"""Where a client bought last."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clients.domain.purchases import Purchase, favourite_store, plan_linked_stores
from tests.clients.people import purchases

STORES = st.sampled_from(["1", "2", "3"])


@pytest.mark.parametrize(
    ("stores", "favourite"),
    [
        ("1", "1"),
        ("112", "1"),
        ("12", "2"),
        ("1122", "2"),
        ("2211", "1"),
        ("12213", "1"),
        ("1112223334", "3"),
        ("11111111112", "1"),
        ("2222211111111", "1"),
        ("22222222221111111111", "1"),
    ],
)
def test_the_favourite_is_the_most_frequent_of_the_last_ten_and_of_several_the_latest(
    stores: str, favourite: str
) -> None:
    assert favourite_store(purchases(*stores)) == favourite


def test_a_client_without_tickets_has_no_favourite_and_no_place_in_the_plan() -> None:
    assert favourite_store([]) is None
    assert plan_linked_stores({"1": [], "2": purchases("7")}) == {"2": "7"}


@given(st.lists(STORES, min_size=1, max_size=15))
def test_no_store_of_the_last_ten_has_more_tickets_than_the_favourite(stores: list[str]) -> None:
    tickets = purchases(*stores)
    favourite = favourite_store(tickets)
    last = stores[-10:]
    count = Counter(last)
    assert favourite is not None
    assert count[favourite] == max(count.values())
    tied = [store for store in count if count[store] == count[favourite]]
    assert favourite == max(tied, key=lambda store: max(i for i, each in enumerate(last) if each == store))


@given(st.lists(STORES, min_size=1, max_size=15).flatmap(lambda stores: st.permutations(purchases(*stores))))
def test_the_order_in_which_tickets_come_does_not_matter(shuffled: list[Purchase]) -> None:
    in_order = sorted(shuffled, key=lambda each: each.close_time)
    assert favourite_store(shuffled) == favourite_store(in_order)


def test_of_two_tickets_closed_at_one_instant_the_greater_name_is_the_later() -> None:
    first, second = purchases("1")[0], purchases("2")[0]
    assert favourite_store([first, second]) == favourite_store([second, first]) == "2"
