"""What IMAP answers are made of."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.gateways.imap.lines import Literal, parsed_status, string
from services.delivery.gateways.imap.values import Malformed, Value, values_of

SCALARS = st.none() | st.binary(min_size=1)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


def written(value: Value) -> tuple[bytes, list[bytes]]:
    """A value as a server might write it."""
    if value is None:
        return b"NIL", []
    if isinstance(value, list):
        parts = [written(each) for each in value]
        return b"(" + b" ".join(line for line, _ in parts) + b")", [each for _, some in parts for each in some]
    if len(value) % 2 or any(sign in value for sign in b"\r\n\0"):
        return b"{%d}" % len(value), [value]
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"', []


@given(st.lists(VALUES, max_size=4))
def test_what_was_written_is_read(values: list[Value]) -> None:
    parts = [written(value) for value in values]
    line = b" ".join(line for line, _ in parts)
    assert values_of(line, [each for _, some in parts for each in some]) == values


@given(st.binary(), st.lists(st.binary(), max_size=2))
def test_whatever_comes_is_read_or_refused(line: bytes, literals: list[bytes]) -> None:
    with suppress(Malformed):
        assert isinstance(values_of(line, literals), list)


def test_a_literal_that_did_not_come_is_missed() -> None:
    with pytest.raises(Malformed, match="did not come"):
        values_of(b"{3} {3}", [b"abc"])


def test_words_of_sections_stay_whole() -> None:
    line = rb'(BODY[HEADER.FIELDS ("A" B)]<0> x BODY[1] {2} FLAGS (\Seen \*))'
    assert values_of(line, [b"yz"]) == [
        [b'BODY[HEADER.FIELDS ("A" B)]<0>', b"x", b"BODY[1]", b"yz", b"FLAGS", [rb"\Seen", rb"\*"]]
    ]


def test_lists_may_be_deep_without_end() -> None:
    deep = 200_000
    assert len(values_of(b"(" * deep + b")" * deep, [])) == 1
    with pytest.raises(Malformed, match="does not end"):
        values_of(b"(" * deep, [])


@pytest.mark.parametrize("content", ["é", "a\r\nb", "a\0", "x" * 1001])
def test_what_cannot_be_quoted_goes_as_a_literal(content: str) -> None:
    assert string(content) == Literal(size_bytes=len(content.encode()), chunks=[content.encode()])


def test_quotes_and_backslashes_are_escaped() -> None:
    assert string('a"b\\c') == rb'"a\"b\\c"'


@pytest.mark.parametrize(
    ("rest", "code", "arguments", "text"),
    [
        ("[APPENDUID 7 42] done", "APPENDUID", "7 42", "done"),
        ("[trycreate] no such folder", "TRYCREATE", "", "no such folder"),
        ("done [really]", "", "", "done [really]"),
        ("[PERMANENTFLAGS (\\Seen)]", "PERMANENTFLAGS", "(\\Seen)", ""),
    ],
)
def test_a_code_is_told_from_words(rest: str, code: str, arguments: str, text: str) -> None:
    status = parsed_status("OK", rest)
    assert (status.code, status.arguments, status.text) == (code, arguments, text)


def test_words_for_people_hold_no_controls_and_are_short() -> None:
    status = parsed_status("NO", "[LIMIT] too\x1b[31m\r\n  much " + "x" * 500)
    assert status.words.startswith("[LIMIT] too[31m much x")
    assert len(status.words) == 200
