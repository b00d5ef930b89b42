"""Counts the outbox, and sees that no mail lies in it past its time, or half sent; tells how it is sent."""

from chassis.journal import Level
from services.mail.application.outbox import send_now
from services.mail.application.ports import Meter, OpenWork
from services.mail.application.sending import SOURCE


def watch_outbox(open_work: OpenWork, meter: Meter) -> None:
    """As a rule, mails that are due are being sent already; where their operation was parked, another begins.

    It also finds what that one left SENDING; where one is at work after all, this one comes after it and finds nothing.
    So it is for mail's own server, and for each that somebody named.
    """
    with open_work() as work:
        meter.outbox(work.mails.counts())
        for server in sorted(work.mails.neglected()):
            send_now(work, server)


def tell_of_legacy(open_work: OpenWork, text: str) -> None:
    """Has it in the journal that mails go by the legacy settings."""
    with open_work() as work:
        work.journal.write(text, source=SOURCE, level=Level.WARNING)
