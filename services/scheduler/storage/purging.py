"""What the scheduler forgets: runs, with their attempts, and messages that nobody needs any more."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.operations.purging import Purge, older


def purges(*, runs: int, messages: int) -> Sequence[Purge]:
    """Kept for so many days: runs since their end, messages since they were written."""
    return (
        Purge(what="purge.runs", statement=older("run", "number", "end_time"), kept=timedelta(days=runs)),
        Purge(what="purge.messages", statement=older("message", "number"), kept=timedelta(days=messages)),
    )
