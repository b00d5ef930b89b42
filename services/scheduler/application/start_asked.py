"""Runs that a person asked for are on their way: at once, in the turn of their pool, or once their site is back."""

from collections.abc import Sequence

from services.scheduler.application.end_runs import promote
from services.scheduler.application.ports import Work
from services.scheduler.application.steps import start_each
from services.scheduler.domain.changes import RunChange
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.sites import Site


def start_asked(work: Work, numbers: Sequence[int], site: Site) -> None:
    """Pending runs of one site, without steps, whose pools the caller holds. They do not expire."""
    if not site.online:
        work.runs.change(
            [RunChange(number=number, state=RunState.HELD, reason=SkipReason.SITE_OFFLINE) for number in numbers]
        )
        return
    runs = work.runs.lock_many(numbers).values()
    start_each(work, [run for run in runs if not run.pool])
    promote(work, {run.pool for run in runs})
