"""Stores a message of a person or of another service for sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from chassis.operations.model import DEFAULT_SITE, OperatingMode
from services.mail.application.outbox import enqueue
from services.mail.application.ports import Work
from services.mail.domain.mail import Mail, NewMail
from services.mail.domain.message import Attachment, read_message


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """What was asked for, unchecked."""

    recipients: Sequence[str]
    subject: str
    body: str
    attachments: Sequence[Attachment]
    site: str
    mode: OperatingMode


def send_message(work: Work, command: SendMessage, message_id_domain: str, practised: str) -> Mail:
    """Raises InvalidInput. What is sent in training is kept for people to see, with the word `practised`."""
    message = read_message(command.recipients, command.subject, command.body, command.attachments)
    identifier = uuid4()
    mail = NewMail(
        id=identifier,
        message_id=f"<{identifier}@{message_id_domain}>",
        recipients=message.recipients,
        walk_in=False,
        subject=message.subject,
        body=message.body,
        attachments=message.attachments,
        site=command.site or DEFAULT_SITE,
        mode=command.mode.value,
        last_answer=practised if command.mode is OperatingMode.TRAINING else "",
    )
    enqueue(work, [mail])
    return work.mails.get(identifier)
