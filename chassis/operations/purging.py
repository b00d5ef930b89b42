"""Retention: what is forgotten once it is old, in batches so small that nobody waits for them. SQL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

BATCH = 5_000  #: rows that one transaction forgets


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """One kind of thing that is forgotten. A service declares its own in its wiring."""

    what: str  #: key of the service's text that names it in reports
    statement: sa.TextClause  #: forgets `:batch` at most of what is older than `:kept`; its row count says how many
    kept: timedelta


def older(table: str, key: str, instant: str = "create_time", also: str = "true") -> sa.TextClause:
    """The statement of a `Purge` that deletes rows by the column of their instant."""
    old = f"SELECT {key} FROM {table} WHERE {also} AND {instant} < now() - CAST(:kept AS interval) LIMIT :batch"  # noqa: S608 - made of constants
    return sa.text(f"DELETE FROM {table} WHERE ({key}) IN ({old})")  # noqa: S608 - made of constants


OPERATIONS = sa.text(
    """
    WITH old AS (
        SELECT id FROM operation WHERE end_time < now() - CAST(:kept AS interval) ORDER BY end_time LIMIT :batch
    ),
    told AS (DELETE FROM operation_progress USING old WHERE operation_progress.operation = old.id)
    DELETE FROM operation USING old WHERE operation.id = old.id
    """
)
#: Journal by journal: what is old lies together in the index of (journal, create_time), and nowhere else.
BUSINESS_JOURNALS = sa.text(
    """
    WITH RECURSIVE kind AS (
        (SELECT journal FROM journal_entry ORDER BY journal LIMIT 1)
        UNION ALL
        SELECT (SELECT entry.journal FROM journal_entry AS entry WHERE entry.journal > kind.journal
                ORDER BY entry.journal LIMIT 1)
        FROM kind WHERE kind.journal IS NOT NULL
    )
    DELETE FROM journal_entry WHERE number IN (
        SELECT old.number FROM kind, LATERAL (
            SELECT entry.number FROM journal_entry AS entry
            WHERE entry.journal = kind.journal AND entry.create_time < now() - CAST(:kept AS interval) LIMIT :batch
        ) AS old
        WHERE kind.journal <> 'technical' LIMIT :batch
    )
    """
)


def common_purges(
    *, operations: timedelta, repeats: timedelta, journal: timedelta, business_journals: timedelta
) -> Sequence[Purge]:
    """What every service forgets: what ended, was answered or was noted so long ago that nothing still asks for it."""
    return (
        Purge(what="system.purge.operations", statement=OPERATIONS, kept=operations),
        Purge(what="system.purge.cancels", statement=older("operation_cancel", "operation"), kept=operations),
        Purge(
            what="system.purge.repeats",
            statement=older("request_result", "caller, method, request_id"),
            kept=repeats,
        ),
        Purge(
            what="system.purge.technical",
            statement=older("journal_entry", "number", also="journal = 'technical'"),
            kept=journal,
        ),
        Purge(what="system.purge.business", statement=BUSINESS_JOURNALS, kept=business_journals),
    )


def forget(connection: sa.Connection, purge: Purge) -> int:
    """Forgets a batch; a whole one (`BATCH`) means that there may be more."""
    return connection.execute(purge.statement, {"kept": purge.kept, "batch": BATCH}).rowcount
