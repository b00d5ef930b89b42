"""What the news of an attempt means for its run. Pure: news in, verdicts out; storage applies them as one set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

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


Verdict = GoesOn | AskAgain | Deliver | TryAgain | Ends

UNEXPLAINED = Failure(code="UNKNOWN", reason="UNEXPLAINED", message="the handler gave no reason")


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
            yield AskAgain(run=run.number, attempt=attempt.id, purpose=attempt.purpose)
        elif item.state in (NewsState.QUEUED, NewsState.RUNNING):
            if attempt.state.value != item.state.value or item.progress != run.progress:
                yield GoesOn(
                    run=run.number, attempt=attempt.id, state=AttemptState(item.state.value), progress=item.progress
                )
        elif attempt.purpose is Purpose.DELIVERY:
            yield _of_delivery(item, run)
        else:
            yield _of_work(item, attempt, run, new_id)


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
        return Ends(
            run=run.number,
            state=RunState.CANCELLED,
            attempt=attempt.id,
            attempt_state=state,
            report=item.report,
            failure=failure,
        )
    return after_failure(run, attempt, state, failure, item.report)


def after_failure(
    run: Run, attempt: Attempt, state: AttemptState, failure: Failure, report: str = ""
) -> TryAgain | Ends:
    """What the task's policy says of an attempt that failed."""
    wait = run.terms.retry_policy.backoff(attempt.number) if run.terms is not None else None
    if wait is not None:
        return TryAgain(run=run.number, attempt=attempt.id, state=state, failure=failure, wait=wait)
    return Ends(
        run=run.number,
        state=RunState.FAILED,
        attempt=attempt.id,
        attempt_state=state,
        report=report,
        failure=failure,
    )


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


def expire_time(attempt: Attempt, timeout: timedelta | None) -> datetime | None:
    """When the attempt must have ended; None where it has no bound."""
    return None if timeout is None else attempt.create_time + timeout
