"""What goes into the outbox, and the work that empties it: both are stored in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.operations.model import JSON, NewOperation
from services.mail.application.ports import Work
from services.mail.domain.mail import NewMail

SEND_OUTBOX = "mail.send-outbox"

# Later tries are gathered: mails due within one step are sent by one operation.
STEP = timedelta(seconds=5)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def enqueue(work: Work, mails: Sequence[NewMail]) -> set[UUID]:
    """Stores mails and has them sent at once, where their site lets them go; answers the ids stored."""
    stored = work.mails.add_many(mails)
    if any(mail.id in stored and not mail.practised for mail in mails):
        send_now(work)
    return stored


def send_now(work: Work) -> None:
    """Has the outbox emptied; operations that nobody has begun are shared."""
    if work.operations.queued(SEND_OUTBOX, {}) is None:
        work.operations.add(NewOperation(kind=SEND_OUTBOX))


def send_later(work: Work, due: datetime, outages: int = 0) -> None:
    """Has the outbox emptied when the next mail is due. `outages`: failures to reach the server, in a row."""
    steps = -((EPOCH - due) // STEP)  # rounded up: never before it is due
    request: dict[str, JSON] = {"due": (EPOCH + steps * STEP).isoformat(), "outages": outages}
    if work.operations.queued(SEND_OUTBOX, request) is None:
        work.operations.add(NewOperation(kind=SEND_OUTBOX, request=request, not_before=EPOCH + steps * STEP))
