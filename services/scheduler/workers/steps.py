"""Kinds of operations: the working steps of runs."""

from datetime import timedelta

from chassis.operations import Kind, Lane
from services.scheduler.application.deliver_run import DeliverRun
from services.scheduler.application.start_run import StartRun
from services.scheduler.application.steps import DELIVER_RUN, LANE, START_RUN

#: A handler may be away for days; with a minute between tries this is a week. Deaths of the process count apart.
MAX_ATTEMPTS = 10_000
LONGEST_BACKOFF = timedelta(minutes=1)

RUNS_LANE = Lane(name=LANE, batch=50)


def kinds(start_run: StartRun, deliver_run: DeliverRun) -> list[Kind]:
    """The two steps."""
    return [
        Kind(name=START_RUN, run=start_run, lane=LANE, max_attempts=MAX_ATTEMPTS, longest_backoff=LONGEST_BACKOFF),
        Kind(name=DELIVER_RUN, run=deliver_run, lane=LANE, max_attempts=MAX_ATTEMPTS, longest_backoff=LONGEST_BACKOFF),
    ]
