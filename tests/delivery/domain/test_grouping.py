"""Which files go together, how far a file may be resumed, and the names of those that must not replace."""

from itertools import chain, islice

from hypothesis import given
from hypothesis import strategies as st

from chassis.file_names import alike
from services.delivery.domain.file_failures import HashNotVerified, NotVerified
from services.delivery.domain.grouping import first_free, is_big, names_to_try, next_group, resumable, verified
from services.delivery.domain.spool import FileState, SpoolFile, temporary_name
from services.delivery.domain.transfer_options import BYTES_AT_ONCE
from tests.delivery.domain.making import file

FILES = st.builds(
    file,
    st.sampled_from(["a.csv", "A.csv", "b.csv", "c.csv", "d.csv"]),
    state=st.sampled_from([FileState.SEALED, FileState.SENDING, FileState.RENAMING]),
    size_bytes=st.sampled_from([0, 1, BYTES_AT_ONCE // 2, BYTES_AT_ONCE, BYTES_AT_ONCE + 1]),
)


@given(st.lists(FILES, min_size=1, max_size=20), st.integers(1, 8))
def test_groups_take_every_file_in_its_order_within_their_bounds(files: list[SpoolFile], at_once: int) -> None:
    left, taken = files, list[SpoolFile]()
    while left:
        group = next_group(left, at_once)
        assert 1 <= len(group) <= at_once
        assert len({alike(each.file_name) for each in group}) == len(group)
        assert len({each.state is FileState.RENAMING for each in group}) == 1
        if group[0].state is not FileState.RENAMING and len(group) > 1:
            assert sum(each.size_bytes for each in group) <= BYTES_AT_ONCE
        taken += group
        left = left[len(group) :]
    assert taken == files


def test_a_big_file_goes_alone() -> None:
    small, big, other = file("a"), file("b", size_bytes=BYTES_AT_ONCE + 1), file("c")
    assert next_group([small, big, other], 32) == [small]
    assert next_group([big, other], 32) == [big]
    assert (is_big(small), is_big(big)) == (False, True)


def test_what_arrived_is_judged_by_what_the_far_end_says_of_it() -> None:
    sent = file(size_bytes=3, sha256="ab")
    assert verified(sent, 3, None) is None
    assert verified(sent, None, None) is None
    assert verified(sent, 3, "AB") is None
    assert isinstance(verified(sent, 2, "ab"), NotVerified)
    assert isinstance(verified(sent, 3, "cd"), HashNotVerified)
    assert isinstance(verified(sent, None, "cd"), HashNotVerified)


def test_only_what_was_acknowledged_at_this_place_is_gone_on_with() -> None:
    tried = file(size_bytes=100, attempts=4, written=50, written_place="p")
    first, second, third = (temporary_name(tried.id, number) for number in (1, 2, 3))
    assert resumable(tried, "p", {first: 99, second: 50, third: 49}) == second
    assert resumable(tried, "elsewhere", {first: 99}) is None
    assert resumable(tried, "p", {}) is None
    assert resumable(tried, "p", {first: -1}) is None
    assert resumable(file(size_bytes=100, attempts=4, written_place="p"), "p", {first: 99}) is None


def test_names_count_up_and_the_first_free_one_is_taken_whatever_its_case() -> None:
    some = list(islice(chain.from_iterable(names_to_try("sales.csv")), 40))
    assert some[:2] == ["sales (2).csv", "sales (3).csv"]
    assert len(set(some)) == 40
    assert first_free(some, {"sales (2).csv", alike("SALES (3).CSV")}) == "sales (4).csv"
    assert first_free(some[:1], {"sales (2).csv"}) is None


def test_numbered_names_end_some_time_and_are_never_too_long() -> None:
    every = list(chain.from_iterable(names_to_try("é" * 125 + ".csv")))
    assert len(every) == 9_999
    assert max(len(name.encode()) for name in every) <= 255
