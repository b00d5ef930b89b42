"""Triggers one by one: intervals, calendars, single instants, and how each is kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.errors import BadTrigger, UnknownZone
from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.triggers import (
    OnceTrigger,
    Trigger,
    cron_trigger,
    trigger_from_json,
    trigger_to_json,
    zone_named,
)

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)  #: 22:30 in Paris, a Monday
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 90_000), st.integers(0, 90_000), st.integers(-1_000_000, 2_000_000_000))
def test_an_interval_counts_whole_steps_from_its_phase(every: int, phase: int, after: int) -> None:
    trigger = IntervalTrigger(every=timedelta(seconds=every), phase=timedelta(seconds=phase % every))
    start = EPOCH + timedelta(seconds=after)
    found = trigger.next_instant(start, PARIS)
    assert found is not None
    assert start < found <= start + trigger.every
    assert (found - EPOCH - trigger.phase) % trigger.every == timedelta(0)


def test_an_interval_is_not_moved_by_a_change_of_the_clocks() -> None:
    trigger = IntervalTrigger(every=timedelta(hours=4))
    before = datetime(2024, 3, 31, 0, tzinfo=UTC)
    assert trigger.next_instant(before, PARIS) == before + timedelta(hours=4)


def test_an_interval_passes_over_excluded_days_as_the_zone_shows_them() -> None:
    trigger = IntervalTrigger(every=timedelta(seconds=1))
    excluded = frozenset({date(2024, 3, 31), date(2024, 4, 1)})
    last = datetime(2024, 3, 30, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in Paris
    assert trigger.next_instant(last, PARIS, excluded=excluded) == datetime(2024, 4, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "phase", "says"),
    [
        (timedelta(0), timedelta(0), "every: write whole seconds, 1 s to 366 days"),
        (timedelta(seconds=1.5), timedelta(0), "every"),
        (timedelta(days=367), timedelta(0), "every"),
        (timedelta(seconds=-5), timedelta(0), "every"),
        (timedelta(hours=1), timedelta(hours=1), "phase: write whole seconds, 0 s or more"),
        (timedelta(hours=1), timedelta(seconds=-1), "phase"),
        (timedelta(hours=1), timedelta(milliseconds=1), "phase"),
    ],
)
def test_an_interval_out_of_bounds_is_refused(every: timedelta, phase: timedelta, says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        IntervalTrigger(every=every, phase=phase)


def test_a_calendar_fires_where_all_its_restrictions_hold() -> None:
    trigger = CalendarTrigger(
        times=(time(22, 30), time(6)),
        weekdays=frozenset({1, 5}),
        month_days=frozenset({-1, 13}),
        months=frozenset({9, 12}),
    )
    found, seen = NIGHT, list[str]()
    while len(seen) < 5:
        following = trigger.next_instant(found, PARIS)
        assert following is not None
        found = following
        seen.append(f"{found.astimezone(PARIS):%Y-%m-%d %H:%M}")
    assert seen == [
        "2024-09-13 06:00",  # a Friday
        "2024-09-13 22:30",
        "2024-09-30 06:00",  # a Monday
        "2024-09-30 22:30",
        "2024-12-13 06:00",  # a Friday
    ]


@pytest.mark.parametrize(
    ("trigger", "says"),
    [
        (lambda: CalendarTrigger(times=()), "times: write 1 to 100"),
        (lambda: CalendarTrigger(times=tuple(time(0, 0, n) for n in range(50)) * 3), "times: write 1 to 100"),
        (lambda: CalendarTrigger(times=(time(1, microsecond=1),)), "times: write whole seconds"),
        (lambda: CalendarTrigger(times=(time(1, tzinfo=UTC),)), "without a zone"),
        (lambda: CalendarTrigger(times=(time(1),), weekdays=frozenset({0})), "weekdays: write"),
        (lambda: CalendarTrigger(times=(time(1),), month_days=frozenset({0})), "month_days: write"),
        (lambda: CalendarTrigger(times=(time(1),), month_days=frozenset({-32})), "month_days: write"),
        (lambda: CalendarTrigger(times=(time(1),), months=frozenset({13})), "months: write 1 to 12"),
    ],
)
def test_a_calendar_out_of_bounds_is_refused(trigger: Callable[[], CalendarTrigger], says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        trigger()


def test_a_single_instant_fires_once_and_not_on_an_excluded_day() -> None:
    trigger = OnceTrigger(time=NIGHT)
    assert trigger.next_instant(NIGHT - timedelta(microseconds=1), PARIS) == NIGHT
    assert trigger.next_instant(NIGHT, PARIS) is None
    assert trigger.next_instant(EPOCH, PARIS, excluded=frozenset({date(2024, 5, 6)})) is None


def test_triggers_survive_being_kept() -> None:
    triggers: list[Trigger] = [
        cron_trigger("*/5  1-3 * * mon"),
        IntervalTrigger(every=timedelta(minutes=5), phase=timedelta(seconds=7)),
        CalendarTrigger(times=(time(22, 30), time(6, 0, 1)), weekdays=frozenset({7}), month_days=frozenset({-1, 3})),
        CalendarTrigger(times=(time(0),), months=frozenset({12})),
        OnceTrigger(time=NIGHT),
    ]
    for trigger in triggers:
        assert trigger_from_json(trigger_to_json(trigger)) == trigger


def test_a_calendar_is_kept_in_one_form_however_its_times_were_written() -> None:
    one = CalendarTrigger(times=(time(22, 30), time(6), time(22, 30)))
    assert one == CalendarTrigger(times=(time(6), time(22, 30)))


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"sunset": "Paris"}, "kind \\['sunset'\\] is not known here"),
        ({"interval": {"every": "5m", "phase": 0}}, "not known here"),
        ({"interval": {"every": 10**30, "phase": 0}}, "more than any calendar has"),
        ({"once": "0001-01-01T00:00:00+14:00"}, "is not an instant"),
        ({"once": "0001-01-01T00:00:00+00:00"}, "time: write an instant of the years 2 to 9998"),
        ({"once": "tomorrow"}, "`tomorrow` is not an instant"),
        ({"once": "2024-05-06T20:30:00"}, "has no offset"),
        ({"calendar": {"times": ["25:00"], "weekdays": [], "month_days": [], "months": []}}, "not a time of day"),
        ({"calendar": {"times": ["05:00"], "weekdays": ["MON"], "month_days": [], "months": []}}, "whole numbers"),
    ],
)
def test_a_trigger_of_another_release_is_refused(kept: dict[str, JSON], says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        trigger_from_json(kept)


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "Europe/paris "])
def test_what_is_no_zone_is_named(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_named(name)
