"""What a watcher looks at: whether a run has changed, and the lines that the scheduler's journal has of it."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from services.scheduler.domain.watching import Glance, LogLine, Track

#: The versions of the rows change with them, whatever changes.
GLANCE = sa.text(
    """
    SELECT end_time IS NOT NULL AS ended, concat_ws(' ', run.xmin, (
        SELECT string_agg(CAST(attempt.xmin AS text), ' ' ORDER BY purpose, attempt.number)
        FROM attempt WHERE attempt.run = run.number)) AS mark
    FROM run WHERE number = :number
    """
)
LINES = sa.text(
    """
    SELECT entry.correlation, entry.number, entry.create_time, entry.source, entry.text
    FROM unnest(CAST(:names AS text[]), CAST(:after AS bigint[])) AS seen(name, number)
    JOIN journal_entry AS entry ON entry.correlation = seen.name AND entry.number > seen.number
    ORDER BY entry.number LIMIT :limit
    """
)


class Watching:
    """Runs as watchers see them, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def glance(self, number: int) -> Glance | None:
        """None where there is no such run."""
        row = self._connection.execute(GLANCE, {"number": number}).first()
        return None if row is None else Glance(mark=row.mark, ended=row.ended)

    def lines(self, after: Mapping[Track, int], limit: int) -> Sequence[LogLine]:
        """The next lines of these tracks of the scheduler's own journal."""
        tracks = {track.correlation: track for track in after}
        values = {"names": list(tracks), "after": list(after.values()), "limit": limit}
        return [
            LogLine(
                track=tracks[row.correlation],
                number=row.number,
                create_time=row.create_time,
                source=row.source,
                text=row.text,
            )
            for row in self._connection.execute(LINES, values)
        ]
