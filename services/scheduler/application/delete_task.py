"""Tasks are deleted, all of a selection or none; their runs stay readable."""

from collections.abc import Sequence

from chassis.errors import StaleEtag
from services.scheduler.application.ports import Work
from services.scheduler.domain.errors import RunUnfinished
from services.scheduler.domain.runs import run_name


def delete_task(work: Work, number: int, *, etag: str = "") -> None:
    """Refused while a run of it has not ended."""
    task = work.tasks.lock(number)
    if etag and etag != task.etag:
        raise StaleEtag(task.name)
    delete_tasks(work, [number])


def delete_tasks(work: Work, numbers: Sequence[int]) -> None:
    """Refused while a run of one of them has not ended."""
    tasks = work.tasks.lock_many(numbers)
    for number, unfinished in sorted(work.runs.unfinished_of(numbers).items()):
        if unfinished:
            raise RunUnfinished(tasks[number].name, run_name(unfinished[0]))
    work.tasks.delete_many(numbers)
