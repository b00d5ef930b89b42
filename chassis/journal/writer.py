"""Writes journal entries inside the transaction of what they tell of."""

from collections.abc import Sequence

import sqlalchemy as sa

from chassis.database import copy_rows
from chassis.journal.entry import TECHNICAL, Level, NewEntry
from chassis.journal.tables import journal_entry

COPY_FROM = 50  #: rows; below, one INSERT is quicker than COPY's round trips
COLUMNS = ("journal", "level", "source", "user_name", "peer", "correlation", "text")


class JournalWriter:
    """The journal, as a unit of work sees it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def write(
        self,
        text: str,
        *,
        source: str,
        journal: str = TECHNICAL,
        level: Level = Level.INFORMATION,
        user: str = "",
        peer: str = "",
        correlation: str = "",
    ) -> None:
        """Adds one entry."""
        self.write_many(
            [
                NewEntry(
                    text=text,
                    source=source,
                    journal=journal,
                    level=level,
                    user=user,
                    peer=peer,
                    correlation=correlation,
                )
            ]
        )

    def write_many(self, entries: Sequence[NewEntry]) -> None:
        """Adds entries, numbered in their order."""
        rows = [
            (
                entry.journal,
                entry.level.value,
                entry.source,
                entry.user,
                entry.peer,
                entry.correlation,
                entry.text,
            )
            for entry in entries
        ]
        if len(rows) >= COPY_FROM:
            copy_rows(self._connection, journal_entry.name, COLUMNS, rows)
        elif rows:
            self._connection.execute(sa.insert(journal_entry), [dict(zip(COLUMNS, row, strict=True)) for row in rows])
