"""A task is deleted; its runs stay readable."""

from chassis.errors import StaleEtag
from services.scheduler.application.ports import Work
from services.scheduler.domain.errors import RunUnfinished
from services.scheduler.domain.runs import run_name


def delete_task(work: Work, number: int, *, etag: str) -> None:
    """Refused while a run of it has not ended."""
    task = work.tasks.lock(number)
    if etag and etag != task.etag:
        raise StaleEtag(task.name)
    unfinished = work.runs.unfinished_of(number)
    if unfinished is not None:
        raise RunUnfinished(task.name, run_name(unfinished))
    work.tasks.delete(number)
