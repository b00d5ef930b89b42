"""Writes many tasks at once: each set of drafts is one statement, whatever its size."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.scheduler.domain.changes import NewTask
from services.scheduler.domain.tasks import TaskDraft
from services.scheduler.storage import forms
from services.scheduler.storage.tables import task

MICROSECOND = timedelta(microseconds=1)
EDITED = tuple(forms.task_values(TaskDraft(title="", task_type="", site="")))  #: columns that people edit
ADDED = (*EDITED, "handler", "owner", "state", "system")
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def _record(key: str, columns: Sequence[str]) -> str:
    """The rows of a parameter as a table."""
    types = ", ".join(f"{name} {task.c[name].type.compile(DIALECT)}" for name in columns)
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({key} bigint, {types})"


ADD = sa.text(
    f"""
    INSERT INTO task ({", ".join(ADDED)}) SELECT {", ".join(ADDED)} FROM {_record("place", ADDED)}
    ORDER BY place RETURNING number
    """  # noqa: S608 - put together from the names of columns
)
CHANGE = sa.text(
    f"""
    UPDATE task SET {", ".join(f"{name} = new.{name}" for name in EDITED)}, version = version + 1, update_time = now()
    FROM {_record("number", EDITED)} WHERE task.number = new.number
    """  # noqa: S608 - put together from the names of columns
)
ADD_SCHEDULES = sa.text("INSERT INTO task_schedule (task) SELECT unnest(CAST(:numbers AS bigint[]))")


def add(connection: sa.Connection, new: Sequence[NewTask]) -> Sequence[int]:
    """Keeps new tasks with empty schedules. Their numbers rise in the order of the drafts."""
    if not new:
        return []
    rows = [
        _row(each.draft)
        | {
            "place": place,
            "handler": each.handler,
            "owner": each.owner,
            "state": each.state.value,
            "system": each.system,
        }
        for place, each in enumerate(new)
    ]
    numbers = sorted(connection.execute(ADD, {"rows": json.dumps(rows)}).scalars())
    connection.execute(ADD_SCHEDULES, {"numbers": numbers})
    return numbers


def change(connection: sa.Connection, drafts: Mapping[int, TaskDraft]) -> None:
    """Puts drafts in the place of what was edited before."""
    if drafts:
        rows = [_row(draft) | {"number": number} for number, draft in drafts.items()]
        connection.execute(CHANGE, {"rows": json.dumps(rows)})


def _row(draft: TaskDraft) -> dict[str, object]:
    return {
        name: f"{value // MICROSECOND} microseconds" if isinstance(value, timedelta) else value
        for name, value in forms.task_values(draft).items()
    }
