"""What becomes of instants that have come: each rule by itself."""

from dataclasses import replace

import pytest

from services.scheduler.domain.planning import Plan, Unreadable, plan_firings
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap, SkipReason, jitter
from services.scheduler.domain.sites import OperatingMode
from tests.scheduler.domain.nights import ALL, DAY, HOUR, MINUTE, NIGHT, NIGHTLY, SECOND, SKIP, fire, plan, skip, text


def test_a_task_on_time_fires_for_its_instant_and_moves_on() -> None:
    assert plan(NIGHTLY, NIGHT + SECOND) == Plan(
        task=1, fires=(fire(NIGHT),), next_time=NIGHT + DAY, fire_time=NIGHT + DAY
    )


def test_a_task_whose_last_instant_has_come_has_no_next() -> None:
    last = plan(replace(NIGHTLY, schedule=text("30 22 * * *", end=NIGHT)), NIGHT)
    assert last == Plan(task=1, fires=(fire(NIGHT),))


def test_a_task_that_is_not_due_keeps_its_time() -> None:
    early = plan(NIGHTLY, NIGHT - SECOND)
    assert early == Plan(task=1, next_time=NIGHT, fire_time=NIGHT)


@pytest.mark.parametrize("kind", MisfireKind)
def test_an_instant_within_its_grace_is_on_time_whatever_the_policy(kind: MisfireKind) -> None:
    task = replace(NIGHTLY, misfire=MisfirePolicy(kind=kind, grace=MINUTE, window=SECOND))
    assert plan(task, NIGHT + MINUTE).fires == (fire(NIGHT),)
    late = plan(task, NIGHT + MINUTE + SECOND)
    assert late.fires == ()
    assert late.skips == (skip(SkipReason.MISFIRE, NIGHT, NIGHT, 1),)


def test_missed_nights_are_one_run_that_stands_for_the_latest() -> None:
    late = plan(NIGHTLY, NIGHT + 3 * DAY + 5 * HOUR)
    assert late.fires == (fire(NIGHT + 3 * DAY, NIGHT, 4),)
    assert late.skips == ()
    assert late.next_time == NIGHT + 4 * DAY


def test_a_latest_instant_on_time_swallows_those_missed_before_it() -> None:
    assert plan(NIGHTLY, NIGHT + 3 * DAY + SECOND).fires == (fire(NIGHT + 3 * DAY, NIGHT, 4),)


def test_missed_nights_are_skipped_and_the_latest_runs_where_it_is_on_time() -> None:
    task = replace(NIGHTLY, misfire=SKIP)
    on_time = plan(task, NIGHT + 3 * DAY + SECOND)
    assert on_time.fires == (fire(NIGHT + 3 * DAY),)
    assert on_time.skips == (skip(SkipReason.MISFIRE, NIGHT, NIGHT + 2 * DAY, 3),)
    late = plan(task, NIGHT + 3 * DAY + HOUR)
    assert late.fires == ()
    assert late.skips == (skip(SkipReason.MISFIRE, NIGHT, NIGHT + 3 * DAY, 4),)


def test_missed_nights_run_one_by_one_up_to_a_bound() -> None:
    task = replace(NIGHTLY, misfire=replace(ALL, max_runs=2))
    late = plan(task, NIGHT + 3 * DAY + HOUR)
    assert late.fires == (fire(NIGHT + 2 * DAY), fire(NIGHT + 3 * DAY))
    assert late.skips == (skip(SkipReason.MISFIRE, NIGHT, NIGHT + DAY, 2),)
    on_time = plan(task, NIGHT + 3 * DAY + SECOND)
    assert on_time.fires == (fire(NIGHT + DAY), fire(NIGHT + 2 * DAY), fire(NIGHT + 3 * DAY))


def test_what_was_missed_for_longer_than_the_window_is_never_made_up() -> None:
    now = NIGHT + 3 * DAY + HOUR
    once = replace(NIGHTLY, misfire=MisfirePolicy(window=DAY + HOUR))
    assert plan(once, now).fires == (fire(NIGHT + 3 * DAY, NIGHT + 2 * DAY, 2),)
    assert plan(once, now).skips == (skip(SkipReason.MISFIRE, NIGHT, NIGHT + DAY, 2),)
    every = replace(NIGHTLY, misfire=replace(ALL, window=DAY + HOUR))
    assert plan(every, now).fires == (fire(NIGHT + 2 * DAY), fire(NIGHT + 3 * DAY))
    none = plan(replace(NIGHTLY, misfire=MisfirePolicy(window=MINUTE)), now)
    assert (none.fires, none.skips) == ((), (skip(SkipReason.MISFIRE, NIGHT, NIGHT + 3 * DAY, 4),))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(OperatingMode.ISOLATED, SkipReason.ISOLATED), (OperatingMode.TRAINING, SkipReason.TRAINING)],
)
def test_a_site_that_is_not_normal_fires_nothing_and_says_why(mode: OperatingMode, reason: SkipReason) -> None:
    still = plan(replace(NIGHTLY, mode=mode, online=False, overlap=Overlap.CANCEL_RUNNING, unfinished=1), NIGHT + DAY)
    assert still.skips == (skip(reason, NIGHT, NIGHT + DAY, 2),)
    assert (still.fires, still.hold, still.cancel_running) == ((), None, False)
    assert still.next_time == NIGHT + 2 * DAY


def test_what_would_fire_at_an_offline_site_is_held_as_one() -> None:
    for policy in (MisfirePolicy(), ALL):
        away = plan(replace(NIGHTLY, online=False, misfire=policy), NIGHT + 2 * DAY + SECOND)
        assert away.hold == fire(NIGHT + 2 * DAY, NIGHT, 3)
        assert (away.fires, away.skips) == ((), ())


def test_a_run_is_held_even_beside_one_that_has_not_ended() -> None:
    for overlap in Overlap:
        away = plan(replace(NIGHTLY, online=False, overlap=overlap, unfinished=2, waiting=1, held=9), NIGHT)
        assert away.hold == fire(NIGHT)
        assert not away.cancel_running


def test_what_an_offline_site_missed_for_good_is_skipped_rather_than_held() -> None:
    away = plan(replace(NIGHTLY, online=False, misfire=SKIP), NIGHT + HOUR)
    assert (away.hold, away.skips) == (None, (skip(SkipReason.MISFIRE, NIGHT, NIGHT, 1),))


def test_an_overlap_is_skipped_with_all_that_the_run_would_have_stood_for() -> None:
    busy = plan(replace(NIGHTLY, unfinished=1), NIGHT + 2 * DAY)
    assert busy.fires == ()
    assert busy.skips == (skip(SkipReason.OVERLAP, NIGHT, NIGHT + 2 * DAY, 3),)


def test_runs_made_up_together_do_not_overlap_each_other() -> None:
    assert len(plan(replace(NIGHTLY, misfire=ALL), NIGHT + 2 * DAY).fires) == 3
    busy = plan(replace(NIGHTLY, misfire=replace(ALL, max_runs=1), unfinished=1), NIGHT + 2 * DAY)
    assert busy.fires == ()
    assert busy.skips == (
        skip(SkipReason.MISFIRE, NIGHT, NIGHT, 1),
        skip(SkipReason.OVERLAP, NIGHT + DAY, NIGHT + 2 * DAY, 2),
    )


def test_one_run_waits_behind_another_and_no_second_one() -> None:
    task = replace(NIGHTLY, overlap=Overlap.BUFFER_ONE)
    assert plan(replace(task, unfinished=1), NIGHT).fires == (fire(NIGHT),)
    full = plan(replace(task, unfinished=2, waiting=1), NIGHT)
    assert (full.fires, full.skips) == ((), (skip(SkipReason.OVERLAP, NIGHT, NIGHT, 1),))
    many = plan(replace(task, misfire=ALL, unfinished=1), NIGHT + 2 * DAY)
    assert many.fires == (fire(NIGHT),), "the earliest waits"
    assert many.skips == (skip(SkipReason.OVERLAP, NIGHT + DAY, NIGHT + 2 * DAY, 2),)


def test_what_runs_is_cancelled_for_the_latest() -> None:
    task = replace(NIGHTLY, overlap=Overlap.CANCEL_RUNNING, misfire=ALL)
    free = plan(task, NIGHT + DAY)
    assert (free.fires, free.cancel_running) == ((fire(NIGHT + DAY),), False)
    assert free.skips == (skip(SkipReason.OVERLAP, NIGHT, NIGHT, 1),)
    assert plan(replace(task, unfinished=1), NIGHT).cancel_running
    missed = plan(replace(task, misfire=SKIP, unfinished=1), NIGHT + HOUR)
    assert not missed.cancel_running, "nothing runs in its place"


def test_runs_may_be_allowed_beside_each_other() -> None:
    assert plan(replace(NIGHTLY, overlap=Overlap.ALLOW, unfinished=5, waiting=5), NIGHT).fires == (fire(NIGHT),)


def test_a_jitter_puts_off_when_an_instant_is_due_and_not_its_name() -> None:
    task = replace(NIGHTLY, jitter=HOUR)
    later = jitter(1, NIGHT, HOUR, NIGHT + DAY)
    assert later > 2 * SECOND
    early = plan(task, NIGHT + later - SECOND)
    assert early == Plan(task=1, next_time=NIGHT, fire_time=NIGHT + later)
    due = plan(task, NIGHT + later)
    assert due.fires == (fire(NIGHT),)
    assert due.next_time == NIGHT + DAY
    assert due.fire_time == NIGHT + DAY + jitter(1, NIGHT + DAY, HOUR, NIGHT + 2 * DAY)
    grace = replace(task, misfire=MisfirePolicy(kind=MisfireKind.SKIP, grace=MINUTE))
    assert plan(grace, NIGHT + later + MINUTE).fires == (fire(NIGHT),), "late counts from when it was due"
    assert plan(grace, NIGHT + later + MINUTE + SECOND).fires == ()


@pytest.mark.parametrize("broken", ["no schedule", '{"triggers":[{"cron":"no cron"}]}'])
def test_a_task_that_cannot_be_read_does_not_stop_the_others(broken: str) -> None:
    first, second = plan_firings([replace(NIGHTLY, number=2, schedule=broken), NIGHTLY], NIGHT)
    assert isinstance(first, Unreadable)
    assert first.task == 2
    assert second == plan(NIGHTLY, NIGHT)


def test_a_zone_that_has_gone_does_not_stop_the_others() -> None:
    (only,) = plan_firings([replace(NIGHTLY, time_zone="Mars/Olympus")], NIGHT)
    assert only == Unreadable(task=1, why="`Mars/Olympus` is not an IANA time zone; write one such as `Europe/Paris`")


def test_tasks_that_one_look_has_no_time_for_have_no_plan_and_stay_due() -> None:
    tasks = [replace(NIGHTLY, number=number) for number in range(1, 5)]
    now = NIGHT + 2 * DAY + SECOND
    first = list(plan_firings(tasks, now, most=4))
    assert [each.task for each in first] == [1, 2]
    assert [each.task for each in plan_firings(tasks[2:], now, most=0)] == [3]
