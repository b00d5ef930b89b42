"""Runs whose working step the engine has given up (parked, refused, cancelled): they end, and their pool goes on."""

from dataclasses import dataclass

from services.scheduler.application.ask_for_end import ask_for_end
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.ports import Work
from services.scheduler.application.steps import hold
from services.scheduler.domain.results import Ends
from services.scheduler.domain.runs import AttemptState, Failure, Purpose, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverRuns:
    """Ends abandoned runs."""

    end_runs: EndRuns
    batch: int = 100

    def __call__(self, work: Work) -> int:
        """Ends at most a batch; answers how many."""
        found = {number for number, _, _ in work.runs.abandoned(self.batch)}
        if not found:
            return 0
        runs = hold(work, found)
        still = [row for row in work.runs.abandoned(self.batch) if row[0] in runs]  # as seen with the runs held
        open_attempts = work.attempts.open_of_runs(runs)
        ends = []
        for number, state, error in still:
            cancelled = state == "cancelled"
            attempt = open_attempts.get(number)
            ends.append(
                Ends(
                    run=number,
                    state=RunState.CANCELLED if cancelled else RunState.FAILED,
                    attempt=attempt.id if attempt else None,
                    attempt_state=AttemptState.CANCELLED if cancelled else AttemptState.PARKED,
                    failure=Failure(
                        code="CANCELLED" if cancelled else "UNAVAILABLE",
                        reason=error.get("reason", state.upper()),
                        message=error.get("message", ""),
                    ),
                )
            )
        left = [open_attempts[end.run] for end in ends if end.run in open_attempts]
        ask_for_end(work, [attempt for attempt in left if attempt.purpose is Purpose.WORK])  # a handler may have it
        self.end_runs(work, ends, runs)
        return len(ends)
