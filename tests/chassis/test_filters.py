import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.filters import OPERATORS, Comparison, Filter, parse_filter

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}(\.[a-z_][a-z0-9_]{0,8})?", fullmatch=True).filter(
    lambda name: name not in ("AND", "OR", "NOT")
)
LITERALS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
COMPARISONS = st.builds(
    lambda field, operator, literal: Comparison(field=field, operator=operator, literal=literal, quoted=True),
    NAMES,
    st.sampled_from(OPERATORS),
    LITERALS,
)


def plain(given: Filter) -> list[tuple[str, str, str]]:
    return [(each.field, each.operator, each.literal) for each in given.comparisons]


@given(st.lists(COMPARISONS, max_size=4))
def test_whatever_is_written_is_read_back(comparisons: list[Comparison]) -> None:
    written = Filter(tuple(comparisons))
    read = parse_filter(str(written))
    assert plain(read) == plain(written)
    assert str(parse_filter(str(read))) == str(read)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_its_position(text: str) -> None:
    try:
        parse_filter(text)
    except InvalidInput as refused:
        (problem,) = refused.problems
        assert problem.field == "filter"
        position = int(problem.description.removeprefix("at position ").partition(":")[0])
        assert 1 <= position <= len(text) + 1


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", []),
        ("  ", []),
        ("state = ENABLED", [("state", "=", "ENABLED")]),
        ("state=ENABLED AND number>=5", [("state", "=", "ENABLED"), ("number", ">=", "5")]),
        ('title = "a AND b = c"', [("title", "=", "a AND b = c")]),
        (r'title:"say \"hi\" \\"', [("title", ":", r'say "hi" \ '.strip())]),
        ("title = 'single'", [("title", "=", "single")]),
        ("create_time > 2017-01-01T00:00:00+01:00", [("create_time", ">", "2017-01-01T00:00:00+01:00")]),
        ("billing_address.city != Orléans", [("billing_address.city", "!=", "Orléans")]),
        ("consents:tickets_by_email", [("consents", ":", "tickets_by_email")]),
        ("total < -3.50", [("total", "<", "-3.50")]),
        ("title:*", [("title", ":", "*")]),
    ],
)
def test_comparisons_joined_by_and_are_read(text: str, read: list[tuple[str, str, str]]) -> None:
    assert plain(parse_filter(text)) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("state", "at position 6: expected one of <= >= != = < > : after state, found the end"),
        ("= 3", "at position 1: expected a field, found '='"),
        ("state = ", "at position 9: expected a value after =, found the end"),
        ("a = 1 b = 2", "at position 7: expected AND, found 'b'"),
        ("a = 1 OR b = 2", "at position 7: expected AND, found 'OR'"),
        ("NOT a = 1", "at position 1: expected a field, found 'NOT'"),
        ("(a = 1)", "at position 1: expected a field, found '(a'"),
        ("a = 1 AND", "at position 10: a comparison is missing after AND"),
        ('a = "open', "at position 5: a quote is opened and never closed"),
        ("a => 3", "at position 4: expected a value after =, found '>'"),
        ("a = 1\0", "at position 6: holds a NUL character"),
        ('a = "1"AND b = 2', "at position 8: expected AND"),
    ],
)
def test_a_mistake_is_told_with_its_position(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_filter(text)
    assert refused.value.problems[0].description.startswith(said)


def test_a_star_asks_for_presence_only_where_it_is_bare() -> None:
    bare, quoted = parse_filter('a:* AND b:"*"').comparisons
    assert (bare.asks_presence, quoted.asks_presence) == (True, False)
    assert str(parse_filter('b:"*"')) == 'b : "*"'


def test_an_endless_filter_is_refused() -> None:
    with pytest.raises(InvalidInput, match="4000 are allowed"):
        parse_filter("a = 1 AND " * 1000)
