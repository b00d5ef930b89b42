"""A person ends a run."""

from dataclasses import dataclass

from chassis.errors import UnknownResource, WrongState
from services.scheduler.application.cancel_runs import CancelRuns, being_sent
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.run_task import JOURNAL_SOURCE
from services.scheduler.application.steps import hold
from services.scheduler.domain.errors import FilesUnderWay
from services.scheduler.domain.runs import Attempt, Run, RunState, run_name
from services.scheduler.domain.sites import has_gone

UNFINISHED = "PENDING, HELD, RUNNING or WAITING"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """Asks for the end of one run. To ask again changes nothing, unless nobody is left to be waited for."""

    cancel_runs: CancelRuns
    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, number: int, *, caller: str, peer: str) -> Run:
        """The run as it is then. Raises `UnknownResource`, `WrongState`, `FilesUnderWay`."""
        run = hold(work, [number]).get(number)
        if run is None:
            raise UnknownResource(run_name(number))
        if run.ended:
            raise WrongState(run.name, run.state.name, UNFINISHED)
        attempt = work.attempts.open_of_runs([number]).get(number)
        lost = attempt is not None and run.state is not RunState.HELD and _is_lost(work, run, attempt)
        if being_sent(attempt) and not lost:
            raise FilesUnderWay(run.name)
        if not run.cancelled_by:
            work.journal.write(
                self.texts.get("journal.cancel_asked", self.locale, title=run.task_title),
                source=JOURNAL_SOURCE,
                user=caller,
                peer=peer,
                correlation=run.name,
            )
        self.cancel_runs(work, [run], by=caller, sent_too=lost)
        return work.runs.get(number)


def _is_lost(work: Work, run: Run, attempt: Attempt) -> bool:
    """Whether the handler or delivery of the site that has the attempt was taken away."""
    return has_gone(work.sites.get_many([run.site]).get(run.site), attempt.handler)
