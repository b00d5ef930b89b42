"""The filter language of lists, the part of AIP-160 that we speak: comparisons joined by AND."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput

MAX_LENGTH = 4000  #: characters
OPERATORS = ("<=", ">=", "!=", "=", "<", ">", ":")

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_OPERATOR = re.compile("|".join(re.escape(operator) for operator in OPERATORS))
_BARE = re.compile(r"""[^\s()"'=<>!]+""")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`field operator literal`."""

    field: str
    operator: str  #: one of OPERATORS
    literal: str  #: without quotes
    quoted: bool = False  #: a quoted `*` is a star, a bare one after `:` means "has a value"
    position: int = 1  #: of the field in the filter, from 1
    literal_position: int = 1

    @property
    def asks_presence(self) -> bool:
        """True for `field:*`."""
        return self.operator == ":" and self.literal == "*" and not self.quoted


@dataclass(frozen=True, slots=True)
class Filter:
    """Comparisons that must all hold; none means everything."""

    comparisons: tuple[Comparison, ...] = ()

    def __str__(self) -> str:
        return " AND ".join(f"{each.field} {each.operator} {_render(each)}" for each in self.comparisons)

    def fields(self) -> frozenset[str]:
        """The fields it speaks of."""
        return frozenset(comparison.field for comparison in self.comparisons)


def parse_filter(text: str, field: str = "filter") -> Filter:
    """Reads a filter; a mistake is InvalidInput of `field` with its position, counted from 1."""
    if len(text) > MAX_LENGTH:
        raise InvalidInput(FieldProblem(field, f"has {len(text)} characters; {MAX_LENGTH} are allowed"))
    if "\0" in text:
        raise refused("holds a NUL character", text.index("\0") + 1, field)
    return Filter(tuple(_comparisons(text, field)))


def refused(what: str, position: int, field: str = "filter") -> InvalidInput:
    """The error for a mistake at a position of a filter."""
    return InvalidInput(FieldProblem(field, f"at position {position}: {what}"))


def _comparisons(text: str, field: str) -> Iterator[Comparison]:
    at = _skip(text, 0)
    while at < len(text):
        comparison, at = _comparison(text, at, field)
        yield comparison
        end, at = at, _skip(text, at)
        if at == len(text):
            return
        word = _FIELD.match(text, at)
        if word is None or word[0] != "AND" or end == at:
            raise refused(f"expected AND{_instead(text, at)}", at + 1, field)
        at = _skip(text, word.end())
        if at == len(text):
            raise refused("a comparison is missing after AND", at + 1, field)


def _comparison(text: str, at: int, field: str) -> tuple[Comparison, int]:
    name = _FIELD.match(text, at)
    if name is None or name[0] in ("AND", "OR", "NOT"):
        raise refused(
            f"expected a field{_instead(text, at)}; only comparisons joined by AND are understood",
            at + 1,
            field,
        )
    after = _skip(text, name.end())
    operator = _OPERATOR.match(text, after)
    if operator is None:
        raise refused(f"expected one of {' '.join(OPERATORS)} after {name[0]}{_instead(text, after)}", after + 1, field)
    start = _skip(text, operator.end())
    literal, quoted, end = _literal(text, start, operator[0], field)
    comparison = Comparison(
        field=name[0],
        operator=operator[0],
        literal=literal,
        quoted=quoted,
        position=at + 1,
        literal_position=start + 1,
    )
    return comparison, end


def _literal(text: str, at: int, operator: str, field: str) -> tuple[str, bool, int]:
    if at < len(text) and text[at] in "\"'":
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise refused("a quote is opened and never closed", at + 1, field)
        return _ESCAPE.sub(r"\1", quoted[1] if quoted[1] is not None else quoted[2]), True, quoted.end()
    bare = _BARE.match(text, at)
    if bare is None:
        raise refused(f"expected a value after {operator}{_instead(text, at)}", at + 1, field)
    return bare[0], False, bare.end()


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _instead(text: str, at: int) -> str:
    return f", found {text[at : at + 12].split()[0]!r}" if at < len(text) else ", found the end"


def _render(comparison: Comparison) -> str:
    literal = comparison.literal
    if not comparison.quoted and _BARE.fullmatch(literal):
        return literal
    return '"' + re.sub(r'(["\\])', r"\\\1", literal) + '"'
