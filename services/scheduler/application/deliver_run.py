"""The step that has a run's files sealed and sent, under an attempt committed with the news that they are there."""

from dataclasses import dataclass

from chassis.errors import RemoteRefused
from chassis.operations import ComeBack, Execution
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.ports import Delivery, OpenWork
from services.scheduler.application.start_runs import WHILE_HELD
from services.scheduler.application.steps import hold
from services.scheduler.domain.changes import AttemptChange, RunChange
from services.scheduler.domain.results import Ends
from services.scheduler.domain.runs import AttemptState, Failure, Purpose, Run, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverRun:
    """Sends the files of the run whose working step an operation is."""

    open_work: OpenWork
    delivery: Delivery
    end_runs: EndRuns

    def __call__(self, execution: Execution) -> None:
        with self.open_work(execution.fence) as work:
            numbers = work.runs.of_operation(execution.id)
            if not numbers:
                execution.succeed(work)
                return
            (number,) = numbers
            run = hold(work, [number])[number]
            if run.state is RunState.HELD:
                raise ComeBack(WHILE_HELD)
            if run.state is RunState.PENDING:  # it was held, and goes on
                work.runs.change([RunChange(number=number, state=RunState.RUNNING, operation=execution.id)])
            attempt = work.attempts.open_of(number, Purpose.DELIVERY)
        if attempt is None or run.terms is None:
            raise AssertionError(f"{run.name} has files to send and no attempt at it")
        try:
            self.delivery.send(attempt.handler, run, run.terms, attempt.id)
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
                runs = hold(work, [number])
                _come_back_unless_begun(runs[number])
                self.end_runs(work, [end], runs)
                execution.succeed(work)
            return
        with self.open_work(execution.fence) as work:
            _come_back_unless_begun(hold(work, [number])[number])
            work.attempts.change([AttemptChange(id=attempt.id, state=AttemptState.QUEUED)])
            work.runs.change([RunChange(number=number, state=RunState.WAITING)])
            execution.succeed(work)


def _come_back_unless_begun(run: Run) -> None:
    """A run that was held meanwhile, and perhaps let go since, is sent anew: nothing is sealed twice."""
    if run.state is not RunState.RUNNING:
        raise ComeBack(WHILE_HELD)
