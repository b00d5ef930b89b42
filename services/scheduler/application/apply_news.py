"""What handlers say of attempts is written down: in one transaction, safe to do twice and by several at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.ports import Work
from services.scheduler.application.steps import deliver_step, hold, start_step
from services.scheduler.domain.changes import AttemptChange, NewAttempt, RunChange
from services.scheduler.domain.results import AskAgain, Deliver, Ends, GoesOn, News, TryAgain, Verdict, judge
from services.scheduler.domain.runs import AttemptState, Purpose, Run, RunState
from services.scheduler.domain.sites import delivery_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyNews:
    """Applies news. An attempt that has ended, and a run that does not wait, take none: so a repeat changes nothing."""

    end_runs: EndRuns

    def __call__(self, work: Work, news: Sequence[News]) -> int:
        """Answers how many pieces of news changed something."""
        ids = [item.attempt for item in news]
        runs = hold(work, {attempt.run for attempt in work.attempts.get_many(ids).values()})
        attempts = work.attempts.get_many(ids)  # again: now nobody else changes them
        verdicts = list(judge(news, attempts, runs, uuid4))
        self.settle(work, verdicts, runs)
        return len(verdicts)

    def settle(self, work: Work, verdicts: Sequence[Verdict], runs: Mapping[int, Run]) -> None:
        """Writes what was decided of attempts whose runs the caller holds."""
        self._go_on(work, [verdict for verdict in verdicts if isinstance(verdict, GoesOn)])
        self._ask_again(work, [verdict for verdict in verdicts if isinstance(verdict, AskAgain)], runs)
        self._deliver(work, [verdict for verdict in verdicts if isinstance(verdict, Deliver)], runs)
        self._try_again(work, [verdict for verdict in verdicts if isinstance(verdict, TryAgain)], runs)
        self.end_runs(work, [verdict for verdict in verdicts if isinstance(verdict, Ends)], runs)

    def _go_on(self, work: Work, verdicts: Sequence[GoesOn]) -> None:
        work.attempts.change([AttemptChange(id=each.attempt, state=each.state) for each in verdicts])
        work.runs.change(
            [RunChange(number=each.run, state=RunState.WAITING, progress=each.progress) for each in verdicts]
        )

    def _ask_again(self, work: Work, verdicts: Sequence[AskAgain], runs: Mapping[int, Run]) -> None:
        steps = _steps(verdicts)
        work.attempts.change([AttemptChange(id=each.attempt, state=AttemptState.STARTING) for each in verdicts])
        work.runs.change(
            [RunChange(number=each.run, state=RunState.RUNNING, operation=steps[each.run]) for each in verdicts]
        )
        work.operations.add_many(
            [
                start_step(runs[each.run], steps[each.run])
                if each.purpose is Purpose.WORK
                else deliver_step(runs[each.run], steps[each.run])
                for each in verdicts
            ]
        )

    def _deliver(self, work: Work, verdicts: Sequence[Deliver], runs: Mapping[int, Run]) -> None:
        steps = _steps(verdicts)
        sites = work.sites.get_many(runs[each.run].site for each in verdicts)
        work.attempts.change([AttemptChange(id=each.attempt, state=AttemptState.SUCCEEDED) for each in verdicts])
        work.attempts.add(
            [
                NewAttempt(
                    id=each.delivery,
                    run=each.run,
                    purpose=Purpose.DELIVERY,
                    handler=delivery_at(sites[runs[each.run].site], runs[each.run].handler),
                )
                for each in verdicts
            ]
        )
        work.runs.change(
            [
                RunChange(
                    number=each.run,
                    state=RunState.RUNNING,
                    operation=steps[each.run],
                    report=each.report,
                    files=each.files,
                )
                for each in verdicts
            ]
        )
        work.operations.add_many([deliver_step(runs[each.run], steps[each.run]) for each in verdicts])

    def _try_again(self, work: Work, verdicts: Sequence[TryAgain], runs: Mapping[int, Run]) -> None:
        if not verdicts:
            return
        steps, now = _steps(verdicts), work.now()
        work.attempts.change([AttemptChange(id=each.attempt, state=each.state) for each in verdicts])
        work.runs.change(
            [RunChange(number=each.run, state=RunState.PENDING, operation=steps[each.run]) for each in verdicts]
        )
        self.end_runs.note_failed_attempts(work, verdicts, runs)
        work.operations.add_many([start_step(runs[each.run], steps[each.run], now + each.wait) for each in verdicts])


def _steps(verdicts: Sequence[Verdict]) -> dict[int, UUID]:
    return {each.run: uuid4() for each in verdicts}
