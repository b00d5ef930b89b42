"""Instants that came and that nobody will fire any more leave their reason: no change of a task makes them vanish."""

from collections.abc import Iterable

from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import Next, zone_of
from services.scheduler.domain.changes import SkippedRun
from services.scheduler.domain.missed import missed_since
from services.scheduler.domain.planning import SKIPPED_BY_MODE
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task, TaskState


def note_missed(work: Work, moved: Iterable[tuple[Task, Site, Next]]) -> None:
    """Notes what has come of tasks and is not among what comes next: each task and its site as they were before.

    Whoever calls holds the tasks' schedules and has not changed them yet.
    """
    now = work.now()
    skipped: list[SkippedRun] = []
    for task, site, following in moved:
        since = task.next_time
        if since is None or since > now or following.time == since:
            continue
        missed = missed_since(task.draft.schedule, since, now, zone_of(task.draft, site), task.number)
        skipped.append(
            SkippedRun(
                task=task.number,
                reason=_reason(task, site),
                first_time=missed.first_time,
                last_time=missed.last_time,
                occurrences=missed.count,
            )
        )
    work.runs.skip(skipped)


def _reason(task: Task, site: Site) -> SkipReason:
    """Why nobody had fired them."""
    if task.state is TaskState.PAUSED:
        return SkipReason.PAUSED
    return SKIPPED_BY_MODE.get(site.mode, SkipReason.MISFIRE)
