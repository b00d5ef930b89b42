"""What goes into the outbox, and the work that empties it: both are stored in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.operations.model import JSON, NewOperation
from services.mail.application.ports import Work
from services.mail.domain.mail import NewMail

SEND_OUTBOX = "mail.send-outbox"
SEND_BY_SERVER = "mail.send-by-server"  #: one for each server that is not mail's own

# Later tries are gathered: mails due within one step are sent by one operation.
STEP = timedelta(seconds=5)
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def enqueue(work: Work, mails: Sequence[NewMail]) -> set[UUID]:
    """Stores mails and has them sent at once, where their site lets them go; answers the ids stored."""
    stored = work.mails.add_many(mails)
    leaving = [mail for mail in mails if mail.id in stored and not mail.practised]
    for server in dict.fromkeys("" if mail.server is None else mail.server.address for mail in leaving):
        send_now(work, server)
    return stored


def send_now(work: Work, server: str = "") -> None:
    """Has the outbox emptied of what goes by a server (empty: mail's own); operations nobody has begun are shared."""
    kind, request = _work_for(server)
    if work.operations.queued(kind, request) is None:
        work.operations.add(NewOperation(kind=kind, request=request))


def send_later(work: Work, due: datetime, outages: int = 0, *, server: str = "") -> None:
    """The same when the next mail is due. `outages`: failures to reach mail's own server, in a row."""
    steps = -((EPOCH - due) // STEP)  # rounded up: never before it is due
    kind, request = _work_for(server)
    request |= {"due": (EPOCH + steps * STEP).isoformat()} | ({} if server else {"outages": outages})
    if work.operations.queued(kind, request) is None:
        work.operations.add(NewOperation(kind=kind, request=request, not_before=EPOCH + steps * STEP))


def _work_for(server: str) -> tuple[str, dict[str, JSON]]:
    return (SEND_BY_SERVER, {"server": server}) if server else (SEND_OUTBOX, {})
