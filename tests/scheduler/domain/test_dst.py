"""Instants against a walk over every minute of two years, and every second around changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.dst import DstRule, piece_at, to_instant, to_second
from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.triggers import Trigger, cron_trigger
from tests.scheduler.domain.expressions import Drawn, expressions, length
from tests.scheduler.domain.walk import Walk, second_of

#: Two years of each: Lord Howe changes by half an hour, Sao Paulo at midnight, Apia lost a whole day (30 December
#: 2011), Casablanca goes back for Ramadan.
STARTS = {
    "Europe/Paris": datetime(2023, 7, 1, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2023, 7, 1, tzinfo=UTC),
    "America/Sao_Paulo": datetime(2017, 7, 1, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 3, 1, tzinfo=UTC),
    "Africa/Casablanca": datetime(2023, 7, 1, tzinfo=UTC),
}
SPAN = timedelta(days=731)
CHANGES = {
    "Europe/Paris": [datetime(2024, 3, 31, 1, tzinfo=UTC), datetime(2024, 10, 27, 1, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2024, 4, 6, 15, tzinfo=UTC), datetime(2024, 10, 5, 15, 30, tzinfo=UTC)],
    "America/Sao_Paulo": [datetime(2018, 2, 18, 2, tzinfo=UTC), datetime(2018, 11, 4, 3, tzinfo=UTC)],
    "Pacific/Apia": [datetime(2011, 12, 30, 10, tzinfo=UTC)],
    "Africa/Casablanca": [datetime(2024, 3, 10, 2, tzinfo=UTC), datetime(2024, 4, 14, 2, tzinfo=UTC)],
}
ENOUGH = 3_000  #: instants of a dense expression that are compared, from a start drawn anywhere in the span
RULES = st.sampled_from(DstRule)
ONE_ZONE = pytest.mark.parametrize("zone", sorted(STARTS))


@pytest.fixture(scope="module", params=sorted(STARTS))
def two_years(request: pytest.FixtureRequest) -> Walk:
    """Of one zone at a time: each is a million minutes."""
    zone = str(request.param)
    return Walk(ZoneInfo(zone), STARTS[zone], STARTS[zone] + SPAN, timedelta(minutes=1))


@cache
def around(change: datetime, zone: str) -> Walk:
    return Walk(ZoneInfo(zone), change - timedelta(hours=2), change + timedelta(hours=2), timedelta(seconds=1))


def agree(schedule: Schedule, zone: tzinfo, walked: list[datetime], after: datetime, until: datetime) -> None:
    expected = [instant for instant in walked if instant > after][:ENOUGH]
    found = []
    for instant in islice(schedule.instants(after, zone), ENOUGH):
        if instant >= until:
            break
        found.append(instant)
    assert found == expected
    assert all(earlier < later for earlier, later in pairwise([after, *found]))


def some_dates(walk: Walk) -> st.SearchStrategy[set[date]]:
    return st.sets(st.dates(walk.dates[0], walk.dates[-1]), max_size=3)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data(), drawn=expressions(), rule=RULES)
def test_a_cron_fires_where_a_walk_over_two_years_sees_it(
    two_years: Walk, data: st.DataObject, drawn: Drawn, rule: DstRule
) -> None:
    excluded = frozenset(data.draw(some_dates(two_years)))
    after = two_years.start + timedelta(seconds=data.draw(st.integers(0, 700 * 86_400)))
    schedule = Schedule(triggers=(cron_trigger(drawn.text),), dst_rule=rule, excluded_dates=excluded)
    walked = two_years.fired(drawn.times, drawn.on, rule, excluded)
    agree(schedule, two_years.zone, walked, after, two_years.start + SPAN)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    data=st.data(),
    times=st.sets(st.builds(time, st.integers(0, 23), st.integers(0, 59)), min_size=1, max_size=5),
    weekdays=st.frozensets(st.integers(1, 7)),
    month_days=st.frozensets(st.one_of(st.integers(1, 31), st.integers(-31, -1)), max_size=8),
    months=st.frozensets(st.integers(1, 12)),
    rule=RULES,
)
def test_a_calendar_fires_where_a_walk_over_two_years_sees_it(
    two_years: Walk,
    data: st.DataObject,
    times: set[time],
    weekdays: frozenset[int],
    month_days: frozenset[int],
    months: frozenset[int],
    rule: DstRule,
) -> None:
    after = two_years.start + timedelta(seconds=data.draw(st.integers(0, 700 * 86_400)))
    trigger = CalendarTrigger(times=tuple(times), weekdays=weekdays, month_days=month_days, months=months)

    def on(day: date) -> bool:
        numbers = {day.day, day.day - length(day) - 1}
        return (
            (not weekdays or day.isoweekday() in weekdays)
            and (not month_days or bool(numbers & month_days))
            and (not months or day.month in months)
        )

    seconds = {second_of(datetime.combine(date.min, each)) for each in times}
    walked = two_years.fired(seconds, on, rule)
    agree(Schedule(triggers=(trigger,), dst_rule=rule), two_years.zone, walked, after, two_years.start + SPAN)


@ONE_ZONE
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data(), drawn=expressions(seconds=True), rule=RULES)
def test_seconds_fire_where_a_walk_second_by_second_sees_them(
    zone: str, data: st.DataObject, drawn: Drawn, rule: DstRule
) -> None:
    change = data.draw(st.sampled_from(CHANGES[zone]))
    walk = around(change, zone)
    after = change + timedelta(seconds=data.draw(st.integers(-7200, 7000)))
    walked = walk.fired(drawn.times, drawn.on, rule)
    schedule = Schedule(triggers=(cron_trigger(drawn.text),), dst_rule=rule)
    agree(schedule, walk.zone, walked, after, change + timedelta(hours=2))


@ONE_ZONE
@settings(max_examples=15, deadline=None, derandomize=True)
@given(drawn=st.lists(expressions(), min_size=2, max_size=4), rule=RULES, every=st.integers(1, 5000))
def test_a_union_fires_when_any_of_its_triggers_does_and_once(
    zone: str, drawn: list[Drawn], rule: DstRule, every: int
) -> None:
    triggers: list[Trigger] = [cron_trigger(each.text) for each in drawn]
    triggers.append(IntervalTrigger(every=timedelta(minutes=every)))
    after = CHANGES[zone][0] - timedelta(hours=30)
    until = after + timedelta(days=3)

    def fired(*chosen: Trigger) -> list[datetime]:
        schedule = Schedule(triggers=chosen, dst_rule=rule, end_time=until)
        return list(schedule.instants(after, ZoneInfo(zone)))

    assert fired(*triggers) == sorted({instant for trigger in triggers for instant in fired(trigger)})


def shown(zone: str, expression: str, rule: DstRule, after: str, count: int) -> list[str]:
    schedule = Schedule(triggers=(cron_trigger(expression),), dst_rule=rule)
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    return [
        each.astimezone(ZoneInfo(zone)).isoformat() for each in islice(schedule.instants(start, ZoneInfo(zone)), count)
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (DstRule.SKIP_GAP_FIRST_FOLD, ["2024-03-30T02:30:00+01:00", "2024-04-01T02:30:00+02:00"]),
        (DstRule.RUN_AFTER_GAP_FIRST_FOLD, ["2024-03-30T02:30:00+01:00", "2024-03-31T03:00:00+02:00"]),
        (DstRule.LITERAL, ["2024-03-30T02:30:00+01:00", "2024-04-01T02:30:00+02:00"]),
    ],
)
def test_each_rule_in_the_gap_of_spring(rule: DstRule, expected: list[str]) -> None:
    assert shown("Europe/Paris", "30 2 * * *", rule, "2024-03-30T00:00", 2) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (DstRule.SKIP_GAP_FIRST_FOLD, ["2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"]),
        (DstRule.RUN_AFTER_GAP_FIRST_FOLD, ["2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"]),
        (DstRule.LITERAL, ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"]),
    ],
)
def test_each_rule_in_the_fold_of_autumn(rule: DstRule, expected: list[str]) -> None:
    assert shown("Europe/Paris", "30 2 * * *", rule, "2024-10-27T00:00", 2) == expected


def test_many_times_in_one_gap_fire_once_when_it_ends() -> None:
    rule = DstRule.RUN_AFTER_GAP_FIRST_FOLD
    assert shown("Europe/Paris", "*/20 2,3 * * *", rule, "2024-03-31T00:00", 3) == [
        "2024-03-31T03:00:00+02:00",
        "2024-03-31T03:20:00+02:00",
        "2024-03-31T03:40:00+02:00",
    ]


def test_midnight_that_the_clocks_skip_runs_at_one() -> None:
    rule = DstRule.RUN_AFTER_GAP_FIRST_FOLD
    assert shown("America/Sao_Paulo", "0 0 * * *", rule, "2018-11-03T12:00", 1) == ["2018-11-04T01:00:00-02:00"]
    skipping = shown("America/Sao_Paulo", "0 0 * * *", DstRule.SKIP_GAP_FIRST_FOLD, "2018-11-03T12:00", 1)
    assert skipping == ["2018-11-05T00:00:00-02:00"]


def test_the_day_that_apia_lost_runs_when_the_next_begins_or_not_at_all() -> None:
    noon, after = "0 12 30 * *", "2011-12-29T13:00"
    assert shown("Pacific/Apia", noon, DstRule.RUN_AFTER_GAP_FIRST_FOLD, after, 1) == ["2011-12-31T00:00:00+14:00"]
    assert shown("Pacific/Apia", noon, DstRule.SKIP_GAP_FIRST_FOLD, after, 1) == ["2012-01-30T12:00:00+14:00"]


def test_an_excluded_day_that_the_clocks_skip_does_not_run_after_the_gap() -> None:
    for day in (date(2011, 12, 30), date(2011, 12, 31)):
        schedule = Schedule(
            triggers=(cron_trigger("0 12 30 * *"),),
            excluded_dates=frozenset({day}),
            dst_rule=DstRule.RUN_AFTER_GAP_FIRST_FOLD,
        )
        found = schedule.next_instant(datetime(2011, 12, 29, 23, tzinfo=UTC), ZoneInfo("Pacific/Apia"))
        assert found == datetime(2012, 1, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(name for name in available_timezones() if "/" in name)[::7])
def test_the_pieces_of_a_zone_show_what_its_clocks_show(name: str) -> None:
    zone = ZoneInfo(name)
    at = datetime(1999, 12, 1, tzinfo=UTC)
    while at < datetime(2002, 2, 1, tzinfo=UTC):
        piece = piece_at(zone, to_second(at))
        assert piece.start <= to_second(at) < piece.end
        assert at.astimezone(zone).utcoffset() == timedelta(seconds=piece.offset)
        at += timedelta(hours=11, minutes=17)


class NewYear(tzinfo):
    """A zone whose clocks go back at 23:30 UTC on New Year's Eve 2024, so that the repeat crosses the year."""

    change = datetime(2024, 12, 31, 23, 30)  # noqa: DTZ001 -- as `fromutc` is handed it

    def fromutc(self, shown: datetime) -> datetime:
        hours = 1 if shown.replace(tzinfo=None) < self.change else 0
        repeats = self.change <= shown.replace(tzinfo=None) < self.change + timedelta(hours=1)
        return (shown + timedelta(hours=hours)).replace(fold=int(repeats))

    def utcoffset(self, shown: datetime | None) -> timedelta:
        assert shown is not None
        wall = shown.replace(tzinfo=None, fold=0)
        summer = wall < self.change or (wall < self.change + timedelta(hours=1) and not shown.fold)
        return timedelta(hours=1 if summer else 0)

    def dst(self, shown: datetime | None) -> timedelta:
        return self.utcoffset(shown)

    def tzname(self, shown: datetime | None) -> str:
        return "New Year"


@pytest.mark.parametrize("rule", DstRule)
@pytest.mark.parametrize(
    ("zone", "start"),
    [
        (NewYear(), datetime(2024, 12, 31, tzinfo=UTC)),
        (ZoneInfo("Africa/Sao_Tome"), datetime(2017, 12, 31, tzinfo=UTC)),
        (ZoneInfo("Africa/Sao_Tome"), datetime(2018, 12, 31, tzinfo=UTC)),
        (ZoneInfo("Pacific/Kiritimati"), datetime(1994, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_change_of_the_clocks_at_new_year_is_as_any_other(zone: tzinfo, start: datetime, rule: DstRule) -> None:
    end = start + timedelta(days=4)
    walk = Walk(zone, start, end, timedelta(minutes=1))
    walked = walk.fired(frozenset(range(0, 86_400, 300)), lambda day: True, rule)
    agree(Schedule(triggers=(cron_trigger("*/5 * * * *"),), dst_rule=rule), zone, walked, start, end)


def test_seconds_and_instants_are_one_to_one() -> None:
    for at in (datetime(2024, 5, 6, 20, 30, 59, tzinfo=UTC), datetime(2, 1, 1, tzinfo=UTC)):
        assert to_instant(to_second(at)) == at
    assert to_second(datetime(2024, 5, 6, 22, 30, 59, 999_999, tzinfo=ZoneInfo("Europe/Paris"))) == to_second(
        datetime(2024, 5, 6, 20, 30, 59, tzinfo=UTC)
    )
