"""Stores a message of a person or of another service for sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.errors import ResourceExists
from chassis.operations.model import DEFAULT_SITE, OperatingMode
from services.mail.application.outbox import enqueue
from services.mail.application.ports import Work
from services.mail.domain.mail import Mail, NewMail
from services.mail.domain.message import Attachment, read_message
from services.mail.domain.servers import TypedServer


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """What was asked for, unchecked."""

    recipients: Sequence[str]
    subject: str
    body: str
    attachments: Sequence[Attachment]
    site: str
    mode: OperatingMode
    server: TypedServer | None = None  #: that takes it; None: mail's own
    request_id: UUID | None = None  #: becomes the mail's id, so that whoever chose it can ask for the mail


def send_message(work: Work, command: SendMessage, message_id_domain: str, practised: str) -> Mail:
    """Raises InvalidInput, ResourceExists. What is sent in training is kept for people to see, told `practised`."""
    message = read_message(command.recipients, command.subject, command.body, command.attachments, command.server)
    identifier = command.request_id or uuid4()
    sender = None if message.server is None else message.server.sender
    mail = NewMail(
        id=identifier,
        message_id=f"<{identifier}@{message_id_domain if sender is None else sender.domain}>",
        recipients=message.recipients,
        walk_in=False,
        subject=message.subject,
        body=message.body,
        attachments=message.attachments,
        site=command.site or DEFAULT_SITE,
        mode=command.mode.value,
        last_answer=practised if command.mode is OperatingMode.TRAINING else "",
        server=message.server,
    )
    if not enqueue(work, [mail]):
        raise ResourceExists(f"mails/{identifier}")
    return work.mails.get(identifier)
