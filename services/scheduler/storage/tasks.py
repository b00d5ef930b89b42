"""Tasks as they are kept."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, enum, instant, integer, text
from services.scheduler.domain.planning import DueTask
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState, task_name
from services.scheduler.storage import forms
from services.scheduler.storage.tables import task, task_schedule

LISTING = Listing(
    fields={
        "number": integer(task.c.number),
        "title": text(task.c.title),
        "task_type": text(task.c.task_type),
        "site": text(task.c.site),
        "pool": text(task.c.pool),
        "owner": text(task.c.owner),
        "state": enum(task.c.state, TaskState),
        "next_run_time": instant(task_schedule.c.next_time),
        "create_time": instant(task.c.create_time),
    },
    default_order="number",
    key=task.c.number,
)


class Tasks:
    """Tasks, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, draft: TaskDraft, *, handler: str, owner: str, state: TaskState) -> int:
        """Keeps a new task with an empty schedule; answers its number."""
        values = forms.task_values(draft) | {"handler": handler, "owner": owner, "state": state.value}
        number = self._connection.execute(sa.insert(task).values(values).returning(task.c.number)).scalar_one()
        self._connection.execute(sa.insert(task_schedule).values(task=number))
        return int(number)

    def get(self, number: int) -> Task:
        """Raises `UnknownResource`."""
        row = self._connection.execute(_with_schedule().where(task.c.number == number)).first()
        if row is None:
            raise UnknownResource(task_name(number))
        return forms.task_from_row(row)

    def get_many(self, numbers: Iterable[int]) -> dict[int, Task]:
        """Those that exist."""
        rows = self._connection.execute(_with_schedule().where(task.c.number.in_(sorted(numbers))))
        return {row.number: forms.task_from_row(row) for row in rows}

    def lock(self, number: int) -> Task:
        """The task, which no other verb and no planner changes until this transaction ends."""
        self._connection.execute(
            sa.select(task_schedule.c.task).where(task_schedule.c.task == number).with_for_update()
        )
        return self.get(number)

    def change(self, number: int, draft: TaskDraft) -> None:
        """Keeps what a person edited; its etag changes with it."""
        self._connection.execute(
            sa.update(task)
            .where(task.c.number == number)
            .values(forms.task_values(draft) | {"version": task.c.version + 1, "update_time": sa.func.now()})
        )

    def set_state(self, numbers: Sequence[int], state: TaskState) -> None:
        self._connection.execute(sa.update(task).where(task.c.number.in_(numbers)).values(state=state.value))

    def delete(self, number: int) -> None:
        self._connection.execute(sa.delete(task).where(task.c.number == number))

    def page(self, query: ListQuery) -> tuple[Sequence[Task], str]:
        """One page of tasks, and the token of the next."""
        page = LISTING.page(self._connection, _with_schedule(), query)
        return [forms.task_from_row(row) for row in page.rows], page.next_page_token

    def due(self, numbers: Sequence[int]) -> Sequence[DueTask]:
        """What planning needs of tasks whose schedules this transaction holds."""
        query = (
            sa.select(task.c.number, task.c.triggers, task.c.time_zone, task_schedule.c.next_time)
            .join(task_schedule, task_schedule.c.task == task.c.number)
            .where(task.c.number.in_(numbers))
            .order_by(task_schedule.c.next_time, task.c.number)
        )
        return [
            DueTask(
                number=row.number,
                triggers=row.triggers,
                time_zone=row.time_zone,
                next_time=row.next_time,
            )
            for row in self._connection.execute(query)
        ]


def _with_schedule() -> sa.Select[Any]:
    return sa.select(task, task_schedule.c.next_time).join(task_schedule, task_schedule.c.task == task.c.number)
