"""A person changes a task. Runs that have started keep what they started with."""

from dataclasses import dataclass, replace

from chassis.errors import StaleEtag
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import check_any_to_come, next_time_after_change, state_of
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTask:
    """Changes tasks."""

    site: Site

    def __call__(
        self,
        work: Work,
        number: int,
        *,
        draft: TaskDraft,
        etag: str,
        validate_only: bool,
    ) -> Task:
        """Puts a checked draft in the place of the one that `etag` stands for. Raises `StaleEtag`."""
        task = work.tasks.lock(number)
        if etag != task.etag:
            raise StaleEtag(task.name)
        paused = task.state is TaskState.PAUSED
        next_time = task.next_time
        if (draft.triggers, draft.time_zone) != (task.draft.triggers, task.draft.time_zone) and not paused:
            next_time = next_time_after_change(draft, self.site, work.now(), task.next_time)
            check_any_to_come(draft, next_time)
        state = state_of(draft, next_time, paused=paused)
        if validate_only:
            return replace(task, draft=draft, next_time=next_time, state=state)
        work.pools.ensure(draft.pool)
        work.tasks.change(number, draft)
        work.schedule.set(number, next_time)
        if state is not task.state:
            work.tasks.set_state([number], state)
        return work.tasks.get(number)
