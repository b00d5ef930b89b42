"""Tasks as they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from chassis.database import among
from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, enum, instant, integer, text
from services.scheduler.application.task_ports import Due
from services.scheduler.domain.changes import NewTask
from services.scheduler.domain.planning import DueTask
from services.scheduler.domain.policies import Overlap
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState, task_name
from services.scheduler.storage import forms, task_rows
from services.scheduler.storage.tables import MAY_BE_DONE, task, task_schedule

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
HOLD_TITLES = sa.text("SELECT pg_advisory_xact_lock(hashtext('scheduler.titles'), hashtext(:site))")
#: By value; a planner reads thousands of rows at once, and to ask the enumeration itself costs six times as much.
OVERLAPS = {each.value: each for each in Overlap}
MODES = {each.value: each for each in OperatingMode}
#: The pool that the runs of a task wait in; see Task.run_pool.
RUN_POOL = "CASE WHEN t.pool <> '' THEN t.pool WHEN t.serial THEN 'tasks/' || t.number ELSE '' END"
DUE = sa.text(
    f"""
    SELECT t.number, t.schedule, coalesce(nullif(t.time_zone, ''), site.time_zone) AS time_zone, s.next_time,
        t.misfire, t.misfire_max_runs, t.misfire_grace, t.misfire_window, t.overlap, t.jitter, t.site, site.mode,
        site.online, t.handler, t.destination,
        coalesce(runs.unfinished, 0) AS unfinished, coalesce(runs.waiting, 0) AS waiting,
        coalesce(runs.elsewhere, 0) AS elsewhere, runs.held
    FROM task_schedule s JOIN task t ON t.number = s.task JOIN site ON site.name = t.site
    LEFT JOIN LATERAL (
        SELECT count(*) AS unfinished, count(*) FILTER (WHERE start_time IS NULL) AS waiting,
            count(*) FILTER (WHERE run.pool <> {RUN_POOL}) AS elsewhere,
            max(run.number) FILTER (
                WHERE state = 'held' AND hold_expire_time IS NOT NULL AND run.site = t.site
            ) AS held
        FROM run WHERE run.task = t.number AND end_time IS NULL
    ) AS runs ON t.overlap <> 'allow' OR NOT site.online
    WHERE t.number = ANY(:numbers) ORDER BY s.fire_time, t.number
    FOR KEY SHARE OF site  -- nobody changes its mode while runs of it are made
    """  # noqa: S608 - put together from the constants above
)
FOLLOWING_ZONE = sa.text(
    """
    SELECT s.task FROM task t JOIN task_schedule s ON s.task = t.number
    WHERE t.site = :site AND t.time_zone = '' AND s.fire_time IS NOT NULL ORDER BY s.task FOR UPDATE OF s
    """
)
DONE = f"""{MAY_BE_DONE} AND EXISTS (SELECT FROM run WHERE run.task = t.number)
    AND NOT EXISTS (SELECT FROM run WHERE run.task = t.number AND run.end_time IS NULL)"""  # noqa: S608 - constants
LOCK_DONE = sa.text(
    f"""
    SELECT s.task FROM task t JOIN task_schedule s ON s.task = t.number WHERE {DONE}
    LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    """  # noqa: S608 - put together from the constants above
)
DELETE_DONE = sa.text(f"DELETE FROM task AS t WHERE t.number = ANY(:numbers) AND {DONE}")  # noqa: S608 - the same


class Tasks:
    """Tasks, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, draft: TaskDraft, *, handler: str, owner: str, state: TaskState, system: bool = False) -> int:
        """Keeps a new task with an empty schedule; answers its number."""
        (number,) = self.add_many([NewTask(draft=draft, handler=handler, owner=owner, state=state, system=system)])
        return number

    def add_many(self, new: Sequence[NewTask]) -> Sequence[int]:
        """The same of many tasks; their numbers in the same order."""
        return task_rows.add(self._connection, new)

    def get(self, number: int) -> Task:
        """Raises `UnknownResource`."""
        row = self._connection.execute(_with_schedule().where(task.c.number == number)).first()
        if row is None:
            raise UnknownResource(task_name(number))
        return forms.task_from_row(row)

    def get_many(self, numbers: Iterable[int]) -> dict[int, Task]:
        """Those that exist."""
        rows = self._connection.execute(_with_schedule().where(among(task.c.number, numbers)))
        return {row.number: forms.task_from_row(row) for row in rows}

    def lock(self, number: int) -> Task:
        """The task, which no other verb and no planner changes until this transaction ends."""
        return self.lock_many([number])[number]

    def lock_many(self, numbers: Iterable[int]) -> dict[int, Task]:
        """The same of many tasks, held in the order of their numbers. Raises `UnknownResource` for one that is not."""
        wanted = sorted(set(numbers))
        schedules = sa.select(task_schedule.c.task).where(among(task_schedule.c.task, wanted))
        self._connection.execute(schedules.order_by(task_schedule.c.task).with_for_update())
        held = self.get_many(wanted)
        for number in wanted:
            if number not in held:
                raise UnknownResource(task_name(number))
        return held

    def change(self, number: int, draft: TaskDraft) -> None:
        """Keeps what a person edited; its etag changes with it."""
        self.change_many({number: draft})

    def change_many(self, drafts: Mapping[int, TaskDraft]) -> None:
        """The same of many tasks, in one statement."""
        task_rows.change(self._connection, drafts)

    def set_state(self, numbers: Sequence[int], state: TaskState) -> None:
        self._connection.execute(sa.update(task).where(among(task.c.number, numbers)).values(state=state.value))

    def delete(self, number: int) -> None:
        self.delete_many([number])

    def delete_many(self, numbers: Sequence[int]) -> None:
        self._connection.execute(sa.delete(task).where(among(task.c.number, numbers)))

    def titles_at(self, site: str) -> dict[str, list[int]]:
        """The titles of a site's tasks, and who bears each; temporary system tasks, which copy titles, are left out."""
        query = sa.select(task.c.number, task.c.title).where(task.c.site == site, task.c.system.is_(False))
        found: dict[str, list[int]] = {}
        for row in self._connection.execute(query.order_by(task.c.number)):
            found.setdefault(row.title, []).append(row.number)
        return found

    def hold_titles(self, site: str) -> None:
        """Lets one import a site go on at a time, until this transaction ends: two would give the same titles.

        Nothing else waits for it, so it may be taken before any row.
        """
        self._connection.execute(HOLD_TITLES, {"site": site})

    def lock_following_zone(self, site: str) -> Sequence[int]:
        """The tasks that fire by the zone of a site, which nobody else changes until this transaction ends."""
        return list(self._connection.execute(FOLLOWING_ZONE, {"site": site}).scalars())

    def lock_done(self, limit: int) -> Sequence[int]:
        """Tasks that are to go once they are done and that seem so. Held, they can be asked again."""
        return list(self._connection.execute(LOCK_DONE, {"limit": limit}).scalars())

    def delete_done(self, numbers: Sequence[int]) -> int:
        """Deletes those of these tasks, all held, that are done; answers how many."""
        return self._connection.execute(DELETE_DONE, {"numbers": list(numbers)}).rowcount

    def page(self, query: ListQuery, *, owner: str = "", show_system: bool = True) -> tuple[Sequence[Task], str]:
        """One page of tasks, everybody's or those of one owner, and the token of the next."""
        statement = _with_schedule()
        if owner:
            statement = statement.where(task.c.owner == owner)
        if not show_system:
            statement = statement.where(task.c.system.is_(False))
        page = LISTING.page(self._connection, statement, query)
        return [forms.task_from_row(row) for row in page.rows], page.next_page_token

    def due(self, numbers: Sequence[int]) -> Sequence[Due]:
        """What planning needs of tasks whose schedules this transaction holds, in the order in which they are due."""
        return [_due(row) for row in self._connection.execute(DUE, {"numbers": list(numbers)})]


def _due(row: sa.Row[Any]) -> Due:
    task = DueTask(
        number=row.number,
        schedule=row.schedule,
        time_zone=row.time_zone,
        next_time=row.next_time,
        misfire=forms.misfire_from_row(row),
        overlap=OVERLAPS[row.overlap],
        jitter=row.jitter,
        site=row.site,
        mode=MODES[row.mode],
        online=row.online,
        unfinished=row.unfinished,
        waiting=row.waiting,
        elsewhere=row.elsewhere,
        held=row.held,
    )
    return Due(
        task=task,
        handler=row.handler,
        destination=row.destination,
    )


def _with_schedule() -> sa.Select[Any]:
    return sa.select(task, task_schedule.c.next_time).join(task_schedule, task_schedule.c.task == task.c.number)
