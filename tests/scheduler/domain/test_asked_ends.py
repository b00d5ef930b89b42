"""What news means for a run whose end was asked for: by somebody, or because it took too long."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.scheduler.domain.results import (
    NEVER_BEGUN,
    TOO_LONG,
    AskAgain,
    Ends,
    News,
    NewsState,
    TryAgain,
    Verdict,
    cancelled_before,
    judge,
)
from services.scheduler.domain.runs import Attempt, AttemptState, Purpose, Run, RunState, Terms
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import Notification, RetryPolicy

NOW = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)
TERMS = Terms(
    options={},
    destination="",
    file_name="",
    owner="anne",
    locale="fr",
    time_zone="Europe/Paris",
    notification=Notification(),
    retry_policy=RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=30)),
    attempt_timeout=timedelta(minutes=1),
)
RUN = Run(
    number=7,
    task=1,
    task_title="Nuit",
    task_type="sales.correct-sales",
    handler="sales",
    site="default",
    mode=OperatingMode.NORMAL,
    pool="",
    state=RunState.WAITING,
    nominal_time=NOW,
    first_time=NOW,
    manual=False,
    started_by="",
    create_time=NOW,
    start_time=NOW,
    terms=TERMS,
)
ATTEMPT = Attempt(
    id=uuid4(),
    run=7,
    number=1,
    purpose=Purpose.WORK,
    handler="sales",
    state=AttemptState.RUNNING,
    create_time=NOW,
    expire_time=NOW + timedelta(minutes=1),
)
BY_ANNE = replace(RUN, cancelled_by="anne")
ASKED = replace(ATTEMPT, cancel_time=NOW + timedelta(minutes=1))


def verdict(state: NewsState, attempt: Attempt, run: Run) -> Verdict:
    news: Sequence[News] = [News(attempt=attempt.id, state=state)]
    (only,) = judge(news, {attempt.id: attempt}, {run.number: run}, uuid4)
    return only


def test_an_attempt_that_ended_because_it_took_too_long_has_failed_and_another_follows() -> None:
    found = verdict(NewsState.CANCELLED, ASKED, RUN)
    assert isinstance(found, TryAgain)
    assert (found.state, found.failure, found.wait) == (AttemptState.FAILED, TOO_LONG, timedelta(seconds=30))


def test_the_last_attempt_that_took_too_long_fails_the_run() -> None:
    found = verdict(NewsState.CANCELLED, replace(ASKED, number=2), RUN)
    assert isinstance(found, Ends)
    assert (found.state, found.failure) == (RunState.FAILED, TOO_LONG)


@pytest.mark.parametrize(("attempt", "run"), [(ASKED, BY_ANNE), (ATTEMPT, RUN)], ids=["asked here", "asked there"])
def test_an_attempt_that_somebody_ended_cancels_the_run(attempt: Attempt, run: Run) -> None:
    found = verdict(NewsState.CANCELLED, attempt, run)
    assert isinstance(found, Ends)
    assert (found.state, found.attempt_state) == (RunState.CANCELLED, AttemptState.CANCELLED)


@pytest.mark.parametrize("state", [NewsState.FAILED, NewsState.PARKED])
def test_a_run_that_somebody_wanted_to_end_has_no_other_attempt(state: NewsState) -> None:
    found = verdict(state, ASKED, BY_ANNE)
    assert isinstance(found, Ends)
    assert found.state is RunState.FAILED


def test_a_handler_that_never_had_it_is_asked_again_only_where_nobody_asked_for_its_end() -> None:
    assert isinstance(verdict(NewsState.NOT_FOUND, ATTEMPT, RUN), AskAgain)
    ended = verdict(NewsState.NOT_FOUND, ASKED, BY_ANNE)
    assert isinstance(ended, Ends)
    assert ended.state is RunState.CANCELLED
    late = verdict(NewsState.NOT_FOUND, ASKED, RUN)
    assert isinstance(late, TryAgain)
    assert late.failure == TOO_LONG


@pytest.mark.parametrize(
    ("run", "after", "state", "failure"),
    [
        (RUN, timedelta(minutes=2), RunState.FAILED, TOO_LONG),
        (RUN, timedelta(seconds=10), RunState.CANCELLED, NEVER_BEGUN),
        (BY_ANNE, timedelta(minutes=2), RunState.CANCELLED, NEVER_BEGUN),
    ],
    ids=["too late", "by somebody there", "by somebody here"],
)
def test_an_attempt_that_never_began_says_why(run: Run, after: timedelta, state: RunState, failure: object) -> None:
    found = cancelled_before(run, replace(ASKED, number=2), NOW + after)
    assert isinstance(found, Ends)
    assert (found.state, found.failure) == (state, failure)
