"""Reads journal entries: by page, and in the order they became visible."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chassis import listing
from chassis.filters import Filter
from chassis.journal.entry import Entry, Level
from chassis.journal.tables import journal_entry

LISTING = listing.Listing(
    fields={
        "number": listing.integer(journal_entry.c.number),
        "journal": listing.text(journal_entry.c.journal),
        "level": listing.enum(journal_entry.c.level, Level, prefix="LEVEL_"),
        "source": listing.text(journal_entry.c.source),
        "user": listing.text(journal_entry.c.user_name),
        "correlation": listing.text(journal_entry.c.correlation),
        "create_time": listing.instant(journal_entry.c.create_time),
    },
    default_order="number desc",
    key=journal_entry.c.number,
)
HORIZON = sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands: behind this entry, in the order of (xid, number)."""

    xid: int
    number: int


class JournalReader:
    """The journals, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def page(self, query: listing.ListQuery) -> tuple[list[Entry], str]:
        """A page of entries and the token of the next."""
        page = LISTING.page(self._connection, sa.select(journal_entry), query)
        return [entry_from_row(row) for row in page.rows], page.next_page_token

    def place_of(self, number: int) -> Place:
        """Behind this entry; behind everything there is where none has the number."""
        entry = sa.select(journal_entry.c.xid).where(journal_entry.c.number == number)
        xid = self._connection.execute(entry).scalar_one_or_none()
        if xid is not None:
            return Place(xid, number)
        return Place(self._horizon(), 0)

    def _horizon(self) -> int:
        """No transaction below it is still running."""
        return int(self._connection.execute(HORIZON).scalar_one())

    def after(self, place: Place, wanted: Filter, most: int) -> tuple[list[Entry], Place]:
        """The next entries, and where the reader stands then.

        Only transactions older than every running one are read, so that none commits behind the reader's back.
        """
        horizon = self._horizon()
        query = (
            sa.select(journal_entry)
            .where(
                sa.tuple_(journal_entry.c.xid, journal_entry.c.number) > sa.tuple_(place.xid, place.number),
                journal_entry.c.xid < horizon,
                LISTING.where(wanted),
            )
            .order_by(journal_entry.c.xid, journal_entry.c.number)
            .limit(most)
        )
        rows = self._connection.execute(query).all()
        if len(rows) == most:
            place = Place(rows[-1].xid, rows[-1].number)
        else:  # all below the horizon has been looked at
            place = max(place, Place(horizon, 0), key=lambda one: (one.xid, one.number))
        return [entry_from_row(row) for row in rows], place


def entry_from_row(row: sa.Row[Any]) -> Entry:
    return Entry(
        number=row.number,
        create_time=row.create_time,
        journal=row.journal,
        level=Level(row.level),
        source=row.source,
        user=row.user_name,
        peer=row.peer,
        correlation=row.correlation,
        text=row.text,
    )
