"""Schedules: unions, exclusions and bounds; what never fires and why; the text in which they are kept."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.calendar_trigger import CalendarTrigger
from services.scheduler.domain.dst import DstRule
from services.scheduler.domain.errors import BadTrigger, NeverFires
from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.schedules import (
    Schedule,
    next_time,
    schedule_from_json,
    schedule_from_text,
    schedule_to_json,
    schedule_to_text,
)
from services.scheduler.domain.task_types import JSON
from services.scheduler.domain.triggers import OnceTrigger, cron_trigger

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)  #: 22:30 in Paris
DAY = timedelta(days=1)
NIGHTLY = cron_trigger("30 22 * * *")
#: The last Sunday of March, in the hour that the clocks of Paris skip.
IN_THE_GAP = CalendarTrigger(
    times=(time(2), time(2, 59, 59)),
    weekdays=frozenset({7}),
    month_days=frozenset(range(-7, 0)),
    months=frozenset({3}),
)


def test_a_union_fires_at_the_earliest_of_its_triggers_and_once_where_two_agree() -> None:
    once = OnceTrigger(time=NIGHT - timedelta(hours=1))
    schedule = Schedule(triggers=(NIGHTLY, once, cron_trigger("30 22 * * MON"), OnceTrigger(time=NIGHT)))
    found = list(islice(schedule.instants(NIGHT - timedelta(hours=2), PARIS), 3))
    assert found == [once.time, NIGHT, NIGHT + DAY]


def test_nothing_ever_fires_without_triggers_or_after_the_only_instant() -> None:
    assert Schedule().next_instant(NIGHT, PARIS) is None
    assert Schedule(triggers=(OnceTrigger(time=NIGHT),)).next_instant(NIGHT, PARIS) is None
    Schedule().check(PARIS)


def test_start_and_end_are_themselves_inside() -> None:
    schedule = Schedule(triggers=(NIGHTLY,), start_time=NIGHT, end_time=NIGHT + 2 * DAY)
    assert list(schedule.instants(NIGHT - 30 * DAY, PARIS)) == [NIGHT, NIGHT + DAY, NIGHT + 2 * DAY]


def test_excluded_dates_are_those_of_the_zone() -> None:
    late = Schedule(triggers=(cron_trigger("30 0 * * *"),), excluded_dates=frozenset({date(2024, 5, 8)}))
    assert list(islice(late.instants(NIGHT, PARIS), 2)) == [
        datetime(2024, 5, 6, 22, 30, tzinfo=UTC),  # 7 May, 00:30 in Paris
        datetime(2024, 5, 8, 22, 30, tzinfo=UTC),
    ]


def test_a_thousand_excluded_dates_are_passed_over() -> None:
    leaps = [date(year, 2, 29) for year in range(2024, 2400, 4) if year not in (2100, 2200, 2300)]
    schedule = Schedule(triggers=(cron_trigger("0 0 29 2 *"),), excluded_dates=frozenset(leaps))
    assert schedule.next_instant(datetime(2024, 1, 1, tzinfo=UTC), PARIS) == datetime(2400, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        (Schedule(triggers=(cron_trigger("0 0 30 2 *"),)), "`0 0 30 2 \\*` never fires: February has no 30th day"),
        (Schedule(triggers=(NIGHTLY, cron_trigger("0 0 31 4,6 *"))), "April and June have no 31st day; choose another"),
        (Schedule(triggers=(cron_trigger("0 0 30,31W FEB */2"),)), "February has no 30th day"),
        (Schedule(triggers=(cron_trigger("0 0 L-30 2 *"),)), "February has no 31st day"),
        (Schedule(triggers=(cron_trigger("0 0 1W * */6"),)), "never fall on its days of the week"),
        (
            Schedule(triggers=(CalendarTrigger(times=(time(1),), month_days=frozenset({-31}), months=frozenset({2})),)),
            "at 01:00:00 never fires: February has no 31st day",
        ),
        (
            Schedule(triggers=(IN_THE_GAP,)),
            "at 02:00:00, 02:59:59 never fires: in Europe/Paris these times fall only into hours that the clocks skip",
        ),
        (Schedule(triggers=(IN_THE_GAP,), dst_rule=DstRule.LITERAL), "hours that the clocks skip"),
        (
            Schedule(triggers=(NIGHTLY,), start_time=NIGHT, end_time=NIGHT - DAY),
            "end_time lies before start_time",
        ),
        (
            Schedule(triggers=(NIGHTLY,), start_time=NIGHT + timedelta(hours=1), end_time=NIGHT + timedelta(hours=2)),
            "no instant lies between start_time and end_time",
        ),
        (
            Schedule(triggers=(OnceTrigger(time=NIGHT),), excluded_dates=frozenset({date(2024, 5, 6)})),
            "every date on which it would fire is excluded",
        ),
        (
            Schedule(
                triggers=(NIGHTLY,),
                start_time=NIGHT,
                end_time=NIGHT + DAY,
                excluded_dates=frozenset({date(2024, 5, 6), date(2024, 5, 7)}),
            ),
            "every date on which it would fire is excluded",
        ),
    ],
)
def test_what_never_fires_says_why(schedule: Schedule, says: str) -> None:
    with pytest.raises(NeverFires, match=says):
        schedule.check(PARIS)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(triggers=(IN_THE_GAP,), dst_rule=DstRule.RUN_AFTER_GAP_FIRST_FOLD),
        Schedule(triggers=(cron_trigger("0 0 30 2 MON"),)),
        Schedule(triggers=(cron_trigger("0 0 29 2 */7"),)),
        Schedule(triggers=(OnceTrigger(time=NIGHT),)),
        Schedule(triggers=(NIGHTLY,), end_time=datetime(2020, 1, 1, tzinfo=UTC)),
        Schedule(triggers=(IntervalTrigger(every=DAY),), start_time=NIGHT, end_time=NIGHT + DAY),
    ],
)
def test_what_can_fire_is_accepted(schedule: Schedule) -> None:
    schedule.check(PARIS)


def test_times_that_one_zone_skips_are_fine_in_another() -> None:
    Schedule(triggers=(IN_THE_GAP,)).check(ZoneInfo("Africa/Abidjan"))


def test_bounds_are_told() -> None:
    with pytest.raises(BadTrigger, match="at most 20 triggers"):
        Schedule(triggers=(NIGHTLY,) * 21)
    with pytest.raises(BadTrigger, match="at most 1000 excluded dates"):
        Schedule(excluded_dates=frozenset(date(2024, 1, 1) + n * DAY for n in range(1001)))


@pytest.mark.parametrize("instant", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_an_instant_that_no_calendar_reaches_is_refused(instant: datetime) -> None:
    for field in ("start_time", "end_time"):
        with pytest.raises(BadTrigger, match=f"{field}: write an instant of the years 2 to 9998"):
            schedule_from_json({"triggers": [], field: instant.isoformat()})
    for edge in (datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)):
        daily = Schedule(triggers=(cron_trigger("0 12 * * *"),), start_time=edge)
        daily.check(PARIS)
        assert daily.next_instant(NIGHT, PARIS) is not None


def test_a_search_that_reaches_the_end_of_the_calendar_ends() -> None:
    eve = datetime(9999, 12, 30, tzinfo=UTC)
    schedule = Schedule(triggers=(NIGHTLY, IntervalTrigger(every=10 * DAY)))
    assert schedule.next_instant(eve, PARIS) is None


FULL = Schedule(
    triggers=(NIGHTLY, IntervalTrigger(every=DAY), IN_THE_GAP, OnceTrigger(time=NIGHT)),
    excluded_dates=frozenset({date(2024, 12, 25), date(2024, 5, 1)}),
    start_time=NIGHT,
    end_time=NIGHT + 400 * DAY,
    dst_rule=DstRule.LITERAL,
)


@pytest.mark.parametrize("schedule", [Schedule(), Schedule(triggers=(NIGHTLY,)), FULL])
def test_a_schedule_survives_being_kept(schedule: Schedule) -> None:
    assert schedule_from_json(schedule_to_json(schedule)) == schedule
    assert schedule_from_text(schedule_to_text(schedule)) == schedule


def test_equal_schedules_have_one_text_and_are_read_once() -> None:
    text = schedule_to_text(FULL)
    again = Schedule(
        triggers=FULL.triggers,
        excluded_dates=frozenset(sorted(FULL.excluded_dates, reverse=True)),
        start_time=NIGHT.astimezone(PARIS),
        end_time=FULL.end_time,
        dst_rule=DstRule.LITERAL,
    )
    assert schedule_to_text(again) == text
    assert schedule_from_text(text) is schedule_from_text(text)


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"triggers": [], "moon": "full"}, "\\['moon'\\] is not known here"),
        ({"triggers": "30 22 * * *"}, "must be lists"),
        ({"triggers": ["30 22 * * *"]}, "must be JSON objects"),
        ({"triggers": [], "dst_rule": "guess"}, "`guess`"),
        ({"triggers": [], "excluded_dates": ["Christmas"]}, "`Christmas` is not a date"),
        ({"triggers": [], "start_time": "now"}, "`now` is not an instant"),
    ],
)
def test_a_schedule_of_another_release_is_refused(kept: dict[str, JSON], says: str) -> None:
    with pytest.raises(BadTrigger, match=says):
        schedule_from_json(kept)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_text_that_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadTrigger, match="JSON"):
        schedule_from_text(text)


def test_what_is_remembered_is_what_would_be_found() -> None:
    spread = schedule_to_text(Schedule(triggers=(cron_trigger("~ ~ * * *"),)))
    plain = schedule_to_text(Schedule(triggers=(NIGHTLY,)))
    for text in (spread, plain):
        for seed in (1, 2, 3, 1):
            for zone in ("Europe/Paris", "Pacific/Apia"):
                found = schedule_from_text(text).next_instant(NIGHT, ZoneInfo(zone), seed)
                assert next_time(text, zone, NIGHT, seed) == found
    assert len({next_time(spread, "Europe/Paris", NIGHT, seed) for seed in range(20)}) > 10
    assert len({next_time(plain, "Europe/Paris", NIGHT, seed) for seed in range(20)}) == 1
