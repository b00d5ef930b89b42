"""Counts the outbox, and sees that no mail lies in it past its time, or half sent."""

from services.mail.application.outbox import send_now
from services.mail.application.ports import Meter, OpenWork
from services.mail.domain.states import MailState


def watch_outbox(open_work: OpenWork, meter: Meter) -> None:
    """As a rule, mails that are due are being sent already; where their operation was parked, another begins.

    It also finds what that one left SENDING; where one is at work after all, this one comes after it and finds nothing.
    """
    with open_work() as work:
        counts = work.mails.counts()
        meter.outbox(counts)
        due = work.mails.next_time()
        if counts.get(MailState.SENDING) or (due is not None and due <= work.now()):
            send_now(work)
