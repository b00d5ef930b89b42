"""Fields of a list: how literals of a filter become SQL, and values of a row a page token and back."""

import enum as enums
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.filters import Comparison

ORDERED = ("=", "!=", "<", "<=", ">", ">=", ":")
EXACT = ("=", "!=", ":")
BIGGEST = 2**63 - 1


Column = sa.ColumnElement[Any]  #: a table's columns are not typed any better


class LiteralRefused(ValueError):
    """A literal that does not fit its field; the sentence says what would."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a list can be filtered and, where it has a column, ordered by."""

    column: Column | None
    operators: Sequence[str]
    parse: Callable[[str], object]
    dump: Callable[[object], str | int | bool] = str
    contains: bool = False  #: `:` means "holds this text" rather than "equals"
    build: Callable[[str, str], sa.ColumnElement[bool]] | None = None

    def condition(self, comparison: Comparison) -> sa.ColumnElement[bool]:
        """The comparison as SQL; LiteralRefused where it makes no sense for this field."""
        if comparison.operator not in self.operators:
            raise LiteralRefused(f"{comparison.field} can be compared with {' '.join(self.operators)} only")
        if self.build is not None:
            return self.build(comparison.operator, comparison.literal)
        if self.column is None:
            raise TypeError("a field has a column or builds its condition")
        if comparison.asks_presence:
            return self.column.is_not(None)
        value = self.parse(comparison.literal)
        match comparison.operator:
            case "=":
                return self.column == value
            case "!=":
                return self.column.is_distinct_from(value)
            case "<":
                return self.column < value
            case "<=":
                return self.column <= value
            case ">":
                return self.column > value
            case ">=":
                return self.column >= value
            case _:
                if self.contains:
                    return sa.func.strpos(sa.func.lower(self.column), str(value).lower()) > 0
                return self.column == value


def text(column: Column) -> Field:
    """Text; `:` asks for a part of it, whatever the case."""
    return Field(column, ORDERED, str, contains=True)


def integer(column: Column) -> Field:
    """A whole number."""
    return Field(column, ORDERED, _integer, dump=_as_is)


def decimal(column: Column) -> Field:
    """A decimal number."""
    return Field(column, ORDERED, _decimal)


def boolean(column: Column) -> Field:
    """`true` or `false`."""
    return Field(column, EXACT, _boolean, dump=_as_is)


def day(column: Column) -> Field:
    """A calendar day, `2017-01-31`."""
    return Field(column, ORDERED, _day)


def instant(column: Column) -> Field:
    """An instant, RFC 3339 with its offset."""
    return Field(column, ORDERED, _instant, dump=_dump_instant)


def enum(column: Column, states: type[enums.Enum], prefix: str = "STATE_") -> Field:
    """A state by its name, with or without the contract's prefix; the column holds members or values."""
    members = {
        name: member if isinstance(column.type, sa.Enum) else member.value
        for name, member in states.__members__.items()
    }
    by_value = {value: name for name, value in members.items()}

    def parse(literal: str) -> object:
        name = literal if literal in members else literal.removeprefix(prefix)
        if name not in members:
            raise LiteralRefused(f"{literal!r} is none of {', '.join(members)}")
        return members[name]

    return Field(column, EXACT, parse, dump=lambda value: by_value[value])


def named(column: Column, pattern: str) -> Field:
    """A reference by resource name, e.g. `tasks/{number}`; the column holds what stands in the braces."""
    start, _, end = pattern.partition("{")[0], "", pattern.partition("}")[2]
    parse_inner: Callable[[str], object] = str
    match column.type:
        case sa.Integer():
            parse_inner = _integer
        case sa.Uuid():
            parse_inner = _uuid

    def parse(literal: str) -> object:
        inner = literal[len(start) : len(literal) - len(end)]
        if not (literal.startswith(start) and literal.endswith(end) and inner):
            raise LiteralRefused(f"{literal!r} does not look like {pattern}")
        return parse_inner(inner)

    return Field(column, EXACT, parse, dump=lambda value: f"{start}{value}{end}")


def condition(build: Callable[[str, str], sa.ColumnElement[bool]], operators: Sequence[str] = EXACT) -> Field:
    """A field of another table: `build(operator, literal)` answers the condition, e.g. an EXISTS."""
    return Field(None, operators, str, build=build)


def _as_is(value: object) -> str | int | bool:
    if isinstance(value, str | int | bool):
        return value
    raise TypeError(type(value).__name__)


def _uuid(literal: str) -> UUID:
    try:
        return UUID(literal)
    except ValueError:
        raise LiteralRefused(f"{literal!r} is no UUID") from None


def _integer(literal: str) -> int:
    digits = literal.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and -BIGGEST <= int(literal) <= BIGGEST):
        raise LiteralRefused(f"{literal!r} is not a whole number")
    return int(literal)


def _decimal(literal: str) -> Decimal:
    try:
        value = Decimal(literal)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(literal) > 40 or abs(value.adjusted()) > 40:
        raise LiteralRefused(f"{literal!r} is not a decimal number")
    return value


def _boolean(literal: str) -> bool:
    if literal not in ("true", "false"):
        raise LiteralRefused(f"{literal!r} is neither true nor false")
    return literal == "true"


def _day(literal: str) -> date:
    try:
        return date.fromisoformat(literal)
    except ValueError:
        raise LiteralRefused(f"{literal!r} is not a day such as 2017-01-31") from None


def _instant(literal: str) -> datetime:
    try:
        value = datetime.fromisoformat(literal)
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LiteralRefused(f"{literal!r} is not an instant such as 2017-01-31T22:30:00Z") from None


def _dump_instant(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(type(value).__name__)
    return value.astimezone(UTC).isoformat()
