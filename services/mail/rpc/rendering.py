"""Mails as the contract shows them."""

from typing import Final

from backroom.mail.v1 import mail_pb2 as pb
from chassis.rpc.messages import timestamp
from services.mail.domain.mail import Mail
from services.mail.domain.states import MailState

STATES: Final = {
    MailState.QUEUED: pb.Mail.STATE_QUEUED,
    MailState.SENDING: pb.Mail.STATE_SENDING,
    MailState.SENT: pb.Mail.STATE_SENT,
    MailState.UNCERTAIN: pb.Mail.STATE_UNCERTAIN,
    MailState.FAILED: pb.Mail.STATE_FAILED,
    MailState.ABANDONED: pb.Mail.STATE_ABANDONED,
}


def render_mail(mail: Mail) -> pb.Mail:
    """A mail for the wire."""
    return pb.Mail(
        name=f"mails/{mail.id}",
        state=STATES[mail.state],
        recipients=mail.recipients,
        subject=mail.subject,
        message_id=mail.message_id,
        ticket=mail.ticket,
        attachments=mail.attachments,
        last_answer=mail.last_answer,
        attempts=mail.attempts,
        create_time=timestamp(mail.create_time),
        send_time=timestamp(mail.send_time),
        site=mail.site,
        server=mail.server,
        legacy_server=mail.legacy,
        sent_recipients=mail.sent,
        uncertain_recipients=mail.uncertain,
    )
