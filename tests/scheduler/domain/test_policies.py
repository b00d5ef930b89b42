"""Bounds of the policies, and the jitter that every planner draws alike."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.policies import MisfirePolicy, jitter, misfire_problems

NIGHT = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.integers(1, 10**9),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- bounds of hypothesis are naive
    st.timedeltas(timedelta(microseconds=1), timedelta(days=1)),
    st.one_of(st.none(), st.timedeltas(timedelta(microseconds=1), timedelta(days=2))),
)
def test_a_jitter_stays_below_its_spread_and_before_the_following_instant(
    task: int, nominal: datetime, spread: timedelta, gap: timedelta | None
) -> None:
    following = None if gap is None else nominal + gap
    drawn = jitter(task, nominal, spread, following)
    assert timedelta(0) <= drawn < spread
    assert following is None or nominal + drawn < following
    assert jitter(task, nominal.astimezone(), spread, following) == drawn


def test_jitters_of_many_tasks_and_of_many_nights_fill_the_spread_evenly() -> None:
    tasks = [jitter(task, NIGHT, HOUR, None) for task in range(1000)]
    nights = [jitter(1, NIGHT + timedelta(days=day), HOUR, None) for day in range(1000)]
    for drawn in (tasks, nights):
        for quarter in range(4):
            inside = [each for each in drawn if HOUR / 4 * quarter <= each < HOUR / 4 * (quarter + 1)]
            assert 200 < len(inside) < 300


def test_a_jitter_is_pinned_so_that_another_release_draws_the_same() -> None:
    assert jitter(7, NIGHT, HOUR, None) == timedelta(seconds=1488, microseconds=913188)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (MisfirePolicy(max_runs=0), ("misfire.max_runs", "write 1 to 1000")),
        (MisfirePolicy(max_runs=1001), ("misfire.max_runs", "write 1 to 1000")),
        (MisfirePolicy(grace=timedelta(0)), ("misfire.grace", "write 1 s to one day")),
        (MisfirePolicy(grace=timedelta(days=2)), ("misfire.grace", "write 1 s to one day")),
        (MisfirePolicy(window=timedelta(0)), ("misfire.window", "write 1 s to 366 days, or leave it out")),
    ],
)
def test_a_policy_out_of_bounds_names_its_field(policy: MisfirePolicy, says: tuple[str, str]) -> None:
    (problem,) = misfire_problems(policy, "misfire")
    assert (problem.field, problem.description) == says


def test_the_policy_that_holds_by_default_is_in_bounds() -> None:
    assert list(misfire_problems(MisfirePolicy(), "misfire")) == []
