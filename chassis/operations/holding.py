"""Sites that are not in normal mode hold their operations back: kept out of the claims, let go as they were. SQL only.

An operation of mode NORMAL is held back while its site is in another mode; one that was asked for in another mode (a
manual start) goes on. `ready` is what claims look at, so a held-back row is not ready, and `hold_time` says why.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from chassis.operations.model import SiteMode
from chassis.operations.rows import json_text


def held_back(row: str) -> str:
    """SQL: whether a row with a site and a mode is to be held back."""
    return f"({row}.mode = 'normal' AND {row}.site IN (SELECT site FROM site_mode WHERE site_mode.mode <> 'normal'))"  # noqa: S608 - constants


HELD_BACK = held_back("operation")
MOST = 50_000  #: operations that one change of mode moves by itself, so that the call that tells it ends in time
QUEUE = f"ready = NOT {HELD_BACK}, hold_time = CASE WHEN {HELD_BACK} THEN now() END"  #: SQL: of rows that are due

SET = sa.text(
    """
    INSERT INTO site_mode (site, mode, version)
    SELECT DISTINCT ON (site) site, mode, version
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(site text, mode text, version bigint)
    ORDER BY site, version DESC  -- the order in which rows are locked, too
    ON CONFLICT (site) DO UPDATE SET mode = excluded.mode, version = excluded.version, update_time = now()
    WHERE site_mode.version < excluded.version
    RETURNING site
    """
)
HOLD = sa.text(
    f"""
    UPDATE operation SET ready = false, hold_time = now() FROM (
        SELECT id FROM operation WHERE state = 'queued' AND hold_time IS NULL AND {HELD_BACK}
        ORDER BY id LIMIT :most FOR NO KEY UPDATE  -- what is beyond is not begun either: the claim notices
    ) AS queued WHERE operation.id = queued.id
    """  # noqa: S608 - made of constants
)
LET_GO = """
    WITH gone AS (
        UPDATE operation
        SET ready = next_attempt_time <= now(), hold_time = NULL, expire_time = expire_time + (now() - hold_time)
        FROM (
            SELECT operation.id FROM (
                SELECT late.id FROM site_mode, LATERAL (  -- site by site: nothing is read of those still held back
                    SELECT id FROM operation
                    WHERE operation.site = site_mode.site AND state = 'queued' AND hold_time IS NOT NULL LIMIT :most
                ) AS late
                WHERE site_mode.mode = 'normal' LIMIT :most  -- the relay finds the others
            ) AS late JOIN operation USING (id)
            WHERE operation.state = 'queued' AND operation.hold_time IS NOT NULL
            ORDER BY operation.id FOR NO KEY UPDATE OF operation {locked}
        ) AS held WHERE operation.id = held.id
        RETURNING lane, ready
    )
    SELECT lane, count(*) AS operations FROM gone WHERE ready GROUP BY lane
"""
LET_GO_NOW = sa.text(LET_GO.format(locked=""))
LET_GO_LATE = sa.text(LET_GO.format(locked="SKIP LOCKED"))  # the relay waits for nobody
CANCEL_LATE = sa.text(
    """
    UPDATE operation SET state = 'cancelled', end_time = now(),
           error = jsonb_build_object('reason', 'CANCELLED', 'message', late.reason)
    FROM (
        SELECT operation.id, reason
        FROM operation_cancel AS cancel JOIN operation ON operation.id = cancel.operation
        WHERE cancel.create_time > now() - interval '1 day' AND state = 'queued' AND hold_time IS NOT NULL
        FOR NO KEY UPDATE OF operation SKIP LOCKED
    ) AS late WHERE operation.id = late.id
    """
)
BY_LANE = sa.text(
    "SELECT lane, count(*) AS operations FROM operation WHERE state = 'queued' AND hold_time IS NOT NULL GROUP BY lane"
)


def set_modes(connection: sa.Connection, modes: Iterable[SiteMode]) -> dict[str, int]:
    """Keeps modes, and holds back or lets go what is queued; answers lane → operations that are ready again."""
    rows = [{"site": new.site, "mode": new.mode.value, "version": new.version} for new in modes]
    if connection.execute(SET, {"rows": json_text(rows)}).first() is None:
        return {}
    connection.execute(HOLD, {"most": MOST})
    return {row.lane: row.operations for row in connection.execute(LET_GO_NOW, {"most": MOST})}


def mend(connection: sa.Connection) -> None:
    """Finishes what crossed a change of mode on its way: queued as held back just as its site was normal again, or as
    somebody asked for its end. (The opposite, queued as ready while its site left normal mode, the claim notices.)"""
    connection.execute(LET_GO_LATE, {"most": MOST})
    connection.execute(CANCEL_LATE)


def held_back_by_lane(connection: sa.Connection) -> dict[str, int]:
    """How many operations wait for their site, by lane."""
    return {row.lane: row.operations for row in connection.execute(BY_LANE)}
