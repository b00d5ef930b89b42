"""What IMAP answers are made of (RFC 3501 4): words, strings, NIL, and lists of them."""

import re
from collections.abc import Iterator, Sequence

Value = bytes | None | list["Value"]  #: NIL is None

LONGEST_NUMBER = 20  #: digits; the largest of IMAP has 64 bits

_TOKEN = re.compile(
    rb" *(?:(?P<open>\()|(?P<close>\))"
    rb'|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    rb"|~?\{(?P<literal>\d+)\}"
    rb"|(?P<atom>(?:\[[^\]]*\]|[^ ()\"\[])+))",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


class Malformed(Exception):
    """An answer that cannot be read."""


def values_of(line: bytes, literals: Sequence[bytes]) -> list[Value]:
    """The values of an answer; a literal stands in the line as its length in braces.

    Lists may lie in each other as deep as the server likes: nothing here calls itself.
    """
    waiting = iter(literals)
    top: list[Value] = []
    open_lists = [top]
    place, end = 0, len(line.rstrip(b" "))
    while place < end:
        token = _TOKEN.match(line, place)
        if token is None:
            raise Malformed("an answer cannot be read")
        place = token.end()
        if token["open"]:
            inner: list[Value] = []
            open_lists[-1].append(inner)
            open_lists.append(inner)
        elif token["close"]:
            open_lists.pop()
            if not open_lists:
                raise Malformed("a list ends that never began")
        else:
            open_lists[-1].append(_simple(token, waiting))
    if len(open_lists) > 1:
        raise Malformed("a list does not end")
    return top


def _simple(token: re.Match[bytes], literals: Iterator[bytes]) -> Value:
    if token["literal"] is not None:
        literal = next(literals, None)
        if literal is None:
            raise Malformed("a literal is announced that did not come")
        return literal
    if token["quoted"] is not None:
        return _ESCAPED.sub(rb"\1", token["quoted"])
    atom: bytes = token["atom"]
    return None if atom.upper() == b"NIL" else atom


def pairs(values: Value) -> dict[str, Value]:
    """A list of names and values, as FETCH answers it; names in upper case."""
    if not isinstance(values, list) or len(values) % 2:
        raise Malformed("names and values do not pair")
    return {text(name).upper(): value for name, value in zip(values[::2], values[1::2], strict=True)}


def text(value: Value) -> str:
    """A word or string as text; NIL is empty."""
    if isinstance(value, list):
        raise Malformed("a list where a word belongs")
    return "" if value is None else value.decode("utf-8", "replace")


def number(value: Value) -> int:
    """A word that is a number."""
    digits = text(value)
    if not digits.isdecimal() or len(digits) > LONGEST_NUMBER:
        raise Malformed(f"{digits[:20]!r} is no number")
    return int(digits)
