"""What a schedule missed between two moments, however much it was."""

from datetime import UTC, datetime, timedelta

from services.scheduler.domain.missed import Missed, missed_since
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.triggers import cron_trigger

MINUTELY = Schedule(triggers=(cron_trigger("* * * * *"),))
SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def missed(minutes: float, most: int, schedule: Schedule = MINUTELY) -> Missed:
    return missed_since(schedule, SINCE, SINCE + minutes * MINUTE, UTC, 1, most=most)


def test_each_instant_up_to_now_is_counted() -> None:
    assert missed(5.5, 100) == Missed(first_time=SINCE, last_time=SINCE + 5 * MINUTE, count=6)
    assert missed(5, 100) == Missed(first_time=SINCE, last_time=SINCE + 5 * MINUTE, count=6)
    assert missed(0, 100) == Missed(first_time=SINCE, last_time=SINCE, count=1)


def test_of_very_many_the_last_is_named_all_the_same() -> None:
    assert missed(5000.5, 10) == Missed(first_time=SINCE, last_time=SINCE + 5000 * MINUTE, count=11)
    assert missed(5, 5) == Missed(first_time=SINCE, last_time=SINCE + 5 * MINUTE, count=6)


def test_a_schedule_that_ended_meanwhile_ends_with_its_last_instant() -> None:
    ended = Schedule(triggers=MINUTELY.triggers, end_time=SINCE + 20 * MINUTE)
    assert missed(5000, 10, ended) == Missed(first_time=SINCE, last_time=SINCE + 20 * MINUTE, count=11)
    assert missed(5000, 100, ended) == Missed(first_time=SINCE, last_time=SINCE + 20 * MINUTE, count=21)
