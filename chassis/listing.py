"""Lists: filter, order and pages of any size over any table, by key and never by offset."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chassis.errors import FieldProblem, InvalidInput
from chassis.filters import Comparison, Filter, parse_filter, refused
from chassis.listing_fields import (
    Column,
    Field,
    LiteralRefused,
    boolean,
    condition,
    day,
    decimal,
    enum,
    instant,
    integer,
    named,
    text,
)

__all__ = [
    "Comparison",
    "Field",
    "Filter",
    "ListQuery",
    "Listing",
    "LiteralRefused",
    "Order",
    "Page",
    "boolean",
    "condition",
    "day",
    "decimal",
    "enum",
    "instant",
    "integer",
    "named",
    "parse_filter",
    "parse_order",
    "text",
]

MARK = "_listing_"

Statement = sa.Select[*tuple[Any, ...]]
Row = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Order:
    """One field that a list is ordered by."""

    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field} desc" if self.descending else self.field


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """What a caller asks of a list."""

    filter: Filter = EVERYTHING
    order_by: tuple[Order, ...] = ()  #: empty means the list's own
    page_size: int = 100
    page_token: str = ""
    binding: str = ""  #: stands for the request's other fields; a token is good for the same ones only


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[Row]
    next_page_token: str  #: empty on the last page


def parse_order(text: str) -> tuple[Order, ...]:
    """Reads `field`, `field desc`, several with commas; a mistake is InvalidInput of `order_by`."""
    orders: list[Order] = []
    for part in text.split(",") if text.strip() else ():
        match part.split():
            case [name]:
                orders.append(Order(name))
            case [name, ("asc" | "desc") as direction]:
                orders.append(Order(name, direction == "desc"))
            case _:
                raise _order_refused(f"{part.strip()!r} is not a field, optionally followed by desc")
    if len({order.field for order in orders}) < len(orders):
        raise _order_refused("names a field twice")
    return tuple(orders)


class Listing:
    """How one table is listed: its fields, its own order, and a unique key that ends every order."""

    def __init__(self, *, fields: Mapping[str, Field], default_order: str, key: Column) -> None:
        self._fields = fields
        self._default = parse_order(default_order)
        self._key = _key_field(fields, key)

    def page(self, connection: sa.Connection, statement: Statement, query: ListQuery) -> Page:
        """Reads one page of `statement`. The rows carry the statement's own columns and nothing more."""
        for comparison in query.filter.comparisons:
            statement = statement.where(self._condition(comparison))
        orders = self._orders(query.order_by or self._default)
        binding = self._binding(query)
        if query.page_token:
            statement = statement.where(_after(orders, self._position(query.page_token, binding, orders)))
        width = len(statement.exported_columns)
        marked = statement.add_columns(
            *(column.label(f"{MARK}{index}") for index, (column, _, _) in enumerate(orders))
        ).order_by(None)
        for column, _, descending in orders:
            marked = marked.order_by(column.desc().nulls_first() if descending else column.asc().nulls_last())
        found = connection.execute(marked.limit(query.page_size + 1)).freeze()
        rows = list(found().columns(*range(width)))
        if len(rows) <= query.page_size:
            return Page(rows, "")
        last = found().all()[query.page_size - 1]
        values = [
            None if value is None else field.dump(value)
            for value, (_, field, _) in zip(last[width:], orders, strict=True)
        ]
        return Page(rows[: query.page_size], _token(binding, values))

    def where(self, given: Filter) -> sa.ColumnElement[bool]:
        """The filter alone, for a statement that is no page."""
        return sa.and_(sa.true(), *(self._condition(comparison) for comparison in given.comparisons))

    def _condition(self, comparison: Comparison) -> sa.ColumnElement[bool]:
        field = self._fields.get(comparison.field)
        if field is None:
            raise refused(f"{comparison.field} is none of {', '.join(sorted(self._fields))}", comparison.position)
        try:
            return field.condition(comparison)
        except LiteralRefused as error:
            raise refused(f"{comparison.field}: {error}", comparison.literal_position) from None

    def _orders(self, wanted: Sequence[Order]) -> list["_By"]:
        orders: list[_By] = []
        for order in wanted:
            field = self._fields.get(order.field)
            if field is None or field.column is None:
                sortable = sorted(name for name, each in self._fields.items() if each.column is not None)
                raise _order_refused(f"{order.field!r} is none of {', '.join(sortable)}")
            orders.append((field.column, field, order.descending))
            if field is self._key:
                return orders
        last_descends = orders[-1][2] if orders else False  # one direction for all lets an index serve
        key = self._key.column
        if key is None:
            raise TypeError("the key of a list is a column")
        return [*orders, (key, self._key, last_descends)]

    def _binding(self, query: ListQuery) -> str:
        order = ",".join(str(each) for each in query.order_by or self._default)
        return hashlib.sha256(json.dumps([query.binding, str(query.filter), order]).encode()).hexdigest()[:16]

    def _position(self, token: str, binding: str, orders: Sequence["_By"]) -> list[object]:
        try:
            content = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
            given, values = content["of"], content["after"]
            if given != binding:
                raise _token_refused("belongs to another request; send the same filter and order_by with it")
            return [
                None if value is None else field.parse(_literal(value))
                for value, (_, field, _) in zip(values, orders, strict=True)
            ]
        except (ValueError, binascii.Error, KeyError, TypeError):
            raise _token_refused("is not one that this list gave; start again without it") from None


_By = tuple[Column, Field, bool]  #: column, its field, descending


def _key_field(fields: Mapping[str, Field], key: Column) -> Field:
    for field in fields.values():
        if field.column is key:
            return field
    return integer(key) if isinstance(key.type, sa.Integer) else text(key)


def _after(orders: Sequence[_By], values: Sequence[object]) -> sa.ColumnElement[bool]:
    """Everything that comes after the position, as `(a, b) > (x, y)` where an index can use it."""
    one_way = len({descending for _, _, descending in orders}) == 1
    if one_way and all(
        value is not None and _never_null(column) for (column, _, _), value in zip(orders, values, strict=True)
    ):
        left = sa.tuple_(*(column for column, _, _ in orders))
        right = sa.tuple_(
            *(sa.literal(value, column.type) for (column, _, _), value in zip(orders, values, strict=True))
        )
        return left < right if orders[0][2] else left > right
    branches: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for (column, _, descending), value in zip(orders, values, strict=True):
        branches.append(sa.and_(*equal, _beyond(column, value, descending)))
        equal.append(column.is_(None) if value is None else column == value)
    return sa.or_(*branches)


def _beyond(column: Column, value: object, descending: bool) -> sa.ColumnElement[bool]:
    """Nulls are the greatest of all: last when ascending, first when descending."""
    if value is None:
        return column.is_not(None) if descending else sa.false()
    bound = sa.literal(value, column.type)  # a bare True cannot be compared by order
    return column < bound if descending else sa.or_(column > bound, column.is_(None))


def _never_null(column: Column) -> bool:
    return isinstance(column, sa.Column) and not column.nullable


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _token(binding: str, values: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps({"of": binding, "after": values}).encode()).decode("ascii")


def _order_refused(what: str) -> InvalidInput:
    return InvalidInput(FieldProblem("order_by", what))


def _token_refused(what: str) -> InvalidInput:
    return InvalidInput(FieldProblem("page_token", what))
