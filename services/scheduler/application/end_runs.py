"""The end of runs: whoever ends one does all of this in one transaction. Its pool goes on with the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from chassis.journal import Level, NewEntry
from services.scheduler.application.freeze import terms_of
from services.scheduler.application.ports import Measures, People, Texts, Work
from services.scheduler.application.steps import JOURNAL_SOURCE, start_step
from services.scheduler.domain.changes import AttemptChange, NewMessage, RunChange
from services.scheduler.domain.results import Ends, TryAgain
from services.scheduler.domain.runs import WELL, Failure, Run, RunState, Terms, run_name
from services.scheduler.domain.telling import Words, cause, subject, told, trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRuns:
    """Writes the ends of runs that the caller holds."""

    people: People
    texts: Texts
    measures: Measures
    locale: str  #: of the journal

    def __call__(self, work: Work, ends: Sequence[Ends], runs: Mapping[int, Run]) -> None:
        """Ends them, tells people, writes the journal, and lets each pool go on."""
        if not ends:
            return
        work.runs.change(
            [RunChange(number=end.run, state=end.state, report=end.report, failure=end.failure) for end in ends]
        )
        work.attempts.change(
            [
                AttemptChange(id=end.attempt, state=end.attempt_state)
                for end in ends
                if end.attempt is not None and end.attempt_state is not None
            ]
        )
        unstarted = work.tasks.get_many({runs[end.run].task for end in ends if runs[end.run].terms is None})
        messages: list[NewMessage] = []
        entries: list[NewEntry] = []
        for end in ends:
            run = runs[end.run]
            terms = run.terms or terms_of(unstarted[run.task], self.people)
            messages += self._messages(run, terms, end)
            entries.append(self._entry(run, terms, end))
            self.measures.ended(run.task_type, end.state)
        work.inbox.add(messages)
        work.journal.write_many(entries)
        promote(work, {runs[end.run].pool for end in ends})

    def note_failed_attempts(self, work: Work, failed: Sequence[TryAgain], runs: Mapping[int, Run]) -> None:
        """Writes the journal of attempts that will be followed by another one."""
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(
                        "journal.try_again",
                        self.locale,
                        cause=self._cause(_terms(runs[each.run]), RunState.PENDING, each.failure, self.locale),
                        seconds=round(each.wait.total_seconds()),
                    ),
                    source=JOURNAL_SOURCE,
                    level=Level.WARNING,
                    correlation=run_name(each.run),
                )
                for each in failed
            ]
        )

    def _body(self, run: Run, terms: Terms, end: Ends, locale: str) -> str:
        report = run.report if end.report is None else end.report
        words = trouble(terms, end.state, end.failure, self._cause(terms, end.state, end.failure, locale))
        parts = [report, self._text(words, locale) if words else ""]
        return "\n".join(part for part in parts if part) or self.texts.get("report.no_output", locale)

    def _messages(self, run: Run, terms: Terms, end: Ends) -> Iterable[NewMessage]:
        wanted = told(terms, end.state)
        for principal in [each for each in wanted if self.people.known(each)] or (
            self.people.keepers() if wanted else ()
        ):
            locale = self.people.locale_of(principal)
            yield NewMessage(
                principal=principal,
                category=self.texts.get("inbox.category", locale),
                subject=self._text(subject(run, end.state), locale),
                body=self._body(run, terms, end, locale),
                run=run.number,
                error=end.state not in WELL,
            )

    def _entry(self, run: Run, terms: Terms, end: Ends) -> NewEntry:
        output = self._body(run, terms, end, self.locale)
        return NewEntry(
            text=self.texts.get("journal.output", self.locale, output=output),
            source=JOURNAL_SOURCE,
            level=Level.INFORMATION if end.state in WELL else Level.ERROR,
            user=terms.owner,
            correlation=run.name,
        )

    def _cause(self, terms: Terms, state: RunState, failure: Failure | None, locale: str) -> str:
        if failure is None:
            return ""
        words = cause(terms, state, failure)
        return failure.message if words is None else self._text(words, locale)

    def _text(self, words: Words, locale: str) -> str:
        return self.texts.get(words.key, locale, **words.values)


def _terms(run: Run) -> Terms:
    if run.terms is None:
        raise AssertionError(f"{run.name} had an attempt without terms")
    return run.terms


def promote(work: Work, pools: Iterable[str]) -> None:
    """Of each pool (held by the caller): has the run that goes next started, unless one has begun or is on its way."""
    heads = [head for head in work.runs.heads(set(pools) - {""}).values() if not head.begun and head.operation is None]
    if not heads:
        return
    following = work.runs.lock_many(head.run for head in heads)
    steps = {run.number: uuid4() for run in following.values()}
    work.operations.add_many(
        [start_step(run.number, run.site, run.traceparent, steps[run.number]) for run in following.values()]
    )
    work.runs.change(
        [RunChange(number=number, state=RunState.PENDING, operation=step) for number, step in steps.items()]
    )
