"""The spool as a whole: what it holds, what nothing names any more, what is old."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.holding import held_back

KEPT = sa.text(
    """
    SELECT id FROM spool_file
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('PROVISIONAL', 'SEALED', 'SENDING', 'RENAMING', 'PARKED')
    """
)
DISCARD_STALE = sa.text(
    """
    UPDATE spool_file SET state = 'DISCARDED' WHERE state = 'PROVISIONAL' AND create_time < now() - :age
    RETURNING task, id
    """
)
FIGURES = sa.text(
    """
    SELECT state, count(*) AS files FROM spool_file
    WHERE state NOT IN ('DELIVERED', 'DISCARDED') AND NOT unspooled GROUP BY state
    """
)
OLDEST = sa.text(
    f"""
    SELECT extract(epoch FROM clock_timestamp() - min(seal_time)) FROM spool_file
    WHERE state NOT IN ('DELIVERED', 'DISCARDED') AND NOT {held_back("spool_file")}
    """  # noqa: S608 - made of constants
)


@dataclass(frozen=True, slots=True)
class Figures:
    """The spool in numbers."""

    files: Mapping[str, int]  #: in the spool, by state
    oldest_seconds: float  #: since the oldest unsent file that may leave was sealed; 0 where there is none


class Upkeep:
    """The spool's housekeeping, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def kept(self, identifiers: Iterable[UUID]) -> set[UUID]:
        """Those of these files whose bytes are still needed."""
        return set(self._connection.execute(KEPT, {"ids": list(identifiers)}).scalars())

    def discard_stale(self, age: timedelta) -> list[tuple[int, UUID]]:
        """Drops provisional files that no manifest has named for so long; answers task and file."""
        return [(row.task, row.id) for row in self._connection.execute(DISCARD_STALE, {"age": age})]

    def figures(self) -> Figures:
        """The spool in numbers."""
        files = {row.state: row.files for row in self._connection.execute(FIGURES)}
        oldest = self._connection.execute(OLDEST).scalar_one()
        return Figures(files, max(0.0, float(oldest or 0)))
