"""What a client agreed to: the last word counts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clients.domain.consent import OPTIONS, Consent, is_option, last_words
from tests.clients.people import SAID, consent

DAY = timedelta(days=1)

WORDS = st.builds(
    lambda granted, day, option: consent(granted, SAID + day * DAY, option),
    st.booleans(),
    st.integers(0, 4),
    st.sampled_from(["sms", "email"]),
)


def test_an_old_proof_does_not_bring_back_what_was_withdrawn_since() -> None:
    withdrawn = consent(granted=False, when=SAID + DAY)
    assert last_words([withdrawn, consent()]) == {"tickets_by_email": withdrawn}


def test_a_new_proof_does() -> None:
    given_again = consent(when=SAID + DAY)
    assert last_words([consent(granted=False), given_again]) == {"tickets_by_email": given_again}


def test_of_two_words_at_one_instant_the_withdrawal_counts() -> None:
    withdrawn = consent(granted=False)
    assert last_words([consent(), withdrawn]) == last_words([withdrawn, consent()])
    assert last_words([consent(), withdrawn]) == {"tickets_by_email": withdrawn}


@given(st.lists(WORDS, max_size=8).flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))))
def test_the_order_in_which_words_become_known_does_not_matter(pair: tuple[list[Consent], list[Consent]]) -> None:
    words, shuffled = pair
    assert last_words(words) == last_words(shuffled)


@pytest.mark.parametrize("option", [*OPTIONS, "rugby-email", "club_2017", "x"])
def test_the_five_options_and_custom_ones_are_options(option: str) -> None:
    assert is_option(option)


@pytest.mark.parametrize("option", ["", "Rugby", "rugby email", "-x", "x-", "x--y", "é", "a" * 64])
def test_other_texts_are_not(option: str) -> None:
    assert not is_option(option)
