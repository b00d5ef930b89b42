"""Runs that were held for their site go on, each from where it stood."""

from collections.abc import Iterable, Sequence

from services.scheduler.application.end_runs import promote
from services.scheduler.application.ports import Work
from services.scheduler.application.steps import Way, hold, shared_step, start_each, together
from services.scheduler.domain.changes import RunChange
from services.scheduler.domain.runs import AT_HANDLER, Attempt, Run, RunState


def let_go(work: Work, numbers: Iterable[int]) -> int:
    """Lets those of these runs go on that are held; answers how many.

    One with a working step goes on with it, one whose attempt stands at a handler waits for its news again, one that
    has not begun waits for its pool or is started, together with those that go the same way.
    """
    runs = [run for run in hold(work, numbers).values() if run.state is RunState.HELD]
    attempts = work.attempts.open_of_runs(run.number for run in runs)
    fresh = [run for run in runs if _stands(run, attempts) is None]
    work.runs.change(
        [
            RunChange(number=run.number, state=state, operation=run.operation, progress=run.progress)
            for run in runs
            if (state := _stands(run, attempts)) is not None
        ]
    )
    work.runs.change([RunChange(number=run.number, state=RunState.PENDING) for run in fresh if run.pool])
    apart = [run for run in fresh if not run.pool]
    start_each(work, [run for run in apart if run.hold_expire_time is None])  # somebody asked for it
    _start_together(work, [run for run in apart if run.hold_expire_time is not None])
    promote(work, {run.pool for run in runs})
    return len(runs)


def _stands(run: Run, attempts: dict[int, Attempt]) -> RunState | None:
    """The state in which a run goes on from where it stood; None where it has not begun."""
    if run.operation is not None:
        return RunState.PENDING
    attempt = attempts.get(run.number)
    return RunState.WAITING if attempt is not None and attempt.state in AT_HANDLER else None


def _start_together(work: Work, runs: Sequence[Run]) -> None:
    tasks = work.tasks.get_many({run.task for run in runs})
    ordered = sorted(runs, key=lambda run: (run.nominal_time, run.number))
    portions = together(
        (Way(site=run.site, handler=run.handler, destination=tasks[run.task].draft.destination), run) for run in ordered
    )
    steps = {run.number: step for step, _, same in portions for run in same}
    work.operations.add_many(
        [shared_step(way.site, step, [run.traceparent for run in same]) for step, way, same in portions]
    )
    work.runs.change(
        [RunChange(number=number, state=RunState.PENDING, operation=step) for number, step in steps.items()]
    )
