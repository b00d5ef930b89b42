"""The step that starts a run: its pool, its destination, its attempt, its handler. It goes on from each commit.

Killed before the first commit, the step begins anew. Killed after it, the run is RUNNING and holds its pool: the step
goes on with the destination. Killed after the attempt was committed, the handler is asked again under the same UUID and
says REPEATED.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.errors import RemoteRefused
from chassis.journal import NewEntry
from chassis.operations import Execution
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.freeze import freeze
from services.scheduler.application.ports import (
    Accepted,
    CancelledBefore,
    Delivery,
    Entry,
    Handlers,
    Measures,
    OpenWork,
    People,
    Refused,
    Started,
    Texts,
    Unreachable,
    Work,
)
from services.scheduler.application.steps import JOURNAL_SOURCE, hold, run_of
from services.scheduler.domain.changes import AttemptChange, NewAttempt, RunChange
from services.scheduler.domain.results import Ends, expire_time
from services.scheduler.domain.runs import Attempt, AttemptState, Failure, Purpose, Run, RunState, Terms
from services.scheduler.domain.sites import Site
from services.scheduler.domain.telling import DESTINATION_UNREACHABLE

NEVER_BEGUN = Failure(
    code="CANCELLED", reason="CANCELLED_BEFORE_START", message="it had been cancelled before it started"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A run that may start: what it starts with, and the attempt that was committed before, if one was."""

    run: Run
    terms: Terms
    attempt: Attempt | None
    first: bool  #: no attempt was made before


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Starts the run that an operation names."""

    open_work: OpenWork
    handlers: Handlers
    delivery: Delivery
    people: People
    texts: Texts
    measures: Measures
    end_runs: EndRuns
    site: Site
    locale: str  #: of the journal

    def __call__(self, execution: Execution) -> None:
        with self.open_work(execution.fence) as work:
            ready = self._enter(work, execution)
        if ready is None:
            return
        if ready.attempt is None:
            unreachable = self._check(ready)
            if unreachable is not None:
                self._give_up(execution, ready, unreachable)
                return
            ready = self._commit_attempt(execution, ready)
        started = self._ask(ready)
        with self.open_work(execution.fence) as work:
            self._settle(work, ready, started)
            execution.succeed(work)

    def _enter(self, work: Work, execution: Execution) -> Ready | None:
        """The gate of the pool. None where another step has the run, or another run the pool."""
        number = run_of(execution.request)
        run = hold(work, [number])[number]
        if run.operation != execution.id:
            execution.succeed(work)
            return None
        head = work.runs.heads([run.pool]).get(run.pool)
        if head is not None and head.run != number:
            work.runs.change([RunChange(number=number, state=RunState.PENDING)])
            execution.succeed(work)
            return None
        if run.state is RunState.PENDING:
            work.runs.change([RunChange(number=number, state=RunState.RUNNING, operation=execution.id)])
        if run.terms is None:
            work.runs.begin(number, freeze(work.tasks.get(run.task), run, self.site, self.people))
            self._note_start(work, run)
        run = work.runs.get(number)
        attempts = work.attempts.of_runs([number]).get(number, [])
        if run.terms is None:
            raise AssertionError(f"{run.name} has begun without terms")
        return Ready(run=run, terms=run.terms, attempt=work.attempts.open_of(number, Purpose.WORK), first=not attempts)

    def _note_start(self, work: Work, run: Run) -> None:
        if not run.manual:
            self.measures.started(work.now() - run.nominal_time)
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get("journal.start", self.locale, title=run.task_title, type=run.task_type),
                    source=JOURNAL_SOURCE,
                    correlation=run.name,
                )
            ]
        )

    def _check(self, ready: Ready) -> Unreachable | None:
        """Only before the first attempt: afterwards the work has begun, and the spool keeps what it made."""
        if not ready.first or not ready.terms.destination:
            return None
        try:
            return self.delivery.check(ready.terms.destination)
        except RemoteRefused as refused:
            return Unreachable(reason=refused.remote_reason, message=str(refused), remedy="")

    def _give_up(self, execution: Execution, ready: Ready, unreachable: Unreachable) -> None:
        remedy = f"\n{unreachable.remedy}" if unreachable.remedy else ""
        end = Ends(
            run=ready.run.number,
            state=RunState.NOT_EXECUTED,
            failure=Failure(
                code="UNAVAILABLE",
                reason=unreachable.reason or DESTINATION_UNREACHABLE,
                message=unreachable.message + remedy,
            ),
        )
        with self.open_work(execution.fence) as work:
            self.end_runs(work, [end], hold(work, [end.run]))
            execution.succeed(work)

    def _commit_attempt(self, execution: Execution, ready: Ready) -> Ready:
        new = NewAttempt(id=uuid4(), run=ready.run.number, purpose=Purpose.WORK, handler=ready.run.handler)
        with self.open_work(execution.fence) as work:
            work.attempts.add([new])
            attempt = work.attempts.get_many([new.id])[new.id]
        return Ready(run=ready.run, terms=ready.terms, attempt=attempt, first=False)

    def _ask(self, ready: Ready) -> tuple[UUID, Started]:
        if ready.attempt is None:
            raise AssertionError(f"{ready.run.name} has no attempt to start")
        attempt = ready.attempt
        entry = Entry(
            attempt=attempt.id,
            run=ready.run,
            terms=ready.terms,
            expire_time=expire_time(attempt, ready.terms.attempt_timeout),
        )
        try:
            return attempt.id, self.handlers.start(ready.run.handler, [entry])[attempt.id]
        except RemoteRefused as refused:
            return attempt.id, Refused(
                failure=Failure(
                    code=refused.code,
                    reason=refused.remote_reason,
                    message=str(refused),
                    problems=tuple(refused.problems),
                )
            )

    def _settle(self, work: Work, ready: Ready, answer: tuple[UUID, Started]) -> None:
        attempt, started = answer
        runs = hold(work, [ready.run.number])
        match started:
            case Accepted():
                work.attempts.change([AttemptChange(id=attempt, state=AttemptState.QUEUED)])
                work.runs.change([RunChange(number=ready.run.number, state=RunState.WAITING)])
            case Refused(failure=failure):
                self.end_runs(work, [_end(ready, attempt, AttemptState.FAILED, failure)], runs)
            case CancelledBefore():
                self.end_runs(work, [_end(ready, attempt, AttemptState.CANCELLED, NEVER_BEGUN)], runs)


def _end(ready: Ready, attempt: UUID, state: AttemptState, failure: Failure) -> Ends:
    over = RunState.CANCELLED if state is AttemptState.CANCELLED else RunState.FAILED
    return Ends(run=ready.run.number, state=over, attempt=attempt, attempt_state=state, failure=failure)
