"""Runs that are held because of their site: which they are. Changing them is the business of runs.py."""

from collections.abc import Sequence

import sqlalchemy as sa

BY_MODE = "state = 'held' AND reason IN ('isolated', 'training')"
TO_HOLD = sa.text(
    f"""
    SELECT number FROM run
    WHERE site = :site AND end_time IS NULL AND mode = 'normal'
        AND (state IN ('pending', 'running', 'waiting') OR {BY_MODE})
    """  # noqa: S608 - put together from the constant above
)
HELD_BY_MODE = sa.text(f"SELECT number FROM run WHERE site = :site AND {BY_MODE}")  # noqa: S608 - the constant above
#: A run that its trigger brought, and that may not run beside another of its task, waits a little longer: for the end
#: of one that was under way when the site went.
BACK = sa.text(
    """
    WITH back AS MATERIALIZED (  -- first of all: the others may be many, and are looked at every second
        SELECT run.number, run.task, run.nominal_time, run.hold_expire_time FROM site JOIN run ON run.site = site.name
        WHERE run.state = 'held' AND run.reason = 'site_offline' AND site.online
            AND (site.mode = 'normal' OR run.mode <> 'normal')
    )
    SELECT back.number FROM back JOIN task ON task.number = back.task
    WHERE task.overlap <> 'skip' OR back.hold_expire_time IS NULL OR NOT EXISTS (
        SELECT FROM run AS other
        WHERE other.task = back.task AND other.end_time IS NULL AND other.start_time IS NOT NULL
    )
    ORDER BY back.nominal_time, back.number LIMIT :limit
    """
)
EXPIRED = sa.text(
    """
    SELECT number FROM run WHERE hold_expire_time <= now() AND state = 'held' ORDER BY hold_expire_time LIMIT :limit
    """
)


class Holds:
    """Runs that are held, by number, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def to_hold(self, site: str) -> Sequence[int]:
        """The runs of a site that may not go on in another mode than normal, and those held for that already."""
        return list(self._connection.execute(TO_HOLD, {"site": site}).scalars())

    def held_by_mode(self, site: str) -> Sequence[int]:
        """The runs of a site that are held because of its mode."""
        return list(self._connection.execute(HELD_BY_MODE, {"site": site}).scalars())

    def back(self, limit: int) -> Sequence[int]:
        """Runs held for a site that was offline and is there again, in the order of their instants."""
        return list(self._connection.execute(BACK, {"limit": limit}).scalars())

    def expired(self, limit: int) -> Sequence[int]:
        """Runs held for an offline site for as long as runs of it wait."""
        return list(self._connection.execute(EXPIRED, {"limit": limit}).scalars())
