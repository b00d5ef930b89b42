"""The step that starts runs: pools, destination, attempts, handler. It goes on from each commit.

Killed before the first commit, the step begins anew. Killed after it, the runs are RUNNING and hold their pools: the
step goes on with the destination. Killed after the attempts were committed, the handler is asked again under the same
UUIDs and says REPEATED.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from chassis.errors import BackroomError, RemoteRefused, Unavailable
from chassis.journal import NewEntry
from chassis.operations import ComeBack, Execution
from services.scheduler.application.apply_news import ApplyNews
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
from services.scheduler.application.steps import JOURNAL_SOURCE, hold, start_each
from services.scheduler.domain.changes import AttemptChange, NewAttempt, RunChange
from services.scheduler.domain.results import Ends, Verdict, cancelled_before, refusal
from services.scheduler.domain.runs import Attempt, AttemptState, Failure, Purpose, Run, RunState, Terms
from services.scheduler.domain.sites import Site, delivery_at, handler_at
from services.scheduler.domain.telling import DESTINATION_UNREACHABLE

WHILE_HELD = timedelta(seconds=1)  #: the engine itself passes over the step of a held run once it knows the site's mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A run that may start: what it starts with, and the attempt that was committed, if one was."""

    run: Run
    terms: Terms
    site: Site
    attempt: Attempt | None
    first: bool  #: no attempt was made before

    @property
    def delivery(self) -> str:
        """The key of the delivery that will have its files."""
        return delivery_at(self.site, self.run.handler)

    @property
    def to_check(self) -> bool:
        """Only before the first attempt: afterwards the work has begun, and the spool keeps what it made."""
        return self.first and bool(self.terms.destination)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRuns:
    """Starts the runs whose working step an operation is."""

    open_work: OpenWork
    handlers: Handlers
    delivery: Delivery
    people: People
    texts: Texts
    measures: Measures
    end_runs: EndRuns
    apply_news: ApplyNews
    locale: str  #: of the journal

    def __call__(self, execution: Execution) -> None:
        try:
            self._start(execution)
        except Unavailable:
            raise
        except BackroomError:
            if not self.apart(execution):  # one of them may be at fault
                raise

    def _start(self, execution: Execution) -> None:
        with self.open_work(execution.fence) as work:
            ready = self._commit_attempts(work, self._enter(work, execution), checked=False)
        unreachable = self._check([each for each in ready if each.attempt is None])
        if unreachable is not None:
            ready = self._sort_out(execution, ready, unreachable)
        started = self._ask(ready)
        with self.open_work(execution.fence) as work:
            self._settle(work, execution, ready, started)
            execution.succeed(work)

    def apart(self, execution: Execution) -> bool:
        """Gives each run a step of its own: one that breaks its step breaks no other's. False where it is alone."""
        with self.open_work(execution.fence) as work:
            runs = self._mine(work, execution)
            _come_back_if_held(runs)
            if len(runs) < 2:
                return False
            start_each(work, runs.values())
            execution.succeed(work)
        return True

    def _mine(self, work: Work, execution: Execution) -> dict[int, Run]:
        """The runs of this step, held."""
        runs = hold(work, work.runs.of_operation(execution.id))
        return {number: run for number, run in runs.items() if run.operation == execution.id}

    def _enter(self, work: Work, execution: Execution) -> list[Ready]:
        """The gate of the pools: who is not first in its pool waits without a step."""
        runs = self._mine(work, execution)
        _come_back_if_held(runs)
        heads = work.runs.heads({run.pool for run in runs.values()} - {""})
        first = {number: run for number, run in runs.items() if not run.pool or heads[run.pool].run == number}
        work.runs.change(
            [RunChange(number=number, state=RunState.PENDING) for number in runs if number not in first]
            + [
                RunChange(number=number, state=RunState.RUNNING, operation=execution.id)
                for number, run in first.items()
                if run.state is RunState.PENDING
            ]
        )
        sites = work.sites.get_many(run.site for run in first.values())
        terms = self._begin(work, [run for run in first.values() if run.start_time is None], sites)
        attempts = work.attempts.of_runs(first)
        return [
            Ready(
                run=run,
                terms=run.terms or terms[number],
                site=sites[run.site],
                attempt=next((each for each in attempts.get(number, ()) if each.end_time is None), None),
                first=number not in attempts,
            )
            for number, run in first.items()
        ]

    def _begin(self, work: Work, runs: Sequence[Run], sites: Mapping[str, Site]) -> dict[int, Terms]:
        if not runs:
            return {}
        tasks, now = work.tasks.get_many({run.task for run in runs if run.terms is None}), work.now()
        terms = {run.number: run.terms or freeze(tasks[run.task], run, sites[run.site], self.people) for run in runs}
        work.runs.begin(terms)
        for run in runs:
            if not run.started_by:
                self.measures.started(now - run.nominal_time)
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get("journal.start", self.locale, title=run.task_title, type=run.task_type),
                    source=JOURNAL_SOURCE,
                    correlation=run.name,
                )
                for run in runs
            ]
        )
        return terms

    def _commit_attempts(self, work: Work, ready: Sequence[Ready], *, checked: bool) -> list[Ready]:
        """Commits an attempt for each run that has none, except where its destination is to be checked before."""
        new = {
            each.run.number: NewAttempt(
                id=uuid4(), run=each.run.number, purpose=Purpose.WORK, handler=handler_at(each.site, each.run.handler)
            )
            for each in ready
            if each.attempt is None and (checked or not each.to_check)
        }
        if not new:
            return list(ready)
        work.attempts.add(list(new.values()))
        added = {attempt.run: attempt for attempt in work.attempts.get_many(each.id for each in new.values()).values()}
        return [replace(each, attempt=added.get(each.run.number, each.attempt)) for each in ready]

    def _check(self, ready: Sequence[Ready]) -> dict[int, Unreachable | None] | None:
        """What is wrong with the destination of each run, asked once a destination; None where there is none to ask."""
        if not ready:
            return None
        answers: dict[tuple[str, str], Unreachable | None] = {}
        for each in ready:
            way = each.delivery, each.terms.destination
            if way in answers:
                continue
            try:
                answers[way] = self.delivery.check(*way, each.run.mode)
            except RemoteRefused as refused:
                answers[way] = Unreachable(reason=refused.remote_reason, message=str(refused), remedy="")
        return {each.run.number: answers[each.delivery, each.terms.destination] for each in ready}

    def _sort_out(
        self, execution: Execution, ready: Sequence[Ready], unreachable: Mapping[int, Unreachable | None]
    ) -> list[Ready]:
        """Ends the runs whose destination does not answer, and commits the attempts of the others."""
        ends = [
            Ends(run=number, state=RunState.NOT_EXECUTED, failure=_unreachable(why))
            for number, why in unreachable.items()
            if why is not None
        ]
        with self.open_work(execution.fence) as work:
            runs = self._mine(work, execution)
            _come_back_unless_begun(runs)
            self.end_runs(work, [end for end in ends if end.run in runs], runs)
            over = {end.run for end in ends}
            left = [each for each in ready if each.run.number in runs and each.run.number not in over]
            return self._commit_attempts(work, left, checked=True)

    def _ask(self, ready: Sequence[Ready]) -> dict[UUID, Started]:
        """Hands the runs to their handlers. Raises `Unavailable` where one is away: then all are asked again."""
        entries: defaultdict[str, list[Entry]] = defaultdict(list)
        to_end: defaultdict[str, list[UUID]] = defaultdict(list)
        for each in ready:
            if each.attempt is not None:
                if each.attempt.cancel_time is not None:
                    to_end[each.attempt.handler].append(each.attempt.id)
                entries[each.attempt.handler].append(
                    Entry(
                        attempt=each.attempt.id,
                        run=each.run,
                        terms=each.terms,
                        expire_time=each.attempt.expire_time,
                    )
                )
        started: dict[UUID, Started] = {}
        for handler, together in entries.items():
            try:
                if handler in to_end:  # before it can begin what it does not have yet
                    self.handlers.cancel(handler, to_end[handler])
                started |= self.handlers.start(handler, together)
            except RemoteRefused as refused:
                if len(together) > 1:
                    raise
                started[together[0].attempt] = Refused(failure=_failure(refused))
        return started

    def _settle(
        self, work: Work, execution: Execution, ready: Sequence[Ready], started: Mapping[UUID, Started]
    ) -> None:
        runs = self._mine(work, execution)
        _come_back_unless_begun(runs)
        accepted: list[tuple[int, UUID]] = []
        verdicts: list[Verdict] = []
        for each in ready:
            if each.attempt is None or each.run.number not in runs:
                continue
            match started[each.attempt.id]:
                case Accepted():
                    accepted.append((each.run.number, each.attempt.id))
                case Refused(failure=failure):
                    verdicts.append(refusal(runs[each.run.number], each.attempt, failure))
                case CancelledBefore():
                    verdicts.append(cancelled_before(runs[each.run.number], each.attempt, work.now()))
        work.attempts.change([AttemptChange(id=attempt, state=AttemptState.QUEUED) for _, attempt in accepted])
        work.runs.change([RunChange(number=number, state=RunState.WAITING) for number, _ in accepted])
        self.apply_news.settle(work, verdicts, runs)


def _come_back_if_held(runs: Mapping[int, Run]) -> None:
    """A step whose runs were held meanwhile is repeated once they are not."""
    if any(run.state is RunState.HELD for run in runs.values()):
        raise ComeBack(WHILE_HELD)


def _come_back_unless_begun(runs: Mapping[int, Run]) -> None:
    """The same in the midst of the step: runs that were held, and perhaps let go since, enter it anew."""
    if any(run.state is not RunState.RUNNING for run in runs.values()):
        raise ComeBack(WHILE_HELD)


def _unreachable(why: Unreachable) -> Failure:
    return Failure(
        code="UNAVAILABLE",
        reason=why.reason or DESTINATION_UNREACHABLE,
        message=f"{why.message}\n{why.remedy}" if why.remedy else why.message,
    )


def _failure(refused: RemoteRefused) -> Failure:
    return Failure(
        code=refused.code, reason=refused.remote_reason, message=str(refused), problems=tuple(refused.problems)
    )
