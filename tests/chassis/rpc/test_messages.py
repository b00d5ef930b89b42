from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal as DecimalMessage
from google.type.money_pb2 import Money
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from chassis.rpc.messages import (
    JSON,
    Problems,
    check_mask,
    date_message,
    decimal_message,
    instant,
    json_to_struct,
    money_message,
    parse_date,
    parse_decimal,
    parse_money,
    parse_name,
    parse_names,
    parse_reason,
    struct_to_json,
    timestamp,
)

LEAVES: st.SearchStrategy[JSON] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
DOCUMENTS = st.dictionaries(
    st.text(), st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_from_the_wire(value: datetime) -> None:
    message = timestamp(value)
    assert message is not None
    assert (instant(message) or datetime(1970, 1, 1, tzinfo=UTC)) == value


def test_an_instant_has_a_zone_and_travels_in_utc() -> None:
    with pytest.raises(ValueError, match="zone"):
        timestamp(datetime(2017, 1, 1))  # noqa: DTZ001 - the mistake that is refused
    paris = datetime(2017, 1, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))
    message = timestamp(paris)
    assert message is not None
    assert message.ToJsonString() == "2017-01-01T00:00:00Z"


def test_absent_stays_absent() -> None:
    assert timestamp(None) is None
    assert date_message(None) is None
    assert instant(Timestamp()) is None


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^not_before: "):
        instant(Timestamp(seconds=10**15), "not_before")


@given(st.dates())
def test_a_day_comes_back_from_the_wire(value: date) -> None:
    message = date_message(value)
    assert message is not None
    assert parse_date(message, "day") == value


@pytest.mark.parametrize("message", [Date(), Date(year=2017), Date(year=2017, month=2, day=29), Date(year=10**6)])
def test_half_a_day_is_refused(message: Date) -> None:
    with pytest.raises(InvalidInput, match=r"^from: .* is not a day"):
        parse_date(message, "from")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_decimal_comes_back_from_the_wire(value: Decimal) -> None:
    assert parse_decimal(decimal_message(value), "quantity") == value


@pytest.mark.parametrize("text", ["", "abc", "1,5", "NaN", "Infinity", "1e999", "١", " 1", "1_000", "9" * 61])
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^quantity: "):
        parse_decimal(DecimalMessage(value=text), "quantity")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**12), max_value=10**12))
def test_money_comes_back_from_the_wire(value: Decimal) -> None:
    assert parse_money(money_message(value, "EUR"), "price") == (value, "EUR")


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (Money(units=1), "price.currency_code"),
        (Money(currency_code="eur"), "price.currency_code"),
        (Money(currency_code="EUR", units=1, nanos=-1), "price.nanos"),
        (Money(currency_code="EUR", nanos=10**9), "price.nanos"),
    ],
)
def test_money_that_is_not_whole_is_refused_by_its_field(message: Money, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_money(message, "price")
    assert [problem.field for problem in refused.value.problems] == [field]


def test_too_fine_an_amount_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="nine decimals"):
        money_message(Decimal("0.0000000001"), "EUR")


def test_names_give_their_parts() -> None:
    assert parse_name("tasks/{number}", "tasks/12", "name") == "12"
    assert parse_name("destinations/{id}", "destinations/nuit-1", "name") == "nuit-1"
    assert parse_names("tickets/{store}-{register}-{number}", "tickets/12-3-4567", "name") == ("12", "3", "4567")


@pytest.mark.parametrize(
    "name", ["", "tasks/", "tasks/0", "tasks/x", "task/1", "tasks/1/runs", " tasks/1", "tasks/1\n"]
)
def test_another_name_is_refused_and_shown(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"does not look like tasks/\{number\}"):
        parse_name("tasks/{number}", name, "name")


def test_a_uuid_in_a_name_is_canonical() -> None:
    good = "operations/9a8f7b6c-1111-4222-8333-444455556666"
    assert parse_name("operations/{uuid}", good, "name") == good.removeprefix("operations/")
    with pytest.raises(InvalidInput):
        parse_name("operations/{uuid}", good.upper(), "name")


@given(DOCUMENTS)
@settings(max_examples=40)
def test_json_comes_back_from_a_struct_with_whole_numbers_whole(document: dict[str, JSON]) -> None:
    assert struct_to_json(json_to_struct(document)) == document


def test_a_whole_number_is_an_int_again() -> None:
    back = struct_to_json(json_to_struct({"count": 3, "deep": [{"n": 5.0}], "part": 0.5}))
    assert back == {"count": 3, "deep": [{"n": 5}], "part": 0.5}
    assert isinstance(back["count"], int)


def test_a_number_that_would_change_on_the_way_is_refused() -> None:
    with pytest.raises(ValueError, match="too big"):
        json_to_struct({"ean": 2**53 + 1})


def test_a_mask_names_what_may_be_updated() -> None:
    assert check_mask(FieldMask(paths=["title"]), {"title", "options"}) == {"title"}
    assert check_mask(FieldMask(), {"title", "options"}) == {"title", "options"}
    assert check_mask(FieldMask(paths=["*"]), {"title"}) == {"title"}
    with pytest.raises(InvalidInput, match="update_mask: owner cannot be updated; these can: title"):
        check_mask(FieldMask(paths=["owner", "title"]), {"title"})


def test_problems_are_told_together() -> None:
    problems = Problems()
    problems.check()
    problems.add("a", "is empty")
    problems.add("b", "is too long")
    with pytest.raises(InvalidInput) as refused:
        problems.check()
    assert [problem.field for problem in refused.value.problems] == ["a", "b"]


def test_a_reason_is_one_line_that_says_something() -> None:
    assert parse_reason("  mauvais jour ", "reason") == "mauvais jour"
    assert parse_reason("x" * 500, "reason") == "x" * 500
    for refused in ("", "   ", "one\ntwo", "nul\0", "x" * 501):
        with pytest.raises(InvalidInput, match="reason: say why in one line of 1 to 500 characters"):
            parse_reason(refused, "reason")
