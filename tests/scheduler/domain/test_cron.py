"""Cron expressions against a walk minute by minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.cron import Cron, parse
from services.scheduler.domain.errors import BadTrigger, NeverFires

PARIS = ZoneInfo("Europe/Paris")
ZONES = {name: ZoneInfo(name) for name in ("Europe/Paris", "Australia/Lord_Howe", "America/Sao_Paulo")}
#: Around the changes of clocks of each zone: Sao Paulo changes at midnight, Lord Howe by half an hour.
CHANGES = {
    "Europe/Paris": [datetime(2024, 3, 31, 1, tzinfo=UTC), datetime(2024, 10, 27, 1, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2024, 4, 6, 15, tzinfo=UTC), datetime(2024, 10, 5, 15, 30, tzinfo=UTC)],
    "America/Sao_Paulo": [datetime(2018, 2, 18, 2, tzinfo=UTC), datetime(2018, 11, 4, 3, tzinfo=UTC)],
}
HORIZON = timedelta(days=3)


def field(least: int, most: int) -> st.SearchStrategy[str]:
    number = st.integers(least, most)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), span), st.integers(1, most)).map(lambda p: f"{p[0]}/{p[1]}")
    part = st.one_of(number.map(str), span, stepped)
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


EXPRESSIONS = st.tuples(field(0, 59), field(0, 23), st.just("*"), st.just("*"), field(0, 7)).map(" ".join)
DATED = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map(" ".join)


def numbers(text: str, least: int, most: int) -> set[int]:
    """The numbers of a field, read by the shortest code that could."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        first, last = (least, most) if span == "*" else (int(low), int(high or low))
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def brute(expression: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Walks minute by minute until it fires."""
    minute, hour, day, month, weekday = expression.split()
    minutes, hours, months = numbers(minute, 0, 59), numbers(hour, 0, 23), numbers(month, 1, 12)
    days, weekdays = numbers(day, 1, 31), {number % 7 for number in numbers(weekday, 0, 6)}
    both = day[0] != "*" and weekday[0] != "*"
    at = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while at <= after + HORIZON:
        shown = at.astimezone(zone)
        on = [shown.day in days, shown.isoweekday() % 7 in weekdays]
        if (
            shown.fold == 0
            and shown.minute in minutes
            and shown.hour in hours
            and shown.month in months
            and (any(on) if both else all(on))
        ):
            return at
        at += timedelta(minutes=1)
    return None


def within_horizon(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    found = cron.next_instant(after, zone)
    return found if found is not None and found <= after + HORIZON else None


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(EXPRESSIONS, DATED),
    st.sampled_from(sorted(ZONES)),
    st.integers(0, 1),
    st.integers(-2 * 86400, 3 * 3600),
)
def test_the_next_instant_is_the_one_a_walk_finds(expression: str, zone: str, change: int, seconds: int) -> None:
    after = CHANGES[zone][change] + timedelta(seconds=seconds)
    try:
        cron = parse(expression)
    except NeverFires:
        assert brute(expression, after, ZONES[zone]) is None
        return
    assert within_horizon(cron, after, ZONES[zone]) == brute(expression, after, ZONES[zone])


def paris(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def test_an_instant_in_the_gap_is_skipped() -> None:
    assert parse("30 2 * * *").next_instant(paris(2024, 3, 30, 12), PARIS) == paris(2024, 4, 1, 2, 30)


def test_an_instant_in_the_fold_fires_the_first_time_only() -> None:
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    cron = parse("30 2 * * *")
    assert cron.next_instant(paris(2024, 10, 26, 12), PARIS) == first
    assert cron.next_instant(first, PARIS) == paris(2024, 10, 28, 2, 30)


def test_either_day_is_enough_where_both_are_restricted() -> None:
    cron = parse("0 0 13 * FRI")
    assert cron.next_instant(paris(2024, 9, 1), PARIS) == paris(2024, 9, 6)
    assert cron.next_instant(paris(2024, 9, 10), PARIS) == paris(2024, 9, 13)
    assert cron.next_instant(paris(2024, 10, 11), PARIS) == paris(2024, 10, 13)


def test_a_step_over_every_day_restricts_nothing_so_both_must_match() -> None:
    assert parse("0 0 */2 * MON").next_instant(paris(2024, 9, 1), PARIS) == paris(2024, 9, 9)


def test_names_lists_ranges_and_sunday_at_either_end_are_read() -> None:
    assert parse("0 0 * jan,MAR-may sat-sun").weekdays == {6, 0}
    assert parse("0 0 * jan,MAR-may 7").months == (1, 3, 4, 5)
    assert parse("0 0 * * 7").weekdays == parse("0 0 * * SUN").weekdays == {0}


def test_the_29th_of_february_is_found_across_a_century_without_one() -> None:
    assert parse("0 0 29 2 *").next_instant(datetime(2096, 3, 1, tzinfo=UTC), PARIS) == paris(2104, 2, 29)


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 FEB */2"])
def test_a_day_that_no_month_has_never_fires(expression: str) -> None:
    with pytest.raises(NeverFires, match="never fires"):
        parse(expression)


def test_a_day_that_no_month_has_does_not_matter_where_a_weekday_is_enough() -> None:
    assert parse("0 0 30 2 MON").next_instant(paris(2024, 1, 31), PARIS) == paris(2024, 2, 5)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "minute.*0 to 59"),
        ("* 24 * * *", "hour.*0 to 23"),
        ("* * 0 * *", "day of month.*1 to 31"),
        ("* * * FOO *", "month.*JAN"),
        ("* * * * 8", "day of week.*0 to 7"),
        ("5/15 * * * *", "write `5-59/15`"),
        ("*/0 * * * *", "step"),
        ("30-10 * * * *", "backwards"),
        ("1,,2 * * * *", "minute"),
        ("², * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("@daily", "has 1 fields"),
    ],
)
def test_what_cannot_be_read_is_named(expression: str, says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        parse(expression)
