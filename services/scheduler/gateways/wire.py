"""Between the messages of the common contracts and the scheduler's values."""

from collections.abc import Mapping
from uuid import UUID

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem
from chassis.rpc.messages import json_to_struct, struct_to_json, timestamp
from services.scheduler.application.ports import Entry
from services.scheduler.domain.results import News, NewsState
from services.scheduler.domain.runs import Failure, ProducedFile, Progress
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.task_types import TaskType

MODES = {
    OperatingMode.NORMAL: type_pb2.OPERATING_MODE_NORMAL,
    OperatingMode.ISOLATED: type_pb2.OPERATING_MODE_ISOLATED,
    OperatingMode.TRAINING: type_pb2.OPERATING_MODE_TRAINING,
}
CODES: Mapping[int, str] = {number: name for name, number in code_pb2.Code.items()}
NEWS = {
    task_pb2.TaskState.STATE_NOT_FOUND: NewsState.NOT_FOUND,
    task_pb2.TaskState.STATE_QUEUED: NewsState.QUEUED,
    task_pb2.TaskState.STATE_RUNNING: NewsState.RUNNING,
    task_pb2.TaskState.STATE_SUCCEEDED: NewsState.SUCCEEDED,
    task_pb2.TaskState.STATE_FAILED: NewsState.FAILED,
    task_pb2.TaskState.STATE_CANCELLED: NewsState.CANCELLED,
    task_pb2.TaskState.STATE_PARKED: NewsState.PARKED,
}


def parse_task_type(message: task_pb2.TaskType, handler: str) -> TaskType:
    return TaskType(
        name=message.name,
        handler=handler,
        folder=message.folder,
        title=message.title,
        description=message.description,
        options_schema=struct_to_json(message.options_schema),
        produces_files=message.produces_files,
        splits_by_store=message.splits_by_store,
        unspooled=message.unspooled,
    )


def render_entry(entry: Entry, *, unspooled: bool = False) -> task_pb2.TaskEntry:
    run, terms = entry.run, entry.terms
    return task_pb2.TaskEntry(
        attempt=str(entry.attempt),
        task_type=run.task_type,
        options=json_to_struct(dict(terms.options)),
        run=run.name,
        task=run.task_name,
        task_title=run.task_title,
        site=run.site,
        mode=MODES[run.mode],
        owner=terms.owner,
        locale=terms.locale,
        nominal_time=timestamp(run.nominal_time),
        time_zone=terms.time_zone,
        file_name=terms.file_name,
        traceparent=run.traceparent,
        expire_time=timestamp(entry.expire_time),
        destination=terms.destination if unspooled else "",
    )


def parse_failure(status: status_pb2.Status, strip: str = "") -> Failure:
    """Why something did not succeed; `strip` is what the fields of the problems begin with on the wire."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        if not detail.Unpack(info):
            detail.Unpack(bad)
    code = CODES.get(status.code, grpc.StatusCode.UNKNOWN.name)
    problems = tuple(
        FieldProblem(clean(each.field.removeprefix(strip)), clean(each.description)) for each in bad.field_violations
    )
    return Failure(code=code, reason=clean(info.reason) or code, message=clean(status.message), problems=problems)


def clean(text: str) -> str:
    """Without the NUL characters that a handler in any language may send and that no database keeps."""
    return text.replace("\0", "")


def parse_news(attempt: UUID, state: task_pb2.TaskState) -> News:
    return News(
        attempt=attempt,
        state=NEWS[state.state],
        report=clean(state.report),
        files=tuple(_file(file) for file in state.files),
        failure=parse_failure(state.error) if state.HasField("error") else None,
        progress=Progress(done=state.progress.done, total=state.progress.total, text=clean(state.progress.text))
        if state.HasField("progress")
        else None,
    )


def _file(file: type_pb2.SpooledFile) -> ProducedFile:
    return ProducedFile(
        name=clean(file.name), file_name=clean(file.file_name), size_bytes=file.size_bytes, sha256=clean(file.sha256)
    )
