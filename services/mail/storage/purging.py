"""What mail forgets: whom a mail went to soon, the mail itself later. What waits to be sent is never forgotten."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from chassis.operations.purging import Purge, older

OVER = "state NOT IN ('queued', 'sending') AND coalesce(send_time < now() - CAST(:kept AS interval), true)"

#: As `Address.masked` has it; the servers' answers repeat addresses, so every one in them is masked as well. By ANY: a
#: join would be planned for whole batches, and read both tables for the few of an ordinary minute.
ADDRESSES = sa.text(
    r"""
    WITH old AS (
        SELECT id FROM mail
        WHERE state IN ('sent', 'abandoned') AND NOT masked AND create_time < now() - CAST(:kept AS interval)
          AND coalesce(send_time, create_time) < now() - CAST(:kept AS interval)
        ORDER BY create_time LIMIT :batch
    ), theirs AS (
        UPDATE recipient SET address = NULL, shown = regexp_replace(shown, '^(.).*@', '\1…@'),
               answer = regexp_replace(answer, '([^\s<>@])[^\s<>@]*@', '\1…@', 'g')
        WHERE recipient.mail = ANY(ARRAY(SELECT id FROM old))
    )
    UPDATE mail SET masked = true, last_answer = regexp_replace(last_answer, '([^\s<>@])[^\s<>@]*@', '\1…@', 'g')
    WHERE mail.id = ANY(ARRAY(SELECT id FROM old))
    """
)


def purges(*, mails: int, addresses: int) -> Sequence[Purge]:
    """Kept for so many days: addresses since the mail was sent, mails since they were sent or given up."""
    return (
        Purge(what="purge.addresses", statement=ADDRESSES, kept=timedelta(days=addresses)),
        Purge(what="purge.mails", statement=older("mail", "id", also=OVER), kept=timedelta(days=mails)),
    )
