"""The working steps of runs, each an operation whose commit also moves the runs.

A step that starts runs is for all the runs that go the same way (site, handler, destination) and are due together: the
runs name it, not the other way round. So ten thousand runs of one second cost some dozens of operations.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from chassis.operations import NewOperation
from chassis.operations.model import OperatingMode as EngineMode
from services.scheduler.application.ports import Work
from services.scheduler.domain.changes import RunChange
from services.scheduler.domain.runs import Run, RunState

START_RUNS = "scheduler.start-runs"  #: pool, destination, attempt, handler
DELIVER_RUN = "scheduler.deliver-run"  #: the files of a run are sealed and sent
LANE = "runs"
TOGETHER = 200  #: runs that one step starts at most
JOURNAL_SOURCE = "crontab"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a run goes: those that go the same way may start together."""

    site: str
    handler: str
    destination: str


def together(items: Iterable[tuple[Way, T]]) -> list[tuple[UUID, Way, Sequence[T]]]:
    """A new step for each portion of those that go the same way, in the order in which they come."""
    ways: defaultdict[Way, list[T]] = defaultdict(list)
    for way, item in items:
        ways[way].append(item)
    return [
        (uuid4(), way, same[start : start + TOGETHER])
        for way, same in ways.items()
        for start in range(0, len(same), TOGETHER)
    ]


def start_step(run: Run, id: UUID, not_before: datetime | None = None) -> NewOperation:
    """The step that starts one run, or its next attempt."""
    return NewOperation(
        kind=START_RUNS,
        id=id,
        site=run.site,
        mode=EngineMode(run.mode),
        traceparent=run.traceparent,
        not_before=not_before,
    )


def shared_step(site: str, id: UUID, traceparents: Sequence[str]) -> NewOperation:
    """The step that starts runs together; it belongs to their trace where there is only one."""
    trace = traceparents[0] if len(traceparents) == 1 else ""
    return NewOperation(kind=START_RUNS, id=id, site=site, traceparent=trace)


def deliver_step(run: Run, id: UUID) -> NewOperation:
    """The step that has a run's files sealed and sent."""
    return NewOperation(kind=DELIVER_RUN, id=id, site=run.site, mode=EngineMode(run.mode), traceparent=run.traceparent)


def hold(work: Work, numbers: Iterable[int]) -> dict[int, Run]:
    """Runs to change, with their pools: pools first, so that two who change runs never wait in a ring."""
    wanted = set(numbers)
    work.pools.lock(work.runs.pools_of(wanted))
    return work.runs.lock_many(wanted)


def start_each(work: Work, runs: Iterable[Run]) -> None:
    """Gives each of these runs, which the caller holds, a step of its own."""
    steps = {run.number: (run, uuid4()) for run in runs}
    work.operations.add_many([start_step(run, step) for run, step in steps.values()])
    work.runs.change(
        [
            RunChange(
                number=number,
                state=RunState.RUNNING if run.state is RunState.RUNNING else RunState.PENDING,
                operation=step,
                progress=run.progress,
            )
            for number, (run, step) in steps.items()
        ]
    )
