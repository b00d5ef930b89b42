"""The end of runs is asked for. What no handler can have ends at once; of the others the handler says how they ended.

A handler that may have an attempt is asked until it answers: it ends the attempt, or never begins it. Until then the
run keeps its pool, so that no other run of the pool is at work beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scheduler.application.ask_for_end import ask_for_end
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.ports import Work
from services.scheduler.domain.results import ASKED, Ends, cancelled
from services.scheduler.domain.runs import Attempt, Purpose, Run, RunState

SCHEDULER = "scheduler"  #: who asks where nobody does: the task's own policy


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRuns:
    """Cancels runs that the caller holds and that have not ended; those whose files are being sent go on.

    `sent_too`: these as well, as nobody is left who would tell that they were.
    """

    end_runs: EndRuns

    def __call__(self, work: Work, runs: Sequence[Run], by: str, *, sent_too: bool = False) -> None:
        """`by` is who asks; empty for the scheduler itself."""
        attempts = work.attempts.open_of_runs(run.number for run in runs)
        asked = [run for run in runs if sent_too or not being_sent(attempts.get(run.number))]
        work.runs.note_cancelled([run.number for run in asked], by or SCHEDULER)
        ask_for_end(work, [attempts[run.number] for run in asked if run.number in attempts])
        self.end_runs(
            work,
            [_at_once(run, attempts.get(run.number)) for run in asked if _ends_at_once(run, attempts)],
            {run.number: run for run in asked},
        )


def being_sent(attempt: Attempt | None) -> bool:
    """Whether the open attempt of a run is the sending of its files."""
    return attempt is not None and attempt.purpose is Purpose.DELIVERY


def _ends_at_once(run: Run, attempts: dict[int, Attempt]) -> bool:
    """Nobody is at work for it: no handler has it, or the one that has it holds it back, as its run is held."""
    return run.number not in attempts or run.state is RunState.HELD


def _at_once(run: Run, attempt: Attempt | None) -> Ends:
    if attempt is None:
        return Ends(run=run.number, state=RunState.CANCELLED, failure=ASKED)
    return cancelled(run, attempt)
