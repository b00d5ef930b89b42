"""What the news of an attempt means for its run. Pure: news in, verdicts out; storage applies them as one set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import (
    AT_HANDLER,
    Attempt,
    AttemptState,
    Failure,
    ProducedFile,
    Progress,
    Purpose,
    Run,
    RunState,
)


class NewsState(StrEnum):
    """How a handler says an attempt stands."""

    NOT_FOUND = "not_found"  #: it never had it: the same start may be repeated
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a handler says of one attempt."""

    attempt: UUID
    state: NewsState
    report: str = ""
    files: Sequence[ProducedFile] = ()
    failure: Failure | None = None
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesOn:
    """The handler is still at it."""

    run: int
    attempt: UUID
    state: AttemptState
    progress: Progress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """The handler never had it: the call is repeated under the same UUID."""

    run: int
    attempt: UUID
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """The work is done and made files: they are sent, under a new attempt at delivery."""

    run: int
    attempt: UUID
    delivery: UUID
    report: str
    files: Sequence[ProducedFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The attempt failed, and the task's policy has another one."""

    run: int
    attempt: UUID
    state: AttemptState
    failure: Failure
    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The run is over."""

    run: int
    state: RunState
    attempt: UUID | None = None  #: ended with it
    attempt_state: AttemptState | None = None
    report: str | None = None  #: None keeps what the run has
    failure: Failure | None = None
    reason: SkipReason | None = None  #: why it was skipped


Verdict = GoesOn | AskAgain | Deliver | TryAgain | Ends

UNEXPLAINED = Failure(code="UNKNOWN", reason="UNEXPLAINED", message="the handler gave no reason")
ASKED = Failure(code="CANCELLED", reason="CANCELLED", message="somebody asked for its end")
NEVER_BEGUN = Failure(
    code="CANCELLED", reason="CANCELLED_BEFORE_START", message="it had been cancelled before it started"
)
TOO_LONG = Failure(code="DEADLINE_EXCEEDED", reason="DEADLINE_PASSED", message="it took longer than it may")


def judge(
    news: Sequence[News],
    attempts: Mapping[UUID, Attempt],
    runs: Mapping[int, Run],
    new_id: Callable[[], UUID],
) -> Iterator[Verdict]:
    """One verdict for each piece of news that says something new; what comes twice or too late says nothing."""
    for item in {item.attempt: item for item in news}.values():
        attempt = attempts.get(item.attempt)
        if attempt is None or attempt.state not in AT_HANDLER:
            continue
        run = runs[attempt.run]
        if run.state is not RunState.WAITING:
            continue
        if item.state is NewsState.NOT_FOUND:
            yield _never_had(attempt, run)
        elif item.state in (NewsState.QUEUED, NewsState.RUNNING):
            if attempt.state.value != item.state.value or item.progress != run.progress:
                yield GoesOn(
                    run=run.number, attempt=attempt.id, state=AttemptState(item.state.value), progress=item.progress
                )
        elif attempt.purpose is Purpose.DELIVERY:
            yield _of_delivery(item, run)
        else:
            yield _of_work(item, attempt, run, new_id)


def _never_had(attempt: Attempt, run: Run) -> AskAgain | TryAgain | Ends:
    """The handler never had it, or has forgotten it: it is asked again, unless the end of the attempt was asked for."""
    if attempt.cancel_time is None:
        return AskAgain(run=run.number, attempt=attempt.id, purpose=attempt.purpose)
    if run.cancelled_by:
        return cancelled(run, attempt)
    return after_failure(run, attempt, AttemptState.FAILED, TOO_LONG)


def _of_work(item: News, attempt: Attempt, run: Run, new_id: Callable[[], UUID]) -> Verdict:
    state = AttemptState(item.state.value)
    if item.state is NewsState.SUCCEEDED:
        if item.files:
            return Deliver(run=run.number, attempt=attempt.id, delivery=new_id(), report=item.report, files=item.files)
        return Ends(
            run=run.number, state=RunState.SUCCEEDED, attempt=attempt.id, attempt_state=state, report=item.report
        )
    failure = item.failure or UNEXPLAINED
    if item.state is NewsState.CANCELLED:
        if attempt.cancel_time is not None and not run.cancelled_by:  # nobody did: it took too long
            return after_failure(run, attempt, AttemptState.FAILED, TOO_LONG, item.report)
        return cancelled(run, attempt, failure, item.report)
    return after_failure(run, attempt, state, failure, item.report)


def after_failure(
    run: Run, attempt: Attempt, state: AttemptState, failure: Failure, report: str = ""
) -> TryAgain | Ends:
    """What the task's policy says of an attempt that failed. Nothing follows where somebody asked for the run's end."""
    wait = run.terms.retry_policy.backoff(attempt.number) if run.terms is not None else None
    if wait is not None and not run.cancelled_by:
        return TryAgain(run=run.number, attempt=attempt.id, state=state, failure=failure, wait=wait)
    return Ends(
        run=run.number,
        state=RunState.FAILED,
        attempt=attempt.id,
        attempt_state=state,
        report=report,
        failure=failure,
    )


def cancelled(run: Run, attempt: Attempt, failure: Failure = ASKED, report: str = "") -> Ends:
    """The run is over because somebody asked for it."""
    return Ends(
        run=run.number,
        state=RunState.CANCELLED,
        attempt=attempt.id,
        attempt_state=AttemptState.CANCELLED,
        report=report,
        failure=failure,
    )


def refusal(run: Run, attempt: Attempt, failure: Failure) -> Ends:
    """The handler will not do it, however often it is asked."""
    return Ends(
        run=run.number,
        state=RunState.FAILED,
        attempt=attempt.id,
        attempt_state=AttemptState.FAILED,
        failure=failure,
    )


def given_up(run: Run, attempt: Attempt) -> Ends:
    """The run is over because somebody asked for it and nobody will tell more: sealed files wait where they lie."""
    if attempt.purpose is Purpose.DELIVERY and attempt.state in AT_HANDLER:
        return Ends(
            run=run.number,
            state=RunState.SPOOLED,
            attempt=attempt.id,
            attempt_state=AttemptState.CANCELLED,
            failure=UNEXPLAINED,
        )
    return cancelled(run, attempt)


def cancelled_before(run: Run, attempt: Attempt, now: datetime) -> TryAgain | Ends:
    """The end of the attempt was asked for before its handler had it: by somebody, or because it took too long."""
    if not run.cancelled_by and attempt.expire_time is not None and attempt.expire_time <= now:
        return after_failure(run, attempt, AttemptState.FAILED, TOO_LONG)
    return cancelled(run, attempt, NEVER_BEGUN)


def _of_delivery(item: News, run: Run) -> Ends:
    """A sealed run never executes again: either its files have arrived, or they wait in the spool."""
    state = AttemptState(item.state.value)
    if item.state is NewsState.SUCCEEDED:
        return Ends(run=run.number, state=RunState.DELIVERED, attempt=item.attempt, attempt_state=state)
    return Ends(
        run=run.number,
        state=RunState.SPOOLED,
        attempt=item.attempt,
        attempt_state=state,
        failure=item.failure or UNEXPLAINED,
    )
