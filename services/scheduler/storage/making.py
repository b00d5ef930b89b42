"""How runs are made: the statements that make many at once, each from what its task is at that moment."""

import sqlalchemy as sa

from services.scheduler.storage.tasks import RUN_POOL

COLUMNS = (
    "task, task_title, task_type, handler, site, mode, pool, state, nominal_time, first_time, occurrences, occurrence,"
    " reason, hold_expire_time, manual, started_by, operation, traceparent, end_time"
)
NEW = (
    "jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(task bigint, nominal_time timestamptz, first_time timestamptz,"
    " occurrences bigint, operation uuid, traceparent text, started_by text, reason text, held bigint)"
)
#: Of a task `t`: what its runs keep of it.
OF_TASK = f"t.number, t.title, t.task_type, t.handler, t.site, :mode, {RUN_POOL}"
TIMES = "new.nominal_time, new.first_time, new.occurrences"
FIRE = sa.text(
    f"""
    INSERT INTO run ({COLUMNS})
    SELECT {OF_TASK}, 'pending', {TIMES}, true, '', NULL, false, '', new.operation, new.traceparent, NULL
    FROM {NEW} JOIN task t ON t.number = new.task
    ORDER BY new.nominal_time, t.number
    ON CONFLICT (task, nominal_time) WHERE occurrence DO NOTHING
    RETURNING number, task, nominal_time, operation
    """  # noqa: S608 - put together from the constants above
)
START = sa.text(
    f"""
    INSERT INTO run ({COLUMNS})
    SELECT {OF_TASK}, 'pending', {TIMES}, false, '', NULL, true, new.started_by, new.operation, new.traceparent, NULL
    FROM {NEW} JOIN task t ON t.number = new.task
    RETURNING number, task, nominal_time, operation
    """  # noqa: S608 - put together from the constants above
)
#: The instants of a task whose site is offline: the held run stands for them, too, or a new one is held. Held runs are
#: locked in the order of their numbers, as everywhere; an instant that somebody made up for has a run of its own.
HOLD = sa.text(
    f"""
    WITH new AS (SELECT * FROM {NEW}),
    locked AS (
        SELECT run.number FROM run JOIN new ON run.number = new.held ORDER BY run.number FOR NO KEY UPDATE OF run
    ),
    joined AS (
        UPDATE run SET occurrences = run.occurrences + new.occurrences, hold_expire_time = now() + site.hold_timeout,
            nominal_time = CASE WHEN EXISTS (
                SELECT FROM run AS other
                WHERE other.task = run.task AND other.nominal_time = new.nominal_time AND other.occurrence
            ) THEN run.nominal_time ELSE new.nominal_time END
        FROM locked, new, site
        WHERE run.number = locked.number AND run.number = new.held AND run.state = 'held' AND site.name = run.site
        RETURNING run.task
    )
    INSERT INTO run ({COLUMNS})
    SELECT {OF_TASK}, 'held', {TIMES}, true, 'site_offline', now() + site.hold_timeout, false, '', NULL,
        new.traceparent, NULL
    FROM new JOIN task t ON t.number = new.task JOIN site ON site.name = t.site
    WHERE new.task NOT IN (SELECT task FROM joined)
    ON CONFLICT (task, nominal_time) WHERE occurrence DO NOTHING
    """  # noqa: S608 - put together from the constants above
)
#: Instants that do not run: the row that the task's schedule points to stands for them, too, or a new one does.
SKIP = sa.text(
    f"""
    WITH new AS MATERIALIZED (SELECT new.*, s.skip FROM {NEW} JOIN task_schedule s ON s.task = new.task),
    joined AS (
        UPDATE run SET nominal_time = new.nominal_time, occurrences = run.occurrences + new.occurrences,
            end_time = now()
        FROM new WHERE run.number = new.skip AND run.state = 'skipped'
            AND NOT run.reason <> new.reason  -- not `=`: nobody is to look for all runs skipped for a reason
        RETURNING run.task
    ),
    added AS (
        INSERT INTO run ({COLUMNS})
        SELECT {OF_TASK}, 'skipped', {TIMES}, false, new.reason, NULL, false, '', NULL, '', now()
        FROM new JOIN task t ON t.number = new.task WHERE new.task NOT IN (SELECT task FROM joined)
        RETURNING number, task
    )
    UPDATE task_schedule SET skip = added.number FROM added WHERE task_schedule.task = added.task
    """  # noqa: S608 - put together from the constants above
)
