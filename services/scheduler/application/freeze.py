"""What a run starts with: its task as it is at that moment, the file name filled in; kept with the run."""

from dataclasses import replace

from services.scheduler.application.ports import People
from services.scheduler.domain.file_names import expand_file_name
from services.scheduler.domain.runs import Run, Terms
from services.scheduler.domain.sites import Site
from services.scheduler.domain.tasks import Task
from services.scheduler.domain.triggers import zone_named


def terms_of(task: Task, people: People) -> Terms:
    """The terms before a run starts: no instant has filled the file name yet."""
    return Terms(
        options=task.draft.options,
        destination=task.draft.destination,
        file_name=task.draft.file_name,
        owner=task.owner,
        locale=people.locale_of(task.owner),
        time_zone=task.draft.time_zone,
        notification=task.draft.notification,
        retry_policy=task.draft.retry_policy,
        attempt_timeout=task.draft.attempt_timeout,
    )


def freeze(task: Task, run: Run, site: Site, people: People) -> Terms:
    """The terms of a run that starts now."""
    terms = terms_of(task, people)
    time_zone = terms.time_zone or site.time_zone
    file_name = expand_file_name(terms.file_name, run.nominal_time, zone_named(time_zone))
    return replace(terms, time_zone=time_zone, file_name=file_name)
