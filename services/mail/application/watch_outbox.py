"""Counts the outbox, and sees that no mail lies in it past its time."""

from services.mail.application.outbox import send_now
from services.mail.application.ports import Meter, OpenWork


def watch_outbox(open_work: OpenWork, meter: Meter) -> None:
    """As a rule, mails that are due are being sent already; where their operation was parked, another begins."""
    with open_work() as work:
        meter.outbox(work.mails.counts())
        due = work.mails.next_time()
        if due is not None and due <= work.now():
            send_now(work)
