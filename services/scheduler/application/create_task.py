"""A task is created."""

from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import check_any_to_come, next_after, site_of, state_of
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState


def create_task(
    work: Work, draft: TaskDraft, *, handler: str, owner: str, paused: bool, validate_only: bool, system: bool = False
) -> Task:
    """The new task, of a checked draft; one that is only checked has the number 0."""
    now, site = work.now(), site_of(work, draft)
    number = 0
    if not validate_only:
        number = work.tasks.add(draft, handler=handler, owner=owner, state=TaskState.ENABLED, system=system)
    following = next_after(draft, site, now, number)
    check_any_to_come(draft, site, following, number)
    state = state_of(draft, following, paused=paused)
    if validate_only:
        return Task(
            number=0,
            draft=draft,
            handler=handler,
            owner=owner,
            state=state,
            next_time=None if paused else following.time,
            create_time=now,
            update_time=now,
            version=0,
            system=system,
        )
    if state is not TaskState.ENABLED:
        work.tasks.set_state([number], state)
    work.schedule.set(number, following.time, None if paused else following.fire_time)
    task = work.tasks.get(number)
    work.pools.ensure(task.run_pool)
    return task
