"""Attempts that take too long, and ends that nobody will tell of: no run stands for ever, and no pool with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chassis.journal import Level, NewEntry
from services.scheduler.application.apply_news import ApplyNews
from services.scheduler.application.ask_for_end import ask_for_end
from services.scheduler.application.ports import Handlers, OpenWork, Texts, Work
from services.scheduler.application.steps import JOURNAL_SOURCE, hold
from services.scheduler.domain.results import TOO_LONG, Verdict, after_failure, cancelled, given_up
from services.scheduler.domain.runs import Attempt, AttemptState, Run, run_name

GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforceDeadlines:
    """One look at what is late. Any number of workers may look at once: each run is held while it is decided on.

    A handler is asked to end an attempt whose time has passed, and has the grace to say how it ended. After that the
    attempt has failed, whatever the handler says later. The same grace ends a run that somebody cancelled and of which
    no handler will ever say anything: none has said that it has it, or it is not known any more.
    """

    open_work: OpenWork
    handlers: Handlers
    apply_news: ApplyNews
    texts: Texts
    locale: str  #: of the journal
    grace: timedelta = GRACE
    batch: int = 500

    def __call__(self) -> int:
        """Answers how many attempts were asked to end or were ended."""
        with self.open_work() as work:
            standing = work.attempts.crowds()
        unknown = [handler for handler in standing if not self.handlers.knows(handler)]
        if unknown:
            self._tell_lost(unknown)
        with self.open_work() as work:
            work.deadlines.pass_over_holds()
        asked = self._each(lambda work: work.deadlines.expired(self.batch), self._ask)
        late = self._each(lambda work: work.deadlines.out_of_time(self.grace, self.batch), self._end_late)
        vain = self._each(
            lambda work: work.deadlines.cancelled_in_vain(self.grace, unknown, self.batch), self._end_cancelled
        )
        return asked + late + vain

    def _each(
        self,
        find: Callable[[Work], Sequence[int]],
        act: Callable[[Work, Mapping[int, Run], Mapping[int, Attempt]], None],
    ) -> int:
        """Finds runs, holds them, and acts on those that are still found then."""
        with self.open_work() as work:
            found = find(work)
            if not found:
                return 0
            runs = hold(work, found)
            still = {number: runs[number] for number in find(work) if number in runs}
            act(work, still, work.attempts.open_of_runs(still))
            return len(still)

    def _ask(self, work: Work, runs: Mapping[int, Run], attempts: Mapping[int, Attempt]) -> None:
        ask_for_end(work, list(attempts.values()))
        self._warn(work, "journal.too_late", [(each.run, each.handler) for each in attempts.values()])

    def _end_late(self, work: Work, runs: Mapping[int, Run], attempts: Mapping[int, Attempt]) -> None:
        self._settle(
            work,
            [
                cancelled(run, attempts[number])
                if run.cancelled_by
                else after_failure(run, attempts[number], AttemptState.FAILED, TOO_LONG)
                for number, run in runs.items()
            ],
            runs,
        )

    def _end_cancelled(self, work: Work, runs: Mapping[int, Run], attempts: Mapping[int, Attempt]) -> None:
        self._settle(work, [given_up(run, attempts[number]) for number, run in runs.items()], runs)

    def _settle(self, work: Work, verdicts: Sequence[Verdict], runs: Mapping[int, Run]) -> None:
        self.apply_news.settle(work, verdicts, runs)

    def _tell_lost(self, unknown: Sequence[str]) -> None:
        with self.open_work() as work:
            self._warn(work, "journal.handler_unknown", work.deadlines.lose(unknown, self.batch))

    def _warn(self, work: Work, key: str, about: Sequence[tuple[int, str]]) -> None:
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(key, self.locale, run=run_name(number), handler=handler),
                    source=JOURNAL_SOURCE,
                    level=Level.WARNING,
                    correlation=run_name(number),
                )
                for number, handler in about
            ]
        )
