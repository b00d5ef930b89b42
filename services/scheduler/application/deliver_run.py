"""The step that has a run's files sealed and sent, under an attempt committed with the news that they are there."""

from dataclasses import dataclass

from chassis.errors import RemoteRefused
from chassis.operations import Execution
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.ports import Delivery, OpenWork
from services.scheduler.application.steps import hold, run_of
from services.scheduler.domain.changes import AttemptChange, RunChange
from services.scheduler.domain.results import Ends
from services.scheduler.domain.runs import AttemptState, Failure, Purpose, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverRun:
    """Sends the files of the run that an operation names."""

    open_work: OpenWork
    delivery: Delivery
    end_runs: EndRuns

    def __call__(self, execution: Execution) -> None:
        number = run_of(execution.request)
        with self.open_work(execution.fence) as work:
            run = work.runs.get(number)
            attempt = work.attempts.open_of(number, Purpose.DELIVERY)
            if run.operation != execution.id or attempt is None or run.terms is None:
                execution.succeed(work)
                return
        try:
            self.delivery.send(run, run.terms, attempt.id)
        except RemoteRefused as refused:
            # Nothing was sealed, so nothing waits in the spool: the run has failed.
            failure = Failure(
                code=refused.code,
                reason=refused.remote_reason,
                message=str(refused),
                problems=tuple(refused.problems),
            )
            end = Ends(
                run=number,
                state=RunState.FAILED,
                attempt=attempt.id,
                attempt_state=AttemptState.FAILED,
                failure=failure,
            )
            with self.open_work(execution.fence) as work:
                self.end_runs(work, [end], hold(work, [number]))
                execution.succeed(work)
            return
        with self.open_work(execution.fence) as work:
            hold(work, [number])
            work.attempts.change([AttemptChange(id=attempt.id, state=AttemptState.QUEUED)])
            work.runs.change([RunChange(number=number, state=RunState.WAITING)])
            execution.succeed(work)
