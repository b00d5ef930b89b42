"""How values lie in JSON columns, and how rows become values again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.errors import FieldProblem
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
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import Notification, NotifyWhen, RetryPolicy, Task, TaskDraft, TaskState
from services.scheduler.domain.triggers import trigger_from_json, trigger_to_json

Json = dict[str, Any]  # Any: what a JSON column holds


def task_values(draft: TaskDraft) -> Json:
    """The columns of what people edit."""
    return {
        "title": draft.title,
        "task_type": draft.task_type,
        "options": dict(draft.options),
        "triggers": [trigger_to_json(trigger) for trigger in draft.triggers],
        "site": draft.site,
        "time_zone": draft.time_zone,
        "destination": draft.destination,
        "file_name": draft.file_name,
        "pool": draft.pool,
        "notify_when": draft.notification.when.value,
        "notify_principals": list(draft.notification.principals),
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
        triggers=tuple(trigger_from_json(kept) for kept in row.triggers),
        site=row.site,
        time_zone=row.time_zone,
        destination=row.destination,
        file_name=row.file_name,
        pool=row.pool,
        notification=Notification(when=NotifyWhen(row.notify_when), principals=tuple(row.notify_principals)),
        retry_policy=RetryPolicy(max_attempts=row.max_attempts, initial_backoff=row.initial_backoff),
        attempt_timeout=row.attempt_timeout,
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
        notification=Notification(when=NotifyWhen(kept["notify_when"]), principals=tuple(kept["notify_principals"])),
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
