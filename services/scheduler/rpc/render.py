"""To the wire: tasks, runs, messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

from backroom.scheduler.v1 import scheduler_pb2
from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from chassis.rpc.messages import json_to_struct, timestamp
from chassis.rpc.status import DOMAIN
from services.scheduler.domain.messages import Message, message_name
from services.scheduler.domain.policies import MisfireKind, Overlap, SkipReason
from services.scheduler.domain.runs import Attempt, AttemptState, Failure, Run, RunState, run_name
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.task_types import TaskType
from services.scheduler.domain.tasks import NotifyWhen, Task, TaskDraft, TaskState
from services.scheduler.rpc.schedules import DST_RULES, render_dates, render_trigger

TASK_STATES = {
    TaskState.ENABLED: scheduler_pb2.Task.STATE_ENABLED,
    TaskState.PAUSED: scheduler_pb2.Task.STATE_PAUSED,
    TaskState.COMPLETED: scheduler_pb2.Task.STATE_COMPLETED,
}
EXCERPT = 1_000  #: characters of a long text that lists show
RUN_STATES = {
    RunState.PENDING: scheduler_pb2.Run.STATE_PENDING,
    RunState.HELD: scheduler_pb2.Run.STATE_HELD,
    RunState.RUNNING: scheduler_pb2.Run.STATE_RUNNING,
    RunState.WAITING: scheduler_pb2.Run.STATE_WAITING,
    RunState.SUCCEEDED: scheduler_pb2.Run.STATE_SUCCEEDED,
    RunState.DELIVERED: scheduler_pb2.Run.STATE_DELIVERED,
    RunState.SPOOLED: scheduler_pb2.Run.STATE_SPOOLED,
    RunState.FAILED: scheduler_pb2.Run.STATE_FAILED,
    RunState.CANCELLED: scheduler_pb2.Run.STATE_CANCELLED,
    RunState.NOT_EXECUTED: scheduler_pb2.Run.STATE_NOT_EXECUTED,
    RunState.SKIPPED: scheduler_pb2.Run.STATE_SKIPPED,
}
ATTEMPT_STATES = {
    AttemptState.STARTING: task_pb2.TaskState.STATE_QUEUED,
    AttemptState.QUEUED: task_pb2.TaskState.STATE_QUEUED,
    AttemptState.RUNNING: task_pb2.TaskState.STATE_RUNNING,
    AttemptState.SUCCEEDED: task_pb2.TaskState.STATE_SUCCEEDED,
    AttemptState.FAILED: task_pb2.TaskState.STATE_FAILED,
    AttemptState.CANCELLED: task_pb2.TaskState.STATE_CANCELLED,
    AttemptState.PARKED: task_pb2.TaskState.STATE_PARKED,
}
WHEN = {
    NotifyWhen.ALWAYS: scheduler_pb2.Notification.WHEN_ALWAYS,
    NotifyWhen.ON_ERROR: scheduler_pb2.Notification.WHEN_ON_ERROR,
    NotifyWhen.NEVER: scheduler_pb2.Notification.WHEN_NEVER,
    NotifyWhen.ON_CHANGE: scheduler_pb2.Notification.WHEN_ON_CHANGE,
}
OVERLAPS = {
    Overlap.SKIP: scheduler_pb2.OVERLAP_POLICY_SKIP,
    Overlap.BUFFER_ONE: scheduler_pb2.OVERLAP_POLICY_BUFFER_ONE,
    Overlap.CANCEL_RUNNING: scheduler_pb2.OVERLAP_POLICY_CANCEL_RUNNING,
    Overlap.ALLOW: scheduler_pb2.OVERLAP_POLICY_ALLOW,
}
MISFIRES = {
    MisfireKind.SKIP: scheduler_pb2.MisfirePolicy.KIND_SKIP,
    MisfireKind.ONCE: scheduler_pb2.MisfirePolicy.KIND_ONCE,
    MisfireKind.ALL: scheduler_pb2.MisfirePolicy.KIND_ALL,
}
REASONS = {
    None: scheduler_pb2.Run.REASON_UNSPECIFIED,
    SkipReason.OVERLAP: scheduler_pb2.Run.REASON_OVERLAP,
    SkipReason.MISFIRE: scheduler_pb2.Run.REASON_MISFIRE,
    SkipReason.PAUSED: scheduler_pb2.Run.REASON_PAUSED,
    SkipReason.ISOLATED: scheduler_pb2.Run.REASON_ISOLATED,
    SkipReason.TRAINING: scheduler_pb2.Run.REASON_TRAINING,
    SkipReason.SITE_OFFLINE: scheduler_pb2.Run.REASON_SITE_OFFLINE,
}
CODES = frozenset(code_pb2.Code.keys())
MODES = {
    OperatingMode.NORMAL: type_pb2.OPERATING_MODE_NORMAL,
    OperatingMode.ISOLATED: type_pb2.OPERATING_MODE_ISOLATED,
    OperatingMode.TRAINING: type_pb2.OPERATING_MODE_TRAINING,
}


def render_task(task: Task, upcoming: Sequence[datetime] = ()) -> scheduler_pb2.Task:
    """A task; one that was only checked has no name."""
    message = render_draft(task.draft)
    message.MergeFrom(
        scheduler_pb2.Task(
            name=task.name if task.number else "",
            owner=task.owner,
            state=TASK_STATES[task.state],
            next_run_time=None if task.state is TaskState.PAUSED else timestamp(task.next_time),
            create_time=timestamp(task.create_time) if task.number else None,
            update_time=timestamp(task.update_time) if task.number else None,
            etag=task.etag if task.number else "",
            system=task.system,
            upcoming_times=[stamp for instant in upcoming if (stamp := timestamp(instant)) is not None],
        )
    )
    return message


def render_draft(draft: TaskDraft) -> scheduler_pb2.Task:
    """What people edit of a task, less its secrets, and nothing that the service says of it."""
    return scheduler_pb2.Task(
        title=draft.title,
        task_type=draft.task_type,
        options=json_to_struct(dict(draft.options if draft.shown_options is None else draft.shown_options)),
        triggers=[render_trigger(trigger) for trigger in draft.schedule.triggers],
        site=draft.site,
        time_zone=draft.time_zone,
        destination=draft.destination,
        file_name=draft.file_name,
        pool=draft.pool,
        notification=scheduler_pb2.Notification(
            when=WHEN[draft.notification.when], principals=draft.notification.principals, mail=draft.notification.mail
        ),
        retry_policy=scheduler_pb2.RetryPolicy(
            max_attempts=draft.retry_policy.max_attempts, initial_backoff=_duration(draft.retry_policy.initial_backoff)
        ),
        attempt_timeout=None if draft.attempt_timeout is None else _duration(draft.attempt_timeout),
        excluded_dates=render_dates(draft.schedule),
        start_time=timestamp(draft.schedule.start_time),
        end_time=timestamp(draft.schedule.end_time),
        dst_rule=DST_RULES[draft.schedule.dst_rule],
        delete_when_done=draft.delete_when_done,
        misfire_policy=scheduler_pb2.MisfirePolicy(
            kind=MISFIRES[draft.misfire.kind],
            max_runs=draft.misfire.max_runs,
            grace=_duration(draft.misfire.grace),
            window=None if draft.misfire.window is None else _duration(draft.misfire.window),
        ),
        overlap_policy=OVERLAPS[draft.overlap],
        jitter=_duration(draft.jitter) if draft.jitter else None,
    )


def render_run(run: Run, attempts: Sequence[Attempt], *, in_list: bool = False) -> scheduler_pb2.Run:
    """The run; in a list its long parts are left to GetRun, so that a page of any runs fits into an answer."""
    return scheduler_pb2.Run(
        name=run.name,
        task=run.task_name,
        task_title=run.task_title,
        task_type=run.task_type,
        state=RUN_STATES[run.state],
        nominal_time=timestamp(run.nominal_time),
        first_nominal_time=timestamp(run.first_time),
        occurrence_count=run.occurrences,
        reason=REASONS[run.reason],
        hold_expire_time=timestamp(run.hold_expire_time),
        cancelled_by=run.cancelled_by,
        manual=run.manual,
        started_by=run.started_by,
        create_time=timestamp(run.create_time),
        start_time=timestamp(run.start_time),
        end_time=timestamp(run.end_time),
        attempts=[_attempt(attempt) for attempt in attempts],
        report=run.report[:EXCERPT] if in_list else run.report,
        error=None if run.failure is None else render_failure(run.failure),
        files=[
            type_pb2.SpooledFile(
                name=file.name, file_name=file.file_name, size_bytes=file.size_bytes, sha256=file.sha256
            )
            for file in (() if in_list else run.files)
        ],
        file_count=len(run.files),
        site=run.site,
        mode=MODES[run.mode],
        progress=None
        if run.progress is None
        else task_pb2.TaskProgress(done=run.progress.done, total=run.progress.total, text=run.progress.text),
    )


def _attempt(attempt: Attempt) -> scheduler_pb2.Attempt:
    return scheduler_pb2.Attempt(
        id=str(attempt.id),
        number=attempt.number,
        state=ATTEMPT_STATES[attempt.state],
        create_time=timestamp(attempt.create_time),
        end_time=timestamp(attempt.end_time),
    )


def render_failure(failure: Failure) -> status_pb2.Status:
    """Why a run did not succeed, with its reason and the fields that were wrong."""
    code = failure.code if failure.code in CODES else grpc.StatusCode.UNKNOWN.name
    status = status_pb2.Status(code=code_pb2.Code.Value(code), message=failure.message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN))
    if failure.problems:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=problem.field, description=problem.description)
            for problem in failure.problems
        ]
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations))
    return status


def render_task_type(kind: TaskType) -> task_pb2.TaskType:
    return task_pb2.TaskType(
        name=kind.name,
        folder=kind.folder,
        title=kind.title,
        description=kind.description,
        options_schema=json_to_struct(dict(kind.options_schema)),
        produces_files=kind.produces_files,
        splits_by_store=kind.splits_by_store,
    )


def render_message(message: Message, *, in_list: bool = False) -> scheduler_pb2.Message:
    """The message; in a list only the beginning of its text."""
    return scheduler_pb2.Message(
        name=message_name(message.number),
        category=message.category,
        subject=message.subject,
        body=message.body[:EXCERPT] if in_list else message.body,
        run="" if message.run is None else run_name(message.run),
        error=message.error,
        read=message.read,
        create_time=timestamp(message.create_time),
    )


def _duration(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message
