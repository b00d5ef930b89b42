"""That no instant is ever lost, counted twice or fired before its time, whatever the policies and the moments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.interval import IntervalTrigger
from services.scheduler.domain.planning import PORTION, DueTask, Fire, Plan
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap, jitter
from services.scheduler.domain.schedules import schedule_from_text
from services.scheduler.domain.sites import OperatingMode
from tests.scheduler.domain.nights import ALL, DAY, HOUR, MINUTE, NIGHT, NIGHTLY, SECOND, SKIP, plan, text

PARIS = ZoneInfo("Europe/Paris")
SCHEDULES = (
    text(IntervalTrigger(every=MINUTE)),
    text(IntervalTrigger(every=HOUR, phase=MINUTE), "*/7 * * * *"),
    text("*/20 22-2 * * *", "0 3 * * *"),
    text("*/5 * * * *", end=NIGHT + 3 * HOUR),
    text("~/10 * * * *"),
)
POLICIES = st.builds(
    MisfirePolicy,
    kind=st.sampled_from(MisfireKind),
    max_runs=st.integers(1, 5),
    grace=st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    window=st.one_of(st.none(), st.integers(1, 20_000).map(lambda seconds: timedelta(seconds=seconds))),
)
NOWS = st.integers(-60, 12 * 3600).map(lambda seconds: NIGHT + timedelta(seconds=seconds))


@st.composite
def due_tasks(draw: st.DrawFn) -> DueTask:
    schedule, number = draw(st.sampled_from(SCHEDULES)), draw(st.integers(1, 50))
    first = schedule_from_text(schedule).next_instant(NIGHT - SECOND, PARIS, number)
    assert first is not None
    waiting = draw(st.integers(0, 1))
    return DueTask(
        number=number,
        schedule=schedule,
        time_zone="Europe/Paris",
        next_time=first,
        misfire=draw(POLICIES),
        overlap=draw(st.sampled_from(Overlap)),
        jitter=timedelta(seconds=draw(st.sampled_from([0, 30, 3600]))),
        site="central",
        mode=draw(st.sampled_from([OperatingMode.NORMAL, OperatingMode.NORMAL, OperatingMode.TRAINING])),
        online=draw(st.booleans()),
        unfinished=waiting + draw(st.integers(0, 1)),
        waiting=waiting,
    )


def looks(task: DueTask, now: datetime, portion: int) -> list[Plan]:
    """Looks again as long as something is due."""
    plans: list[Plan] = []
    while not plans or (task.next_time <= now and (plans[-1].fire_time or now) <= now):
        plans.append(plan(task, now, portion))
        following = plans[-1].next_time
        if following is None:
            break
        assert len(plans) == 1 or following > task.next_time, "a look goes on"
        task = replace(task, next_time=following)
    return plans


def spans(plans: Sequence[Plan]) -> list[tuple[datetime, datetime, int]]:
    """All that was decided: first and last instant, and how many."""
    found = [
        *((each.first_time, each.nominal_time, each.count) for one in plans for each in one.fires),
        *((each.first_time, each.nominal_time, each.count) for one in plans for each in [one.hold] if each),
        *((each.first_time, each.last_time, each.count) for one in plans for each in one.skips),
    ]
    return sorted(found)


def due_instants(task: DueTask, now: datetime) -> tuple[list[datetime], datetime | None, datetime | None]:
    """Those whose time and jitter have passed, by looking at each; and the next one with when it is due."""
    schedule = schedule_from_text(task.schedule)
    after = task.next_time - SECOND
    instants = list(takewhile(lambda each: each <= now + 2 * DAY, schedule.instants(after, PARIS, task.number)))
    followers: list[datetime | None] = [*instants[1:], None]
    due: list[datetime] = []
    for instant, following in zip(instants, followers, strict=True):
        later = jitter(task.number, instant, task.jitter, following) if task.jitter else timedelta(0)
        if instant + later > now:
            return due, instant, instant + later
        due.append(instant)
    return due, None, None


@settings(max_examples=400, deadline=None, derandomize=True)
@given(due_tasks(), NOWS, st.integers(8, 40))
def test_every_due_instant_is_accounted_for_exactly_once(task: DueTask, now: datetime, portion: int) -> None:
    plans = looks(task, now, portion)
    due, following, fire_time = due_instants(task, now)
    place = 0
    for first, last, count in spans(plans):
        assert due[place] == first
        place += count
        assert due[place - 1] == last
    assert place == len(due)
    assert (plans[-1].next_time, plans[-1].fire_time) == (following, fire_time)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(due_tasks(), NOWS, st.integers(8, 40))
def test_portions_fire_what_one_look_would(task: DueTask, now: datetime, portion: int) -> None:
    plans, whole = looks(task, now, portion), plan(task, now)

    def names(fires: Sequence[Fire]) -> list[datetime]:
        return [each.nominal_time for each in fires]

    assert [name for one in plans for name in names(one.fires)] == names(whole.fires)
    assert [one.hold.nominal_time for one in plans if one.hold] == ([whole.hold.nominal_time] if whole.hold else [])
    assert any(one.cancel_running for one in plans) == whole.cancel_running
    if task.misfire.kind is not MisfireKind.ONCE:
        fires = [each for one in plans for each in one.fires]
        assert fires == list(whole.fires)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(due_tasks(), st.lists(st.integers(1, 4000), min_size=1, max_size=40))
def test_looks_at_any_moments_fire_each_instant_once_and_not_before_it_is_due(task: DueTask, steps: list[int]) -> None:
    now, fires = NIGHT, list[Fire]()
    everything = MisfirePolicy(kind=MisfireKind.ALL, max_runs=1000)
    current: DueTask | None = replace(
        task, mode=OperatingMode.NORMAL, online=True, overlap=Overlap.ALLOW, misfire=everything
    )
    for step in steps:
        now += timedelta(seconds=step)
        if current is not None:
            found = plan(current, now)
            fires += found.fires
            assert found.skips == ()
            current = replace(current, next_time=found.next_time) if found.next_time else None
    due, _, _ = due_instants(task, now)
    assert [each.nominal_time for each in fires] == due
    assert all(each.count == 1 for each in fires)


def test_a_portion_that_ends_at_an_instant_whose_jitter_runs_keeps_back_all_that_may_be_made_up() -> None:
    minutes = [NIGHT + n * MINUTE for n in range(10)]
    later = jitter(1, minutes[9], MINUTE, minutes[9] + MINUTE)
    assert later > SECOND
    task = replace(
        NIGHTLY,
        schedule=text(IntervalTrigger(every=MINUTE)),
        jitter=MINUTE,
        misfire=MisfirePolicy(kind=MisfireKind.ALL, max_runs=2, grace=HOUR),
    )
    plans = looks(task, minutes[9] + later - SECOND, portion=9)
    assert len(plans) == 2
    assert [each.nominal_time for each in plans[1].fires] == minutes[6:9], "two missed, one on time"


@pytest.mark.parametrize("policy", [MisfirePolicy(), SKIP, replace(ALL, max_runs=1000)])
def test_three_days_of_missed_seconds_are_walked_in_portions(policy: MisfirePolicy) -> None:
    start = NIGHT - 3 * DAY
    task = replace(NIGHTLY, schedule=text("* * * * * *"), next_time=start, misfire=policy)
    plans = looks(task, NIGHT, PORTION)
    assert len(plans) == 6
    assert sum(count for _, _, count in spans(plans)) == 3 * 86_400 + 1
    fires = [each for one in plans for each in one.fires]
    assert fires[-1].nominal_time == NIGHT
    assert len(fires) == (1001 if policy.kind is MisfireKind.ALL else 1)
    assert all(one.fires == () for one in plans[:-1])
