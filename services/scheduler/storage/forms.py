"""How values lie in JSON columns, and how rows become values again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.errors import FieldProblem
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap, SkipReason
from services.scheduler.domain.runs import (
    Attempt,
    AttemptState,
    Failure,
    ProducedFile,
    Progress,
    Purpose,
    Run,
    RunState,
    Terms,
)
from services.scheduler.domain.schedules import schedule_kept_as, schedule_to_text
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft
from services.scheduler.domain.tasks import Notification, NotifyWhen, RetryPolicy, Task, TaskDraft, TaskState

Json = dict[str, Any]  # Any: what a JSON column holds


def task_values(draft: TaskDraft) -> Json:
    """The columns of what people edit."""
    return {
        "title": draft.title,
        "task_type": draft.task_type,
        "options": dict(draft.options),
        "shown_options": None if draft.shown_options is None else dict(draft.shown_options),
        "schedule": schedule_to_text(draft.schedule),
        "site": draft.site,
        "time_zone": draft.time_zone,
        "destination": draft.destination,
        "file_name": draft.file_name,
        "pool": draft.pool,
        "serial": draft.serial,
        "overlap": draft.overlap.value,
        "misfire": draft.misfire.kind.value,
        "misfire_max_runs": draft.misfire.max_runs,
        "misfire_grace": draft.misfire.grace,
        "misfire_window": draft.misfire.window,
        "jitter": draft.jitter,
        "delete_when_done": draft.delete_when_done,
        "notify_when": draft.notification.when.value,
        "notify_principals": list(draft.notification.principals),
        "notify_mail": draft.notification.mail,
        "max_attempts": draft.retry_policy.max_attempts,
        "initial_backoff": draft.retry_policy.initial_backoff,
        "attempt_timeout": draft.attempt_timeout,
    }


def task_from_row(row: sa.Row[Any]) -> Task:
    """A row of task beside its schedule."""
    draft = TaskDraft(
        title=row.title,
        task_type=row.task_type,
        options=row.options,
        shown_options=row.shown_options,
        schedule=schedule_kept_as(row.schedule),
        site=row.site,
        time_zone=row.time_zone,
        destination=row.destination,
        file_name=row.file_name,
        pool=row.pool,
        notification=Notification(
            when=NotifyWhen(row.notify_when), principals=tuple(row.notify_principals), mail=row.notify_mail
        ),
        retry_policy=RetryPolicy(max_attempts=row.max_attempts, initial_backoff=row.initial_backoff),
        attempt_timeout=row.attempt_timeout,
        misfire=misfire_from_row(row),
        overlap=Overlap(row.overlap),
        jitter=row.jitter,
        delete_when_done=row.delete_when_done,
    )
    return Task(
        number=row.number,
        draft=draft,
        handler=row.handler,
        owner=row.owner,
        state=TaskState(row.state),
        next_time=row.next_time,
        create_time=row.create_time,
        update_time=row.update_time,
        version=row.version,
        system=row.system,
    )


def misfire_from_row(row: sa.Row[Any]) -> MisfirePolicy:
    return _misfire(row.misfire, row.misfire_max_runs, row.misfire_grace, row.misfire_window)


@lru_cache
def _misfire(kind: str, max_runs: int, grace: timedelta, window: timedelta | None) -> MisfirePolicy:
    """Most tasks have the same."""
    return MisfirePolicy(kind=MisfireKind(kind), max_runs=max_runs, grace=grace, window=window)


@lru_cache(maxsize=4096)
def instant_text(instant: datetime) -> str:
    """An instant as JSON carries it; thousands of rows share a few."""
    return instant.isoformat()


def site_values(draft: SiteDraft) -> Json:
    """The columns of what people edit of a site."""
    return {
        "title": draft.title,
        "time_zone": draft.time_zone,
        "handlers": dict(draft.handlers),
        "delivery": draft.delivery,
        "heartbeat_timeout": draft.heartbeat_timeout,
        "hold_timeout": draft.hold_timeout,
    }


def site_from_row(row: sa.Row[Any]) -> Site:
    draft = SiteDraft(
        title=row.title,
        time_zone=row.time_zone,
        handlers=row.handlers,
        delivery=row.delivery,
        heartbeat_timeout=row.heartbeat_timeout,
        hold_timeout=row.hold_timeout,
    )
    return Site(
        id=row.name,
        draft=draft,
        mode=OperatingMode(row.mode),
        mode_version=row.mode_version,
        unacknowledged=frozenset(row.unacknowledged),
        online=row.online,
        heartbeat_time=row.heartbeat_time,
        create_time=row.create_time,
        version=row.version,
    )


def run_from_row(row: sa.Row[Any]) -> Run:
    return Run(
        number=row.number,
        task=row.task,
        task_title=row.task_title,
        task_type=row.task_type,
        handler=row.handler,
        site=row.site,
        mode=OperatingMode(row.mode),
        pool=row.pool,
        state=RunState(row.state),
        nominal_time=row.nominal_time,
        first_time=row.first_time,
        occurrences=row.occurrences,
        reason=SkipReason(row.reason) if row.reason else None,
        hold_expire_time=row.hold_expire_time,
        cancelled_by=row.cancelled_by,
        manual=row.manual,
        started_by=row.started_by,
        create_time=row.create_time,
        start_time=row.start_time,
        end_time=row.end_time,
        operation=row.operation,
        terms=None if row.terms is None else terms_from_json(row.terms),
        report=row.report,
        failure=None if row.failure is None else failure_from_json(row.failure),
        files=tuple(ProducedFile(**file) for file in row.files or ()),
        progress=None if row.progress is None else Progress(**row.progress),
        traceparent=row.traceparent,
    )


def attempt_from_row(row: sa.Row[Any]) -> Attempt:
    return Attempt(
        id=row.id,
        run=row.run,
        number=row.number,
        purpose=Purpose(row.purpose),
        handler=row.handler,
        state=AttemptState(row.state),
        create_time=row.create_time,
        expire_time=row.expire_time,
        cancel_time=row.cancel_time,
        end_time=row.end_time,
    )


def terms_to_json(terms: Terms) -> Json:
    timeout = terms.attempt_timeout
    return {
        "options": dict(terms.options),
        "destination": terms.destination,
        "file_name": terms.file_name,
        "owner": terms.owner,
        "locale": terms.locale,
        "time_zone": terms.time_zone,
        "notify_when": terms.notification.when.value,
        "notify_principals": list(terms.notification.principals),
        "notify_mail": terms.notification.mail,
        "max_attempts": terms.retry_policy.max_attempts,
        "initial_backoff": terms.retry_policy.initial_backoff.total_seconds(),
        "attempt_timeout": None if timeout is None else timeout.total_seconds(),
    }


def terms_from_json(kept: Mapping[str, Any]) -> Terms:
    timeout = kept["attempt_timeout"]
    return Terms(
        options=kept["options"],
        destination=kept["destination"],
        file_name=kept["file_name"],
        owner=kept["owner"],
        locale=kept["locale"],
        time_zone=kept["time_zone"],
        notification=Notification(
            when=NotifyWhen(kept["notify_when"]),
            principals=tuple(kept["notify_principals"]),
            mail=kept["notify_mail"],
        ),
        retry_policy=RetryPolicy(
            max_attempts=kept["max_attempts"], initial_backoff=timedelta(seconds=kept["initial_backoff"])
        ),
        attempt_timeout=None if timeout is None else timedelta(seconds=timeout),
    )


def failure_to_json(failure: Failure | None) -> Json | None:
    return None if failure is None else asdict(failure)


def failure_from_json(kept: Mapping[str, Any]) -> Failure:
    problems = tuple(FieldProblem(**problem) for problem in kept["problems"])
    return Failure(code=kept["code"], reason=kept["reason"], message=kept["message"], problems=problems)


def files_to_json(files: Sequence[ProducedFile]) -> list[Json]:
    return [asdict(file) for file in files]


def progress_to_json(progress: Progress | None) -> Json | None:
    return None if progress is None else asdict(progress)


def uuid_text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
