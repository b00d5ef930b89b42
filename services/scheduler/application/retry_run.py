"""A person has a run that ended tried again."""

from dataclasses import dataclass

from chassis.errors import UnknownResource, WrongState
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.run_task import JOURNAL_SOURCE
from services.scheduler.application.start_asked import start_asked
from services.scheduler.application.steps import hold
from services.scheduler.domain.errors import CannotRunAgain
from services.scheduler.domain.runs import RETRIABLE, AttemptState, Purpose, Run, RunState, run_name
from services.scheduler.domain.sites import site_name
from services.scheduler.domain.tasks import task_name

WANTED = "FAILED, CANCELLED, NOT_EXECUTED or SKIPPED; a run whose files are sealed never executes again"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRun:
    """Gives runs another attempt, in the mode that their site is in now.

    One that a handler has had goes on with what it started with, even if its task was deleted. One that never came so
    far takes its task as it is now: what kept it from starting may have been mended there.
    """

    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, number: int, *, caller: str, peer: str) -> Run:
        """The run as it is then. Raises `UnknownResource`, `WrongState`, `CannotRunAgain`."""
        run = work.runs.get(number)
        task_is_there = _hold_task(work, run.task)
        site = work.sites.keep(run.site)
        run = hold(work, [number])[number]
        if run.state not in RETRIABLE:
            raise WrongState(run.name, run.state.name, WANTED)
        if site is None:
            raise CannotRunAgain(
                run.name, f"{site_name(run.site)} was deleted; start its task where it is now (RunTask)"
            )
        begun = bool(work.attempts.of_runs([number]))
        if not task_is_there and not (begun and run.terms):
            raise CannotRunAgain(run.name, f"it never began, and {task_name(run.task)} was deleted; create a task anew")
        if not task_is_there and not site.online:
            raise CannotRunAgain(run.name, f"{task_name(run.task)} was deleted, and {site.name} is offline; try later")
        _check_files(work, run)
        _check_instant(work, run)
        work.reruns.again(number, by=caller, mode=site.mode, anew=not begun)
        start_asked(work, [number], site)
        work.journal.write(
            self.texts.get("journal.retry_asked", self.locale, title=run.task_title),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=run.name,
        )
        return work.runs.get(number)


def _hold_task(work: Work, number: int) -> bool:
    """Holds the schedule of the run's task; False where the task was deleted."""
    try:
        work.tasks.lock(number)
    except UnknownResource:
        return False
    return True


def _check_files(work: Work, run: Run) -> None:
    """Sealed files go out, once: where delivery was asked to seal them and never said no, they are not made again."""
    sendings = work.attempts.of_runs([run.number], Purpose.DELIVERY).get(run.number, ())
    if any(sending.state is not AttemptState.FAILED for sending in sendings):
        raise CannotRunAgain(
            run.name,
            "its files may be sealed; look for them in delivery, and where they are not, start its task (RunTask)",
        )


def _check_instant(work: Work, run: Run) -> None:
    """An instant that was skipped may have brought a run since."""
    if run.state is not RunState.SKIPPED or run.manual:
        return
    meanwhile = work.reruns.brought(run.task, run.nominal_time, run.nominal_time).get(run.nominal_time)
    if meanwhile is not None:
        raise CannotRunAgain(run.name, f"its instant was made up for by {run_name(meanwhile)}")
