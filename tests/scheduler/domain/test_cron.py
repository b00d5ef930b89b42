"""Cron expressions: each feature by examples counted by hand on a calendar, and what cannot be read."""

from datetime import UTC, date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.cron import parse
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.triggers import cron_trigger

PARIS = ZoneInfo("Europe/Paris")


def shown(expression: str, count: int, after: str = "2025-12-31T23:59:59", seed: int = 0) -> list[str]:
    """The next instants as the clocks of Paris show them, from New Year 2026 (a Thursday)."""
    schedule = Schedule(triggers=(cron_trigger(expression),))
    instants = schedule.instants(datetime.fromisoformat(after).replace(tzinfo=PARIS), PARIS, seed)
    return [f"{each.astimezone(PARIS):%Y-%m-%d %H:%M:%S}" for each in islice(instants, count)]


def days(expression: str, count: int) -> list[str]:
    return [each[5:10] for each in shown(expression, count)]


def times(expression: str, count: int) -> list[str]:
    return [each[11:] for each in shown(expression, count)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 L * *", ["01-31", "02-28", "03-31", "04-30"]),
        ("0 0 L-2 * *", ["01-29", "02-26", "03-29", "04-28"]),
        ("0 0 L-30 * *", ["01-01", "03-01", "05-01"]),
        ("0 0 1,l * *", ["01-01", "01-31", "02-01", "02-28"]),
        ("0 0 LW * *", ["01-30", "02-27", "03-31"]),
        ("0 0 15W * *", ["01-15", "02-16", "03-16", "04-15"]),
        ("0 0 1W 2,8 *", ["02-02", "08-03"]),
        ("0 0 31w * *", ["01-30", "03-31", "05-29"]),
        ("0 0 * * FRI#2", ["01-09", "02-13", "03-13"]),
        ("0 0 * * 5L", ["01-30", "02-27", "03-27"]),
        ("0 0 * 7 FRIL", ["07-31", "07-30"]),
        ("0 0 * * friL", ["01-30", "02-27", "03-27"]),
        ("0 0 * * 1#5", ["03-30", "06-29", "08-31"]),
        ("0 0 * * MON#1,FRIL", ["01-05", "01-30", "02-02"]),
        ("0 0 * * FRI-MON", ["01-02", "01-03", "01-04", "01-05", "01-09"]),
        ("0 0 * * SAT-TUE/2", ["01-03", "01-05", "01-10"]),
        ("0 0 * * 7", ["01-04", "01-11"]),
        ("0 0 * * 5-7", ["01-02", "01-03", "01-04", "01-09"]),
        ("0 0 1 NOV-FEB *", ["01-01", "02-01", "11-01", "12-01"]),
        ("0 0 1 jan,MAR-may *", ["01-01", "03-01", "04-01", "05-01", "01-01"]),
        ("0 0 13 * FRI", ["01-02", "01-09", "01-13", "01-16"]),
        ("0 0 13 * ?", ["01-13", "02-13"]),
        ("0 0 ? * MON", ["01-05", "01-12"]),
        ("0 0 */2 * MON", ["01-05", "01-19", "02-09"]),
        ("0 0 30 2 MON", ["02-02", "02-09"]),
        ("0 0 10-20/5 1 *", ["01-10", "01-15", "01-20"]),
        ("@yearly", ["01-01", "01-01"]),
        ("@annually", ["01-01", "01-01"]),
        ("@monthly", ["01-01", "02-01"]),
        ("@weekly", ["01-04", "01-11"]),
        ("@daily", ["01-01", "01-02"]),
        ("@Midnight", ["01-01", "01-02"]),
    ],
)
def test_days_are_those_of_the_calendar(expression: str, expected: list[str]) -> None:
    assert days(expression, len(expected)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 22 * * *", ["22:30:00", "22:30:00"]),
        ("*/25 7 * * *", ["07:00:00", "07:25:00", "07:50:00", "07:00:00"]),
        ("0 22-2/2 * * *", ["00:00:00", "02:00:00", "22:00:00", "00:00:00"]),
        ("59 23,8-9 * * *", ["08:59:00", "09:59:00", "23:59:00"]),
        ("*/20 0 6 * * *", ["06:00:00", "06:00:20", "06:00:40", "06:00:00"]),
        ("5,1 58-59 23 * * *", ["23:58:01", "23:58:05", "23:59:01", "23:59:05", "23:58:01"]),
        ("@hourly", ["00:00:00", "01:00:00"]),
    ],
)
def test_times_are_those_of_the_clock(expression: str, expected: list[str]) -> None:
    assert times(expression, len(expected)) == expected


def test_the_29th_of_february_is_found_across_a_century_without_one() -> None:
    assert shown("0 0 29 2 *", 1, after="2096-03-01T00:00") == ["2104-02-29 00:00:00"]


def test_a_29th_of_february_on_a_given_day_of_the_week_is_found_after_forty_years() -> None:
    rule = parse("0 0 29 2 */7").pattern(0).days  # `*/7` is Sunday alone, and both days must match
    found = rule.first_from(date(2088, 3, 1).toordinal())
    assert found is not None
    assert date.fromordinal(found) == date(2128, 2, 29)


def test_an_expression_is_kept_as_written_with_single_spaces() -> None:
    assert parse(" */5  1-3 *  * mon ").expression == "*/5 1-3 * * mon"


def test_a_spread_value_is_always_the_same_for_one_task() -> None:
    """Pinned: another release that picks otherwise would move every spread task."""
    assert shown("~ ~ * * *", 2, seed=7) == ["2026-01-01 01:09:00", "2026-01-02 01:09:00"]
    assert parse("~ ~ * * *").spread
    assert not parse("1 1 * * *").spread


def test_spread_values_reach_every_minute_and_hour_and_stay_in_the_field() -> None:
    found = [shown("~ ~ * * *", 1, seed=seed)[0] for seed in range(1000)]
    assert {each[14:16] for each in found} == {f"{minute:02d}" for minute in range(60)}
    assert {each[11:13] for each in found} == {f"{hour:02d}" for hour in range(24)}
    assert len(set(found)) > 500, "minute and hour are picked apart"


def test_a_spread_day_of_the_month_is_one_that_every_month_has() -> None:
    for seed in range(100):
        found = days("0 0 ~ * *", 12) if seed == 0 else [each[5:10] for each in shown("0 0 ~ * *", 12, seed=seed)]
        assert [each[:2] for each in found] == [f"{month:02d}" for month in range(1, 13)]
        assert len({each[3:] for each in found}) == 1


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("0 22~4 * * *", {22, 23, 0, 1, 2, 3, 4}),
        ("0 20~ * * *", {20, 21, 22, 23}),
        ("0 ~2 * * *", {0, 1, 2}),
        ("0 5~5 * * *", {5}),
    ],
)
def test_a_spread_between_two_values_stays_between_them(expression: str, allowed: set[int]) -> None:
    assert {int(shown(expression, 1, seed=seed)[0][11:13]) for seed in range(200)} == allowed


def test_a_spread_with_a_step_keeps_its_distance_from_a_picked_start() -> None:
    starts = set()
    for seed in range(200):
        minutes = [int(each[14:16]) for each in shown("~/15 8 * * *", 4, seed=seed)]
        assert [each - minutes[0] for each in minutes] == [0, 15, 30, 45]
        starts.add(minutes[0])
    assert starts == set(range(15))


def test_every_field_may_be_spread() -> None:
    for seed in range(50):
        (first,) = shown("~ ~ ~ * ~ ~", 1, seed=seed)
        assert date.fromisoformat(first[:10]).year in (2026, 2027)
        assert time.fromisoformat(first[11:]) is not None
    picked = {tuple(sorted(parse("0 0 * ~ ~").pattern(seed).days.weekdays)) for seed in range(100)}
    assert picked == {(weekday,) for weekday in range(1, 8)}


def test_parts_of_one_list_are_picked_apart() -> None:
    assert any(len(set(times_of)) == 2 for times_of in (shown("~,~ 8 * * *", 2, seed=seed) for seed in range(5)))


def test_instants_are_utc_and_strictly_later() -> None:
    at = datetime(2026, 1, 1, 21, 30, tzinfo=UTC)
    following = cron_trigger("30 22 * * *").next_instant(at, PARIS)
    assert following == datetime(2026, 1, 2, 21, 30, tzinfo=UTC)
    assert following.tzinfo is UTC
    assert cron_trigger("30 22 * * *").next_instant(at.replace(minute=29, microsecond=1), PARIS) == at


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * * *", "has 7 fields.*write five.*or six"),
        ("60 * * * *", "minute.*0 to 59"),
        ("60 * * * * *", "second.*0 to 59"),
        ("* 24 * * *", "hour.*0 to 23"),
        ("* * 0 * *", "day of month.*1 to 31"),
        ("* * 32W * *", "day of month.*1 to 31"),
        ("* * W * *", "day of month.*1 to 31"),
        ("* * L-0 * *", "`L-1` to `L-30`"),
        ("* * L-31 * *", "`L-1` to `L-30`"),
        ("* * L-3W * *", "`L-1` to `L-30`"),
        ("* * 1-LW * *", "day of month"),
        ("* * * FOO *", "month.*JAN"),
        ("* * * ? *", "month.*1 to 12"),
        ("* * * * 8", "day of week.*0 to 7"),
        ("* * * * L", "write `FRIL`"),
        ("* * * * FRI#6", "`#1` to `#5`"),
        ("* * * * FRI#", "`#1` to `#5`"),
        ("* * * * #2", "day of week.*0 to 7"),
        ("* * * * FRIW", "day of week.*0 to 7"),
        ("5/15 * * * *", "write `5-59/15`"),
        ("*/0 * * * *", "step"),
        ("*/7/2 * * * *", "step"),
        ("*/100 * * * *", "step"),
        ("~/ * * * *", "step"),
        ("~~ * * * *", "minute.*0 to 59"),
        ("1~2~3 * * * *", "minute.*0 to 59"),
        ("30-10 * * * *", "backwards"),
        ("30~10 * * * *", "backwards"),
        ("* * 20-10 * *", "backwards"),
        ("1,,2 * * * *", "minute"),
        ("², * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("@reboot", "write one of @yearly"),
        ("@daily 5", "write one of @yearly"),
        ("1," * 100 + "1 * * * *", "209 characters; write at most 200"),
    ],
)
def test_what_cannot_be_read_is_named(expression: str, says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        parse(expression)
