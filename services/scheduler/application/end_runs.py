"""The end of runs: whoever ends one does all of this in one transaction. Its pool goes on with the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chassis.journal import Level, NewEntry
from services.scheduler.application.freeze import terms_of
from services.scheduler.application.ports import Measures, People, Texts, Work
from services.scheduler.application.steps import JOURNAL_SOURCE, start_each
from services.scheduler.application.tell_people import Ended, TellPeople
from services.scheduler.domain.changes import AttemptChange, RunChange
from services.scheduler.domain.results import Ends, TryAgain
from services.scheduler.domain.runs import WELL, Run, RunState, Terms, run_name


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRuns:
    """Writes the ends of runs that the caller holds."""

    tell: TellPeople
    people: People
    texts: Texts
    measures: Measures
    locale: str  #: of the journal

    def __call__(self, work: Work, ends: Sequence[Ends], runs: Mapping[int, Run]) -> None:
        """Ends them, tells people, writes the journal, and lets each pool go on."""
        if not ends:
            return
        work.runs.change(
            [
                RunChange(number=end.run, state=end.state, reason=end.reason, report=end.report, failure=end.failure)
                for end in ends
            ]
        )
        work.attempts.change(
            [
                AttemptChange(id=end.attempt, state=end.attempt_state)
                for end in ends
                if end.attempt is not None and end.attempt_state is not None
            ]
        )
        unstarted = work.tasks.get_many({runs[end.run].task for end in ends if runs[end.run].terms is None})
        ended = [
            Ended(run=run, terms=run.terms or terms_of(unstarted[run.task], self.people), end=end)
            for end in ends
            for run in (runs[end.run],)
        ]
        self.tell(work, ended)
        work.journal.write_many([self._entry(each.run, each.terms, each.end) for each in ended])
        for each in ended:
            self.measures.ended(each.run.task_type, each.end.state)
        promote(work, {runs[end.run].pool for end in ends})

    def note_failed_attempts(self, work: Work, failed: Sequence[TryAgain], runs: Mapping[int, Run]) -> None:
        """Writes the journal of attempts that will be followed by another one."""
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(
                        "journal.try_again",
                        self.locale,
                        cause=self.tell.cause(_terms(runs[each.run]), RunState.PENDING, each.failure, self.locale),
                        seconds=round(each.wait.total_seconds()),
                    ),
                    source=JOURNAL_SOURCE,
                    level=Level.WARNING,
                    correlation=run_name(each.run),
                )
                for each in failed
            ]
        )

    def _entry(self, run: Run, terms: Terms, end: Ends) -> NewEntry:
        output = self.tell.body(run, terms, end, self.locale)
        return NewEntry(
            text=self.texts.get("journal.output", self.locale, output=output),
            source=JOURNAL_SOURCE,
            level=Level.INFORMATION if end.state in WELL else Level.ERROR,
            user=terms.owner,
            correlation=run.name,
        )


def _terms(run: Run) -> Terms:
    if run.terms is None:
        raise AssertionError(f"{run.name} had an attempt without terms")
    return run.terms


def promote(work: Work, pools: Iterable[str]) -> None:
    """Of each pool (held by the caller): has the run that goes next started, unless one has begun or is on its way."""
    named = set(pools) - {""}
    if not named:
        return
    waiting = [head for head in work.runs.heads(named).values() if not head.begun and head.operation is None]
    if waiting:
        runs = work.runs.lock_many(head.run for head in waiting)
        start_each(work, [run for run in runs.values() if run.state is RunState.PENDING])
