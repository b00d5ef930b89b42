"""Kinds of operations: the working steps of runs."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from chassis.errors import BackroomError
from chassis.operations import Execution, Kind, Lane
from chassis.operations.execution import Stopped
from services.scheduler.application.deliver_run import DeliverRun
from services.scheduler.application.start_run import StartRun
from services.scheduler.application.steps import DELIVER_RUN, LANE, START_RUN, run_of
from services.scheduler.domain.errors import StepBroken

#: A handler may be away for days; with a minute between tries this is a week. Deaths of the process count apart.
MAX_ATTEMPTS = 10_000
LONGEST_BACKOFF = timedelta(minutes=1)
MOST_BROKEN = 8  #: tries, after which a step that breaks by itself is given up

Step = Callable[[Execution], None]

log = structlog.get_logger(__name__)

#: One at a time: a step waits for others, and whatever was claimed behind it would wait with it.
RUNS_LANE = Lane(name=LANE, batch=1)


def ending(step: Step) -> Step:
    """The step, patient with those who do not answer and not with itself: what breaks it will break it in a week, too.

    Tries that others let fail count as well; a step that has waited for hours for its handler and then breaks has had
    its chances.
    """

    def run(execution: Execution) -> None:
        try:
            step(execution)
        except (BackroomError, Stopped):
            raise
        except Exception as broken:
            if execution.attempts < MOST_BROKEN:
                raise
            log.exception("step given up", run=run_of(execution.request))
            raise StepBroken(f"it broke; the log of the scheduler tells why (operation {execution.id})") from broken

    return run


def kinds(start_run: StartRun, deliver_run: DeliverRun) -> list[Kind]:
    """The two steps."""
    return [
        Kind(
            name=START_RUN, run=ending(start_run), lane=LANE, max_attempts=MAX_ATTEMPTS, longest_backoff=LONGEST_BACKOFF
        ),
        Kind(
            name=DELIVER_RUN,
            run=ending(deliver_run),
            lane=LANE,
            max_attempts=MAX_ATTEMPTS,
            longest_backoff=LONGEST_BACKOFF,
        ),
    ]
