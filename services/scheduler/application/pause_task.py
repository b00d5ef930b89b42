"""A person stops a task from firing, and lets it fire again."""

from dataclasses import dataclass

from chassis.errors import WrongState
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import next_time_of, state_of
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task, TaskState


def pause_task(work: Work, number: int) -> Task:
    """Only an enabled task can be paused."""
    task = work.tasks.lock(number)
    if task.state is not TaskState.ENABLED:
        raise WrongState(task.name, task.state.name, TaskState.ENABLED.name)
    work.tasks.set_state([number], TaskState.PAUSED)
    work.schedule.set(number, None)
    return work.tasks.get(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeTask:
    """Only a paused task can be resumed. It fires from now on; what it missed while paused stays missed."""

    site: Site

    def __call__(self, work: Work, number: int) -> Task:
        task = work.tasks.lock(number)
        if task.state is not TaskState.PAUSED:
            raise WrongState(task.name, task.state.name, TaskState.PAUSED.name)
        next_time = next_time_of(task.draft, self.site, work.now())
        work.tasks.set_state([number], state_of(task.draft, next_time, paused=False))
        work.schedule.set(number, next_time)
        return work.tasks.get(number)
