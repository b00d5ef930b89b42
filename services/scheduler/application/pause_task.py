"""A person stops a task from firing, and lets it fire again."""

from chassis.errors import WrongState
from services.scheduler.application.note_missed import note_missed
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import next_after, site_of, state_of
from services.scheduler.domain.tasks import Task, TaskState


def pause_task(work: Work, number: int) -> Task:
    """Only an enabled task can be paused."""
    task = work.tasks.lock(number)
    if task.state is not TaskState.ENABLED:
        raise WrongState(task.name, task.state.name, TaskState.ENABLED.name)
    work.tasks.set_state([number], TaskState.PAUSED)
    work.schedule.stop([number])
    return work.tasks.get(number)


def resume_task(work: Work, number: int) -> Task:
    """Only a paused task can be resumed. It fires from now on; what it missed while paused is noted as skipped."""
    task = work.tasks.lock(number)
    if task.state is not TaskState.PAUSED:
        raise WrongState(task.name, task.state.name, TaskState.PAUSED.name)
    site, now = site_of(work, task.draft), work.now()
    following = next_after(task.draft, site, now, number)
    note_missed(work, [(task, site, following)])
    work.tasks.set_state([number], state_of(task.draft, following, paused=False))
    work.schedule.set(number, following.time, following.fire_time)
    return work.tasks.get(number)
