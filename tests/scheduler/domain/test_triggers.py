"""Unions of triggers, and the coalescing of missed instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.errors import BadTrigger, UnknownZone
from services.scheduler.domain.planning import DueTask, Firing, Unreadable, plan_firings
from services.scheduler.domain.triggers import (
    OnceTrigger,
    Trigger,
    cron_trigger,
    latest_instant,
    next_instant,
    trigger_from_json,
    trigger_to_json,
    zone_named,
)

PARIS = ZoneInfo("Europe/Paris")
NIGHT = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)  #: 22:30 in Paris


def due(*expressions: str, next_time: datetime = NIGHT, zone: str = "Europe/Paris") -> DueTask:
    return DueTask(number=1, triggers=[{"cron": each} for each in expressions], time_zone=zone, next_time=next_time)


def test_a_union_fires_at_the_earliest_of_its_triggers() -> None:
    once = OnceTrigger(time=NIGHT - timedelta(hours=1))
    triggers: list[Trigger] = [cron_trigger("30 22 * * *"), once]
    assert next_instant(triggers, NIGHT - timedelta(hours=2), PARIS) == once.time
    assert next_instant(triggers, once.time, PARIS) == NIGHT


def test_nothing_ever_fires_without_triggers_or_after_the_only_instant() -> None:
    assert next_instant([], NIGHT, PARIS) is None
    assert next_instant([OnceTrigger(time=NIGHT)], NIGHT, PARIS) is None


def test_triggers_survive_being_kept() -> None:
    for trigger in (cron_trigger("*/5  1-3 * * mon"), OnceTrigger(time=NIGHT)):
        assert trigger_from_json(trigger_to_json(trigger)) == trigger


def test_a_kind_of_trigger_from_another_release_is_refused() -> None:
    with pytest.raises(BadTrigger, match="interval"):
        trigger_from_json({"interval": "5m"})


@pytest.mark.parametrize("name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "Europe/paris "])
def test_what_is_no_zone_is_named(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone_named(name)


def test_a_task_on_time_fires_for_its_instant_and_moves_on() -> None:
    (firing,) = plan_firings([due("30 22 * * *")], NIGHT + timedelta(seconds=1))
    assert firing == Firing(task=1, nominal_time=NIGHT, next_time=NIGHT + timedelta(days=1))


def test_missed_nights_are_one_run_that_stands_for_the_latest() -> None:
    (firing,) = plan_firings([due("30 22 * * *")], NIGHT + timedelta(days=3, hours=5))
    assert firing == Firing(task=1, nominal_time=NIGHT + timedelta(days=3), next_time=NIGHT + timedelta(days=4))


def test_a_task_that_cannot_be_read_does_not_stop_the_others() -> None:
    first, second = plan_firings([due("no cron"), due("30 22 * * *")], NIGHT)
    assert isinstance(first, Unreadable)
    assert isinstance(second, Firing)


def test_a_zone_that_has_gone_does_not_stop_the_others() -> None:
    (only,) = plan_firings([due("30 22 * * *", zone="Mars/Olympus")], NIGHT)
    assert isinstance(only, Unreadable)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["*/7 * * * *", "0 3 * * *", "30 22 * * MON-SAT", "15 2 1 * *", "* 0 1 1 *"]),
    st.integers(60, 40 * 86400),
)
def test_the_latest_instant_is_the_one_a_walk_finds(expression: str, seconds: int) -> None:
    triggers = [cron_trigger(expression)]
    known = next_instant(triggers, NIGHT, PARIS)
    assert known is not None
    until = known + timedelta(seconds=seconds)
    walked = known
    while (following := next_instant(triggers, walked, PARIS)) is not None and following <= until:
        walked = following
    assert latest_instant(triggers, known, until, PARIS) == walked
