"""How operations lie in their rows: JSON columns to values and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.model import (
    OperatingMode,
    Operation,
    OperationError,
    OperationState,
    Outcome,
    Progress,
    SpooledFile,
    TaskContext,
)

LONGEST_REPORT = 1_000_000  #: characters; an answer of gRPC holds 4 MiB


def context_to_json(context: TaskContext | None) -> dict[str, str] | None:
    if context is None:
        return None
    return {
        "attempt": str(context.attempt),
        "run": context.run,
        "task": context.task,
        "task_title": context.task_title,
        "site": context.site,
        "mode": context.mode.value,
        "owner": context.owner,
        "locale": context.locale,
        "nominal_time": context.nominal_time.isoformat(),
        "time_zone": context.time_zone,
        "file_name": context.file_name,
        "destination": context.destination,
    }


def context_from_json(value: Mapping[str, str] | None) -> TaskContext | None:
    if value is None:
        return None
    fields: dict[str, Any] = dict(value)
    fields["attempt"] = UUID(value["attempt"])
    fields["mode"] = OperatingMode(value["mode"])
    fields["nominal_time"] = datetime.fromisoformat(value["nominal_time"])
    return TaskContext(**fields)


def json_text(value: object) -> str:
    """JSON as PostgreSQL takes it. Raises `TypeError` or `ValueError` for what is none (a NaN, a timedelta)."""
    return json.dumps(storable(value), allow_nan=False)


def storable(value: Any) -> Any:
    """The same without what no text of PostgreSQL can hold: NUL and halves of surrogate pairs become U+FFFD."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case Mapping():
            return {storable(key): storable(each) for key, each in value.items()}
        case list() | tuple():
            return [storable(each) for each in value]
        case _:
            return value


def error_to_json(error: OperationError | None) -> dict[str, str] | None:
    return None if error is None else {"reason": error.reason, "message": error.message}


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """Raises `TypeError` or `ValueError` where the result is no JSON."""
    files = [asdict(file) for file in outcome.files]
    plain: dict[str, Any] = json.loads(
        json_text({"result": outcome.result, "report": outcome.report[:LONGEST_REPORT], "files": files})
    )
    return plain


def outcome_from_json(value: Mapping[str, Any] | None) -> Outcome | None:
    if value is None:
        return None
    files = tuple(SpooledFile(**file) for file in value["files"])
    return Outcome(result=value["result"], report=value["report"], files=files)


def operation_from_row(row: sa.Row[Any]) -> Operation:
    """The operation of a row of `store.with_progress`."""
    return Operation(
        id=row.id,
        kind=row.kind,
        state=OperationState(row.state),
        caller=row.caller,
        request=row.request,
        context=context_from_json(row.context),
        attempts=row.attempts,
        deaths=row.deaths,
        outcome=outcome_from_json(row.outcome),
        error=None if row.error is None else OperationError(**row.error),
        create_time=row.create_time,
        start_time=row.start_time,
        end_time=row.end_time,
        progress=None
        if row.progress_done is None
        else Progress(done=row.progress_done, total=row.progress_total, text=row.progress_text),
    )
