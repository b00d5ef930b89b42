"""A task is created."""

from dataclasses import dataclass

from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import check_any_to_come, next_time_of, state_of
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task, TaskDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTask:
    """Creates tasks from checked drafts."""

    site: Site

    def __call__(
        self, work: Work, draft: TaskDraft, *, handler: str, owner: str, paused: bool, validate_only: bool
    ) -> Task:
        """The new task; one that is only checked has the number 0."""
        now = work.now()
        next_time = next_time_of(draft, self.site, now)
        check_any_to_come(draft, next_time)
        state = state_of(draft, next_time, paused=paused)
        if paused:
            next_time = None
        if validate_only:
            return Task(
                number=0,
                draft=draft,
                handler=handler,
                owner=owner,
                state=state,
                next_time=next_time,
                create_time=now,
                update_time=now,
                version=0,
            )
        work.pools.ensure(draft.pool)
        number = work.tasks.add(draft, handler=handler, owner=owner, state=state)
        work.schedule.set(number, next_time)
        return work.tasks.get(number)
