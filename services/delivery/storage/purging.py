"""What delivery forgets: files that have left the spool, with their tries; what was sealed; what was fetched."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from chassis.operations.purging import Purge, older

LEFT = "state IN ('DELIVERED', 'DISCARDED') AND coalesce(deliver_time, create_time) < now() - CAST(:kept AS interval)"
# What was sealed is remembered for as long as a file of it; nobody asks for it again so much later.
SENDINGS = sa.text(
    """
    DELETE FROM sending WHERE attempt IN (
        SELECT attempt FROM sending
        WHERE create_time < now() - CAST(:kept AS interval)
          AND NOT EXISTS (SELECT FROM spool_file WHERE spool_file.run = sending.run)
        ORDER BY create_time LIMIT :batch
    )
    """
)


def purges(*, history: timedelta, fetched: timedelta) -> Sequence[Purge]:
    """Kept for so long after it left, and after it was last seen at its source."""
    return (
        Purge(what="purge.files", statement=older("spool_file", "id", also=LEFT), kept=history),
        Purge(what="purge.sendings", statement=SENDINGS, kept=history),
        Purge(what="purge.fetched", statement=older("fetched_file", "id", instant="seen_time"), kept=fetched),
    )
