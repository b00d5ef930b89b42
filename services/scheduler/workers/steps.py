"""Kinds of operations: the working steps of runs."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from chassis.errors import BackroomError
from chassis.operations import ComeBack, Execution, Kind, Lane
from chassis.operations.execution import Stopped
from services.scheduler.application.ask_for_end import CANCEL_ATTEMPTS
from services.scheduler.application.deliver_run import DeliverRun
from services.scheduler.application.start_runs import StartRuns
from services.scheduler.application.steps import DELIVER_RUN, LANE, START_RUNS
from services.scheduler.application.tell_people import MAIL_REPORT
from services.scheduler.domain.errors import StepBroken

#: A handler may be away for days; with a minute between tries this is a week. Deaths of the process count apart.
MAX_ATTEMPTS = 10_000
LONGEST_BACKOFF = timedelta(minutes=1)
FEW_BROKEN = 2  #: tries, after which a step for several runs that breaks by itself is taken apart
MOST_BROKEN = 8  #: tries, after which a step that breaks by itself is given up

Step = Callable[[Execution], None]
Apart = Callable[[Execution], bool]

log = structlog.get_logger(__name__)

#: One at a time: a step waits for others, and whatever was claimed behind it would wait with it.
RUNS_LANE = Lane(name=LANE, batch=1)


def ending(step: Step, apart: Apart | None = None) -> Step:
    """The step, patient with those who do not answer and not with itself: what breaks it will break it in a week, too.

    One that is for several runs is first taken `apart`, so that only the run that breaks it is given up. Tries that
    others let fail count as well; a step that has waited for hours for its handler and then breaks has had its chances.
    """

    def run(execution: Execution) -> None:
        try:
            step(execution)
        except (BackroomError, Stopped, ComeBack):
            raise
        except Exception as broken:
            if execution.attempts < FEW_BROKEN:
                raise
            if apart is not None and apart(execution):
                log.exception("step taken apart", operation=str(execution.id))
                return
            if execution.attempts < MOST_BROKEN:
                raise
            log.exception("step given up", operation=str(execution.id))
            raise StepBroken(f"it broke; the log of the scheduler tells why (operation {execution.id})") from broken

    return run


def patient(name: str, run: Step) -> Kind:
    """A kind that waits for others as long as it takes."""
    return Kind(name=name, run=run, lane=LANE, max_attempts=MAX_ATTEMPTS, longest_backoff=LONGEST_BACKOFF)


def kinds(start_runs: StartRuns, deliver_run: DeliverRun, cancel_attempts: Step, mail_report: Step) -> list[Kind]:
    """The steps of runs, the asking for their end, and the mailing of how they ended."""
    return [
        patient(START_RUNS, ending(start_runs, start_runs.apart)),
        patient(DELIVER_RUN, ending(deliver_run)),
        patient(CANCEL_ATTEMPTS, cancel_attempts),
        patient(MAIL_REPORT, mail_report),
    ]
