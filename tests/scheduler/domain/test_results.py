"""What news of attempts means for their runs; the moves that states allow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.scheduler.domain.results import (
    AskAgain,
    Deliver,
    Ends,
    GoesOn,
    News,
    NewsState,
    TryAgain,
    Verdict,
    judge,
)
from services.scheduler.domain.runs import (
    ENDED,
    MOVES,
    RETRIABLE,
    Attempt,
    AttemptState,
    Failure,
    ProducedFile,
    Progress,
    Purpose,
    Run,
    RunState,
    Terms,
)
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import Notification, RetryPolicy

NOW = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)
ATTEMPT = UUID(int=1)
DELIVERY = UUID(int=2)
FILE = ProducedFile(name="files/x", file_name="a.csv", size_bytes=3, sha256="0" * 64)
WRONG = Failure(code="FAILED_PRECONDITION", reason="NO_SALES", message="no sales")
TERMS = Terms(
    options={},
    destination="",
    file_name="",
    owner="anne",
    locale="fr",
    time_zone="Europe/Paris",
    notification=Notification(),
    retry_policy=RetryPolicy(max_attempts=3, initial_backoff=timedelta(seconds=10)),
    attempt_timeout=None,
)
RUN = Run(
    number=7,
    task=1,
    task_title="Correction",
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
    terms=TERMS,
)


def attempt(number: int = 1, *, purpose: Purpose = Purpose.WORK, state: AttemptState = AttemptState.RUNNING) -> Attempt:
    return Attempt(id=ATTEMPT, run=7, number=number, purpose=purpose, handler="sales", state=state, create_time=NOW)


def verdicts(news: Sequence[News], of: Attempt, run: Run = RUN) -> list[Verdict]:
    return list(judge(news, {of.id: of}, {run.number: run}, lambda: DELIVERY))


def news(state: NewsState, **rest: object) -> News:
    return replace(News(attempt=ATTEMPT, state=state), **rest)  # type: ignore[arg-type]  # whatever News has


def test_work_that_made_files_is_delivered_under_a_new_attempt() -> None:
    (verdict,) = verdicts([news(NewsState.SUCCEEDED, report="fait", files=(FILE,))], attempt())
    assert verdict == Deliver(run=7, attempt=ATTEMPT, delivery=DELIVERY, report="fait", files=(FILE,))


def test_work_that_made_no_files_ends_the_run() -> None:
    (verdict,) = verdicts([news(NewsState.SUCCEEDED, report="fait")], attempt())
    assert isinstance(verdict, Ends)
    assert (verdict.state, verdict.report) == (RunState.SUCCEEDED, "fait")


@pytest.mark.parametrize("state", [NewsState.FAILED, NewsState.PARKED])
def test_a_failed_attempt_is_followed_by_another_as_the_policy_says(state: NewsState) -> None:
    waits = []
    for number in (1, 2):
        (verdict,) = verdicts([news(state, failure=WRONG)], attempt(number))
        assert isinstance(verdict, TryAgain)
        waits.append(verdict.wait)
    assert waits == [timedelta(seconds=10), timedelta(seconds=20)]
    (last,) = verdicts([news(state, failure=WRONG)], attempt(3))
    assert isinstance(last, Ends)
    assert (last.state, last.failure) == (RunState.FAILED, WRONG)


def test_what_somebody_ended_is_not_tried_again() -> None:
    (verdict,) = verdicts([news(NewsState.CANCELLED)], attempt())
    assert isinstance(verdict, Ends)
    assert verdict.state is RunState.CANCELLED


def test_an_attempt_the_handler_never_had_is_asked_for_again() -> None:
    assert verdicts([news(NewsState.NOT_FOUND)], attempt()) == [AskAgain(run=7, attempt=ATTEMPT, purpose=Purpose.WORK)]


@pytest.mark.parametrize("state", [NewsState.FAILED, NewsState.PARKED, NewsState.CANCELLED])
def test_files_that_could_not_be_sent_wait_in_the_spool(state: NewsState) -> None:
    (verdict,) = verdicts([news(state, failure=WRONG)], attempt(purpose=Purpose.DELIVERY))
    assert isinstance(verdict, Ends)
    assert (verdict.state, verdict.failure) == (RunState.SPOOLED, WRONG)


def test_files_that_arrived_deliver_the_run_and_leave_its_report() -> None:
    (verdict,) = verdicts([news(NewsState.SUCCEEDED)], attempt(purpose=Purpose.DELIVERY))
    assert isinstance(verdict, Ends)
    assert (verdict.state, verdict.report) == (RunState.DELIVERED, None)


def test_progress_is_passed_on_once() -> None:
    step = Progress(done=1, total=2, text="a")
    (verdict,) = verdicts([news(NewsState.RUNNING, progress=step)], attempt(state=AttemptState.QUEUED))
    assert verdict == GoesOn(run=7, attempt=ATTEMPT, state=AttemptState.RUNNING, progress=step)
    assert verdicts([news(NewsState.RUNNING, progress=step)], attempt(), replace(RUN, progress=step)) == []


@pytest.mark.parametrize("state", [AttemptState.STARTING, AttemptState.SUCCEEDED, AttemptState.FAILED])
def test_news_of_an_attempt_that_is_not_at_its_handler_says_nothing(state: AttemptState) -> None:
    assert verdicts([news(NewsState.SUCCEEDED)], attempt(state=state)) == []


def test_news_that_comes_twice_in_one_answer_is_judged_once() -> None:
    assert len(verdicts([news(NewsState.SUCCEEDED)] * 2, attempt())) == 1


def test_news_of_an_unknown_attempt_says_nothing() -> None:
    assert list(judge([News(attempt=uuid4(), state=NewsState.SUCCEEDED)], {}, {}, uuid4)) == []


def test_every_state_has_its_moves_and_only_a_person_leads_out_of_an_end() -> None:
    assert set(MOVES) == set(RunState)
    assert all(MOVES[state] == ({RunState.PENDING} if state in RETRIABLE else set()) for state in ENDED)
    assert all(ends for state, ends in MOVES.items() if state not in ENDED)


def test_the_backoff_doubles_and_stays_within_a_day() -> None:
    policy = RetryPolicy(max_attempts=10, initial_backoff=timedelta(hours=6))
    assert [policy.backoff(ended) for ended in (1, 2, 3, 4)] == [timedelta(hours=hours) for hours in (6, 12, 24, 24)]
    assert policy.backoff(10) is None
