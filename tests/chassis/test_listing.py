"""Lists with their filters, orders and pages, against what brute force finds."""

import base64
import enum
import json
import operator
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import listing
from chassis.database import Database, new_metadata
from chassis.errors import InvalidInput
from chassis.filters import parse_filter
from chassis.listing import Listing, ListQuery, Page, parse_order


class Colour(enum.Enum):
    """A small set of states."""

    RED = "red"
    DARK_BLUE = "dark_blue"


THINGS = sa.Table(
    "thing",
    new_metadata(),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("colour", sa.Text, nullable=False),
    sa.Column("weight", sa.Numeric),
    sa.Column("day", sa.Date),
    sa.Column("made", sa.DateTime(timezone=True), nullable=False),
    sa.Column("good", sa.Boolean),
    sa.Column("parent", sa.BigInteger),
    sa.Column("origin", sa.Uuid, nullable=False),
)
C = THINGS.c
LISTING = Listing(
    fields={
        "number": listing.integer(C.number),
        "title": listing.text(C.title),
        "note": listing.text(C.note),
        "colour": listing.enum(C.colour, Colour, prefix="COLOUR_"),
        "weight": listing.decimal(C.weight),
        "day": listing.day(C.day),
        "made": listing.instant(C.made),
        "good": listing.boolean(C.good),
        "parent": listing.named(C.parent, "things/{number}"),
        "origin": listing.named(C.origin, "origins/{uuid}"),
        "tag": listing.condition(lambda op, literal: C.title.like(f"{literal}%"), operators=(":",)),
    },
    default_order="number",
    key=C.number,
)
BEGIN = datetime(2017, 1, 1, tzinfo=UTC)
ROWS: list[dict[str, Any]] = [
    {
        "number": number,
        "title": ["night", "Night shift", "day", "Ä", ""][number % 5],
        "note": [None, "x", "y"][number % 3],
        "colour": ["red", "dark_blue"][number % 2],
        "weight": None if number % 7 == 0 else Decimal(number % 4) / 4,
        "day": None if number % 5 == 0 else date(2017, 1, 1 + number % 6),
        "made": BEGIN + timedelta(microseconds=number // 3),
        "good": [None, True, False][number % 3],
        "parent": None if number % 2 else number // 2,
        "origin": UUID(int=number % 4),
    }
    for number in range(1, 48)
]


def compared(op: str, left: Any, right: Any) -> bool:
    return bool(getattr(operator, {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq"}[op])(left, right))


@pytest.fixture(scope="module")
def connection(postgres: Any, templates: Callable[[str | None], str]) -> Iterator[sa.Connection]:
    database = Database(postgres.create_database("listing"), application_name="test-listing")
    with database.begin() as connection:
        THINGS.metadata.create_all(connection)
        connection.execute(sa.insert(THINGS), ROWS)
    with database.engine.connect() as connection:
        yield connection
    database.close()
    postgres.drop_database("listing")


def page(connection: sa.Connection, filter: str = "", order: str = "", size: int = 100, token: str = "") -> Page:
    query = ListQuery(filter=parse_filter(filter), order_by=parse_order(order), page_size=size, page_token=token)
    return LISTING.page(connection, sa.select(C.number, C.title), query)


def numbers(connection: sa.Connection, filter: str = "", order: str = "") -> list[int]:
    return [row.number for row in page(connection, filter, order).rows]


def walked(connection: sa.Connection, filter: str, order: str, size: int) -> list[int]:
    found: list[int] = []
    token, pages = "", 0
    while pages == 0 or token:
        each = page(connection, filter, order, size, token)
        assert len(each.rows) <= size
        found += [row.number for row in each.rows]
        token, pages = each.next_page_token, pages + 1
        assert pages <= len(ROWS) + 1
    return found


def brute_order(order: str, rows: list[dict[str, Any]]) -> list[int]:
    """Sorts by one field after another, the last one first; nulls are the greatest."""
    rows = sorted(rows, key=lambda row: row["number"], reverse=order.endswith("desc"))
    for each in reversed(parse_order(order)):
        held = [row for row in rows if row[each.field] is not None]
        held = sorted(held, key=lambda row: row[each.field], reverse=each.descending)
        null = [row for row in rows if row[each.field] is None]
        rows = null + held if each.descending else held + null
    return [row["number"] for row in rows]


@st.composite
def orders(draw: st.DrawFn) -> str:
    fields = draw(
        st.lists(
            st.sampled_from(["number", "note", "colour", "weight", "day", "good", "made"]), max_size=3, unique=True
        )
    )
    return ", ".join(f"{field} desc" if draw(st.booleans()) else field for field in fields)


@given(order=orders(), size=st.integers(1, 50))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_of_any_size_are_the_whole_list_in_order(connection: sa.Connection, order: str, size: int) -> None:
    assert walked(connection, "", order, size) == brute_order(order, ROWS)


@given(
    op=st.sampled_from(["<", "<=", ">", ">=", "="]),
    field=st.sampled_from(["number", "weight", "day", "made"]),
    pivot=st.sampled_from(ROWS),
    order=orders(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_finds_what_brute_force_finds(
    connection: sa.Connection, op: str, field: str, pivot: dict[str, Any], order: str
) -> None:
    if pivot[field] is None:
        return
    literal = pivot[field].isoformat() if field in ("day", "made") else str(pivot[field])
    wanted = [row for row in ROWS if row[field] is not None and compared(op, row[field], pivot[field])]
    assert walked(connection, f"{field} {op} {literal}", order, 7) == brute_order(order, wanted)


@pytest.mark.parametrize(
    ("filter", "true"),
    [
        ("title:NIGHT", lambda row: "night" in row["title"].lower()),
        ('title = ""', lambda row: row["title"] == ""),
        ("title:ä", lambda row: "ä" in row["title"].lower()),
        ('note:"%"', lambda row: "%" in (row["note"] or "")),
        ("note != x", lambda row: row["note"] != "x"),
        ("note:*", lambda row: row["note"] is not None),
        ("colour = DARK_BLUE", lambda row: row["colour"] == "dark_blue"),
        ("colour = COLOUR_DARK_BLUE", lambda row: row["colour"] == "dark_blue"),
        ("good = false", lambda row: row["good"] is False),
        ("good != true", lambda row: row["good"] is not True),
        ("parent = things/4", lambda row: row["parent"] == 4),
        (f"origin = origins/{UUID(int=3)}", lambda row: row["origin"] == UUID(int=3)),
        ("tag:Ni", lambda row: row["title"].startswith("Ni")),
        ("made >= 2017-01-01T01:00:00.000005+01:00", lambda row: row["made"] >= BEGIN + timedelta(microseconds=5)),
        ("colour = RED AND weight > 0.25", lambda row: row["colour"] == "red" and (row["weight"] or 0) > 0.25),
    ],
)
def test_each_kind_of_field_is_compared_as_its_kind(
    connection: sa.Connection, filter: str, true: Callable[[dict[str, Any]], bool]
) -> None:
    wanted = [row["number"] for row in ROWS if true(row)]
    assert numbers(connection, filter) == wanted
    alone = sa.select(C.number).where(LISTING.where(parse_filter(filter))).order_by(C.number)
    assert list(connection.scalars(alone)) == wanted


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ("size = 3", "at position 1: size is none of colour, day, good"),
        ("number = 1 AND size = 3", "at position 16: size is none of"),
        ("number = x", "at position 10: number: 'x' is not a whole number"),
        ("number = 99999999999999999999", "is not a whole number"),
        ("weight = NaN", "is not a decimal number"),
        ("day = 2017-02-30", "is not a day such as 2017-01-31"),
        ("made = 2017-01-01T00:00:00", "is not an instant"),
        ("made = 0001-01-01T00:00:00+14:00", "is not an instant"),
        ("good = yes", "is neither true nor false"),
        ("colour = GREEN", "at position 10: colour: 'GREEN' is none of RED, DARK_BLUE"),
        ("colour > RED", "colour can be compared with = != : only"),
        ("parent = tasks/4", r"does not look like things/{number}"),
        ("origin = origins/4", "'4' is no UUID"),
        ("tag = x", "tag can be compared with : only"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_position(connection: sa.Connection, filter: str, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        page(connection, filter)
    assert refused.value.problems[0].field == "filter"
    assert said in refused.value.problems[0].description


@pytest.mark.parametrize("order", ["size", "title up", "title, title desc", "tag", "title,,number", "title desc asc"])
def test_an_order_that_is_none_is_refused(connection: sa.Connection, order: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        page(connection, order=order)
    assert refused.value.problems[0].field == "order_by"


def test_a_page_has_the_statements_columns_and_nothing_more(connection: sa.Connection) -> None:
    first = page(connection, size=1, order="note desc")
    assert first.rows[0]._fields == ("number", "title")
    assert len(first.rows[0]) == 2


def test_the_last_page_has_no_token_even_when_it_is_full(connection: sa.Connection) -> None:
    assert page(connection, size=len(ROWS)).next_page_token == ""
    assert page(connection, size=len(ROWS) - 1).next_page_token != ""
    assert page(connection, filter="number = 0").next_page_token == ""


def test_a_token_is_good_for_its_own_request_only(connection: sa.Connection) -> None:
    token = page(connection, filter="colour = RED", order="title", size=2).next_page_token
    page(connection, filter="colour=RED", order="title", size=9, token=token)
    for filter, order in (("", "title"), ("colour = RED", ""), ("colour = RED", "title desc")):
        with pytest.raises(InvalidInput, match="page_token: belongs to another request"):
            page(connection, filter=filter, order=order, token=token)


def forged(token: str, after: object) -> str:
    content = json.loads(base64.urlsafe_b64decode(token))
    return base64.urlsafe_b64encode(json.dumps({**content, "after": after}).encode()).decode()


@pytest.mark.parametrize("after", [[], ["x"], [1, 2], None, 5, [[1]], [{"a": 1}], ["1; DROP TABLE thing"], [True]])
def test_a_forged_token_is_refused(connection: sa.Connection, after: object) -> None:
    token = page(connection, size=2).next_page_token
    with pytest.raises(InvalidInput, match="page_token: is not one that this list gave"):
        page(connection, size=2, token=forged(token, after))


@given(st.text(max_size=40))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_as_a_token_is_refused_and_nothing_else(connection: sa.Connection, token: str) -> None:
    if token:
        with pytest.raises(InvalidInput, match="page_token"):
            page(connection, token=token)


def test_rows_that_come_and_go_between_pages_shift_nothing(connection: sa.Connection) -> None:
    with connection.begin_nested() as change:
        first = page(connection, order="number", size=5)
        connection.execute(sa.delete(THINGS).where(C.number <= 3))
        second = page(connection, order="number", size=5, token=first.next_page_token)
        assert [row.number for row in second.rows] == [6, 7, 8, 9, 10]
        change.rollback()


def test_a_deep_page_is_found_by_the_index(connection: sa.Connection) -> None:
    token = page(connection, size=40).next_page_token
    seen: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda c, cur, sql, *rest: seen.append(sql))
    page(connection, size=5, token=token)
    assert "OFFSET" not in seen[-1]
    assert "(thing.number) > " in seen[-1]
