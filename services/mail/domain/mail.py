"""A mail of the outbox, as it is stored, sent and shown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.mail.domain.address import Address
from services.mail.domain.message import Attachment
from services.mail.domain.servers import OwnServer
from services.mail.domain.states import MailState, RecipientState

#: The mode of what is practised with ("mode école"): such a mail is kept for people to see, and never leaves.
TRAINING = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to store."""

    id: UUID
    message_id: str  #: fixed now, so that a second copy could be recognised as one
    recipients: tuple[Address, ...]
    walk_in: bool  #: a walk-in client typed its addresses: sealed while it waits, gone once it is sent
    subject: str
    body: str
    attachments: tuple[Attachment, ...]
    site: str
    mode: str  #: normal waits while its site is in another mode; isolated was sent by hand and goes; training never
    last_answer: str = ""  #: why it never leaves, where it does not
    ticket: str = ""  #: `tickets/{store}-{register}-{number}`; empty where it carries none
    copy: int = 0  #: how many mails carried the ticket before
    server: OwnServer | None = None  #: that takes it; None: mail's own

    @property
    def practised(self) -> bool:
        """Whether it never leaves."""
        return self.mode == TRAINING


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One of those a mail is for."""

    ordinal: int
    address: Address | None  #: None once a walk-in client's address is gone, or its key
    state: RecipientState


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMail:
    """A mail whose time has come, without its attachments."""

    id: UUID
    message_id: str
    recipients: tuple[Recipient, ...]  #: all, those of earlier tries included
    walk_in: bool
    subject: str
    body: str
    create_time: datetime
    attempts: int
    server: OwnServer | None = None  #: that takes it; None: mail's own

    @property
    def pending(self) -> tuple[Address, ...]:
        """Those it is still to be sent to."""
        return tuple(
            recipient.address
            for recipient in self.recipients
            if recipient.state is RecipientState.PENDING and recipient.address is not None
        )

    @property
    def settled(self) -> frozenset[RecipientState]:
        """What became of the others."""
        return frozenset(
            recipient.state for recipient in self.recipients if recipient.state is not RecipientState.PENDING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as people see it."""

    id: UUID
    state: MailState
    recipients: tuple[str, ...]  #: a walk-in client's are masked
    subject: str
    message_id: str
    ticket: str
    attachments: tuple[str, ...]  #: file names
    last_answer: str
    attempts: int
    create_time: datetime
    send_time: datetime | None
    site: str
    server: str  #: that takes it, `host:port`; empty: mail's own
    legacy: bool  #: it went by mail's legacy settings
    sent: tuple[str, ...]  #: those of the recipients who have it
    uncertain: tuple[str, ...]  #: those who may have it, also once the mail is given up
