"""Runs as they are kept."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, boolean, enum, instant, integer, named, text
from services.scheduler.domain.changes import MadeRun, NewRun, PoolHead, RunChange
from services.scheduler.domain.runs import Run, RunState, Terms, run_name, states_before
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.storage import forms
from services.scheduler.storage.tables import run

LISTING = Listing(
    fields={
        "number": integer(run.c.number),
        "task": named(run.c.task, "tasks/{number}"),
        "task_type": text(run.c.task_type),
        "state": enum(run.c.state, RunState),
        "site": text(run.c.site),
        "manual": boolean(run.c.manual),
        "nominal_time": instant(run.c.nominal_time),
        "create_time": instant(run.c.create_time),
        "end_time": instant(run.c.end_time),
    },
    default_order="number desc",
    key=run.c.number,
)
COLUMNS = (
    "task, task_title, task_type, handler, site, mode, pool, state, nominal_time,"
    " manual, started_by, operation, traceparent"
)
NEW = (
    "jsonb_to_recordset(CAST(:rows AS jsonb)) AS new("
    "task bigint, nominal_time timestamptz, operation uuid, traceparent text, started_by text)"
)
VALUES = "t.number, t.title, t.task_type, t.handler, t.site, :mode, t.pool, 'pending', new.nominal_time"
FIRE = sa.text(
    f"""
    WITH new AS (SELECT * FROM {NEW}),
    proved AS (
        INSERT INTO occurrence (task, nominal_time) SELECT task, nominal_time FROM new
        ON CONFLICT (task, nominal_time) DO NOTHING RETURNING task, nominal_time
    )
    INSERT INTO run ({COLUMNS})
    SELECT {VALUES}, false, '', new.operation, new.traceparent
    FROM new JOIN proved USING (task, nominal_time) JOIN task t ON t.number = new.task
    ORDER BY new.nominal_time, t.number
    RETURNING number, task, operation
    """  # noqa: S608 - put together from the constants above
)
START = sa.text(
    f"""
    INSERT INTO run ({COLUMNS})
    SELECT {VALUES}, true, new.started_by, new.operation, new.traceparent
    FROM {NEW} JOIN task t ON t.number = new.task
    RETURNING number, task, operation
    """  # noqa: S608 - put together from the constants above
)
CHANGE = sa.text(
    """
    UPDATE run SET state = new.state, operation = new.operation, report = coalesce(new.report, run.report),
        failure = coalesce(new.failure, run.failure), files = coalesce(new.files, run.files), progress = new.progress,
        end_time = CASE WHEN new.ends THEN now() END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(number bigint, state text, operation uuid, report text,
        failure jsonb, files jsonb, progress jsonb, ends boolean, before jsonb)
    WHERE run.number = new.number AND new.before ? run.state
    """
)
HEADS = sa.text(
    """
    SELECT DISTINCT ON (pool) pool, number, start_time IS NOT NULL AS begun, operation FROM run
    WHERE pool = ANY(:pools) AND end_time IS NULL AND pool <> ''
    ORDER BY pool, (start_time IS NULL), nominal_time, number
    """
)
ABANDONED = sa.text(
    """
    SELECT run.number, operation.state, operation.error FROM run JOIN operation ON operation.id = run.operation
    WHERE run.operation IS NOT NULL AND run.end_time IS NULL AND operation.state IN ('parked', 'failed', 'cancelled')
    ORDER BY run.number LIMIT :limit
    """
)


class Runs:
    """Runs, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def fire(self, firings: Sequence[NewRun], mode: OperatingMode) -> Sequence[MadeRun]:
        """Makes a run of each occurrence that has none yet. An occurrence that was fired before is passed over."""
        return self._make(FIRE, firings, mode)

    def start_by_hand(self, new: NewRun, mode: OperatingMode) -> MadeRun:
        """Makes a run that is no occurrence."""
        (made,) = self._make(START, [new], mode)
        return made

    def _make(self, statement: sa.TextClause, new: Sequence[NewRun], mode: OperatingMode) -> Sequence[MadeRun]:
        rows = [
            {
                "task": each.task,
                "nominal_time": each.nominal_time.isoformat(),
                "operation": str(each.operation),
                "traceparent": each.traceparent,
                "started_by": each.started_by,
            }
            for each in new
        ]
        made = self._connection.execute(statement, {"rows": json.dumps(rows), "mode": mode.value})
        return [MadeRun(number=row.number, task=row.task, operation=row.operation) for row in made]

    def get(self, number: int) -> Run:
        """Raises `UnknownResource`."""
        row = self._connection.execute(sa.select(run).where(run.c.number == number)).first()
        if row is None:
            raise UnknownResource(run_name(number))
        return forms.run_from_row(row)

    def lock_many(self, numbers: Iterable[int]) -> dict[int, Run]:
        """The runs, which nobody else changes until this transaction ends. Lock their pools first."""
        query = sa.select(run).where(run.c.number.in_(sorted(numbers))).order_by(run.c.number).with_for_update()
        return {row.number: forms.run_from_row(row) for row in self._connection.execute(query)}

    def pools_of(self, numbers: Iterable[int]) -> set[str]:
        """The pools these runs belong to; a run never changes its pool."""
        query = sa.select(run.c.pool).where(run.c.number.in_(sorted(numbers)), run.c.pool != "").distinct()
        return set(self._connection.execute(query).scalars())

    def begin(self, number: int, terms: Terms) -> None:
        """Freezes what the run starts with; its start time is that of its first attempt."""
        values = {"terms": forms.terms_to_json(terms), "start_time": sa.func.now()}
        self._connection.execute(
            sa.update(run).where(run.c.number == number, run.c.start_time.is_(None)).values(values)
        )

    def change(self, changes: Sequence[RunChange]) -> None:
        """Applies changes in one statement. A move that the states do not allow is a defect and undoes everything."""
        if not changes:
            return
        rows = [
            {
                "number": change.number,
                "state": change.state.value,
                "operation": forms.uuid_text(change.operation),
                "report": change.report,
                "failure": forms.failure_to_json(change.failure),
                "files": None if change.files is None else forms.files_to_json(change.files),
                "progress": forms.progress_to_json(change.progress),
                "ends": change.ends,
                "before": sorted(
                    {change.state, *states_before(change.state)} if not change.ends else states_before(change.state)
                ),
            }
            for change in changes
        ]
        changed = self._connection.execute(CHANGE, {"rows": json.dumps(rows)}).rowcount
        if changed != len(changes):
            raise AssertionError(f"{len(changes) - changed} runs were in a state that does not allow their change")

    def heads(self, pools: Iterable[str]) -> dict[str, PoolHead]:
        """Of each locked pool: the run that has begun, else the one that goes next."""
        rows = self._connection.execute(HEADS, {"pools": sorted(pools)})
        return {
            row.pool: PoolHead(pool=row.pool, run=row.number, begun=row.begun, operation=row.operation) for row in rows
        }

    def unfinished_of(self, task: int) -> int | None:
        """A run of the task that has not ended, if there is one."""
        query = sa.select(run.c.number).where(run.c.task == task, run.c.end_time.is_(None)).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def abandoned(self, limit: int) -> Sequence[tuple[int, str, dict[str, str]]]:
        """Runs whose working step the engine has given up: (number, state of the step, its error)."""
        rows = self._connection.execute(ABANDONED, {"limit": limit})
        return [(row.number, row.state, row.error or {}) for row in rows]

    def page(self, query: ListQuery) -> tuple[Sequence[Run], str]:
        """One page of runs, and the token of the next."""
        page = LISTING.page(self._connection, _all(), query)
        return [forms.run_from_row(row) for row in page.rows], page.next_page_token


def _all() -> sa.Select[Any]:
    return sa.select(run)
