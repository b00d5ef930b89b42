"""Runs as they are kept."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import among
from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, boolean, enum, instant, integer, named, text
from services.scheduler.domain.changes import HeldRun, MadeRun, NewRun, PoolHead, RunChange, SkippedRun
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import WELL, Run, RunState, Terms, run_name, states_before
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.storage import forms
from services.scheduler.storage.making import FIRE, HOLD, SKIP, START
from services.scheduler.storage.tables import run

LISTING = Listing(
    fields={
        "number": integer(run.c.number),
        "task": named(run.c.task, "tasks/{number}"),
        "task_type": text(run.c.task_type),
        "state": enum(run.c.state, RunState),
        "site": text(run.c.site),
        "manual": boolean(run.c.manual),
        "reason": enum(run.c.reason, SkipReason),
        "nominal_time": instant(run.c.nominal_time),
        "create_time": instant(run.c.create_time),
        "end_time": instant(run.c.end_time),
    },
    default_order="number desc",
    key=run.c.number,
)
CHANGE = sa.text(
    """
    UPDATE run SET state = new.state, operation = new.operation, reason = coalesce(new.reason, ''),
        hold_expire_time = NULL, occurrence = run.occurrence AND new.state <> 'skipped',
        report = coalesce(new.report, run.report),
        failure = coalesce(new.failure, run.failure), files = coalesce(new.files, run.files), progress = new.progress,
        end_time = CASE WHEN new.ends THEN now() END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(number bigint, state text, operation uuid, report text,
        reason text, failure jsonb, files jsonb, progress jsonb, ends boolean, before jsonb)
    WHERE run.number = new.number AND new.before ? run.state
    """
)
BEFORE = sa.text(
    """
    SELECT known.task, last.state FROM unnest(CAST(:tasks AS bigint[])) AS known(task), LATERAL (
        SELECT state FROM run WHERE run.task = known.task AND end_time IS NOT NULL AND number <> ALL(:runs)
            AND state NOT IN ('skipped', 'cancelled')
        ORDER BY number DESC LIMIT 1) AS last
    """
)
BEGIN = sa.text(
    """
    UPDATE run SET terms = new.terms, start_time = now()
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(number bigint, terms jsonb)
    WHERE run.number = new.number AND run.start_time IS NULL
    """
)
HEADS = sa.text(
    """
    SELECT named.pool, head.number, head.begun, head.operation
    FROM unnest(CAST(:pools AS text[])) AS named(pool), LATERAL (
        SELECT number, start_time IS NOT NULL AS begun, operation FROM run
        WHERE run.pool = named.pool AND end_time IS NULL AND pool <> '' AND (state <> 'held' OR start_time IS NOT NULL)
        ORDER BY (start_time IS NULL), nominal_time, number LIMIT 1
    ) AS head
    """
)
ABANDONED = sa.text(
    """
    SELECT run.number, operation.state, operation.error FROM run JOIN operation ON operation.id = run.operation
    WHERE run.operation IS NOT NULL AND run.end_time IS NULL AND run.state <> 'held'
        AND operation.state IN ('parked', 'failed', 'cancelled')
    ORDER BY run.number LIMIT :limit
    """
)


class Runs:
    """Runs, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def fire(self, firings: Sequence[NewRun]) -> Sequence[MadeRun]:
        """Makes a run of each occurrence that has none yet. An occurrence that was fired before is passed over."""
        return self._make(FIRE, firings, OperatingMode.NORMAL)

    def start_by_hand(self, new: NewRun, mode: OperatingMode) -> MadeRun:
        """Makes a run that is no occurrence."""
        (made,) = self._make(START, [new], mode)
        return made

    def _make(self, statement: sa.TextClause, new: Sequence[NewRun], mode: OperatingMode) -> Sequence[MadeRun]:
        rows = [
            {
                "task": each.task,
                "nominal_time": forms.instant_text(each.nominal_time),
                "first_time": forms.instant_text(each.first_time or each.nominal_time),
                "occurrences": each.occurrences,
                "operation": forms.uuid_text(each.operation),
                "traceparent": each.traceparent,
                "started_by": each.started_by,
            }
            for each in new
        ]
        if not rows:
            return []
        made = self._connection.execute(statement, {"rows": json.dumps(rows), "mode": mode.value})
        return [
            MadeRun(number=row.number, task=row.task, nominal_time=row.nominal_time, operation=row.operation)
            for row in made
        ]

    def hold_for_site(self, held: Sequence[HeldRun]) -> None:
        """Keeps instants of tasks whose site is offline, one run a task, until it is back or they expire."""
        rows = [
            {
                "task": each.task,
                "nominal_time": each.nominal_time.isoformat(),
                "first_time": each.first_time.isoformat(),
                "occurrences": each.occurrences,
                "traceparent": each.traceparent,
                "held": each.held,
            }
            for each in held
        ]
        if rows:
            self._connection.execute(HOLD, {"rows": json.dumps(rows), "mode": OperatingMode.NORMAL.value})

    def skip(self, skipped: Sequence[SkippedRun]) -> None:
        """Notes instants that do not run; at most one entry a task. Whoever calls holds the tasks' schedules."""
        rows = [
            {
                "task": each.task,
                "nominal_time": each.last_time.isoformat(),
                "first_time": each.first_time.isoformat(),
                "occurrences": each.occurrences,
                "reason": each.reason.value,
            }
            for each in skipped
        ]
        if rows:
            self._connection.execute(SKIP, {"rows": json.dumps(rows), "mode": OperatingMode.NORMAL.value})

    def note_cancelled(self, numbers: Sequence[int], by: str) -> None:
        """Keeps who asked for the end of runs; the first who did stands."""
        query = sa.update(run).where(among(run.c.number, numbers), run.c.cancelled_by == "")
        self._connection.execute(query.values(cancelled_by=by))

    def went_well_before(self, tasks: Iterable[int], runs: Iterable[int]) -> dict[int, bool]:
        """Of tasks that had another run which did its work: whether the last of those went well."""
        rows = self._connection.execute(BEFORE, {"tasks": list(tasks), "runs": list(runs)})
        return {row.task: row.state in WELL for row in rows}

    def of_operation(self, operation: UUID) -> Sequence[int]:
        """The runs whose working step this operation is."""
        query = sa.select(run.c.number).where(run.c.operation == operation).order_by(run.c.number)
        return list(self._connection.execute(query).scalars())

    def get(self, number: int) -> Run:
        """Raises `UnknownResource`."""
        row = self._connection.execute(sa.select(run).where(run.c.number == number)).first()
        if row is None:
            raise UnknownResource(run_name(number))
        return forms.run_from_row(row)

    def lock_many(self, numbers: Iterable[int]) -> dict[int, Run]:
        """The runs, which nobody else changes until this transaction ends. Lock their pools first."""
        query = sa.select(run).where(among(run.c.number, numbers)).order_by(run.c.number).with_for_update()
        return {row.number: forms.run_from_row(row) for row in self._connection.execute(query)}

    def pools_of(self, numbers: Iterable[int]) -> set[str]:
        """The pools these runs belong to; a run never changes its pool."""
        query = sa.select(run.c.pool).where(among(run.c.number, numbers), run.c.pool != "").distinct()
        return set(self._connection.execute(query).scalars())

    def begin(self, terms: Mapping[int, Terms]) -> None:
        """Freezes what runs start with; the start time of a run is that of its first attempt."""
        rows = [{"number": number, "terms": forms.terms_to_json(each)} for number, each in terms.items()]
        if rows:
            self._connection.execute(BEGIN, {"rows": json.dumps(rows)})

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
                "reason": None if change.reason is None else change.reason.value,
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
        """Of each locked pool: the run that has begun, else who goes next; one held, not begun, is passed over."""
        rows = self._connection.execute(HEADS, {"pools": sorted(pools)})
        return {
            row.pool: PoolHead(pool=row.pool, run=row.number, begun=row.begun, operation=row.operation) for row in rows
        }

    def unfinished_of(self, tasks: Iterable[int]) -> dict[int, list[int]]:
        """The runs of tasks that have not ended, by task."""
        query = sa.select(run.c.task, run.c.number).where(among(run.c.task, tasks), run.c.end_time.is_(None))
        found: dict[int, list[int]] = {}
        for row in self._connection.execute(query.order_by(run.c.number)):
            found.setdefault(row.task, []).append(row.number)
        return found

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
