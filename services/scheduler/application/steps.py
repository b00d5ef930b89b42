"""The working steps of a run, each an operation whose commit also moves the run."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from chassis.operations import JSON, NewOperation
from services.scheduler.application.ports import Work
from services.scheduler.domain.runs import Run

START_RUN = "scheduler.start-run"  #: pool, destination, attempt, handler
DELIVER_RUN = "scheduler.deliver-run"  #: the files of a run are sealed and sent
LANE = "runs"
JOURNAL_SOURCE = "crontab"


def start_step(run: int, site: str, traceparent: str, id: UUID, not_before: datetime | None = None) -> NewOperation:
    """The step that starts a run, or its next attempt."""
    return NewOperation(
        kind=START_RUN, id=id, request={"run": run}, site=site, traceparent=traceparent, not_before=not_before
    )


def deliver_step(run: Run, id: UUID) -> NewOperation:
    """The step that has a run's files sealed and sent."""
    return NewOperation(
        kind=DELIVER_RUN, id=id, request={"run": run.number}, site=run.site, traceparent=run.traceparent
    )


def run_of(request: Mapping[str, JSON]) -> int:
    """The run a step is for."""
    number = request["run"]
    if not isinstance(number, int):
        raise TypeError(f"a step names its run by number, not by {number!r}")
    return number


def hold(work: Work, numbers: Iterable[int]) -> dict[int, Run]:
    """Runs to change, with their pools: pools first, so that two who change runs never wait in a ring."""
    wanted = set(numbers)
    work.pools.lock(work.runs.pools_of(wanted))
    return work.runs.lock_many(wanted)
