"""What the use cases need of the outside; storage and gateways sign these."""

from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from chassis.journal import JournalWriter
from chassis.listing import ListQuery
from chassis.operations.execution import TransactionOfWork
from chassis.operations.store import OperationStore
from chassis.repeats import Repeats
from chassis.work import Fence
from services.mail.domain.address import Address
from services.mail.domain.client import ClientContact
from services.mail.domain.delivery import Answer, Lost, Settlement
from services.mail.domain.mail import DueMail, Mail, NewMail
from services.mail.domain.message import Attachment
from services.mail.domain.printed import TicketDocument
from services.mail.domain.servers import OwnServer
from services.mail.domain.states import MailState
from services.mail.domain.ticket import Ticket, TicketHead


class Mails(Protocol):
    """The outbox, inside one transaction."""

    def add_many(self, mails: Sequence[NewMail]) -> set[UUID]:
        """Stores mails, but not a ticket that was mailed as the same copy already, nor an id again; answers the ids."""

    def get(self, mail: UUID) -> Mail:
        """Raises UnknownResource."""

    def hold(self, mail: UUID) -> Mail:
        """The same; nobody else moves it on until this transaction has ended."""

    def page(self, query: ListQuery) -> tuple[Sequence[Mail], str]:
        """A page of mails and the token of the next one; empty on the last."""

    def mailed(self, tickets: Sequence[str]) -> set[str]:
        """Those of these tickets that some mail carries; what was only practised counts for nothing."""

    def next_copy(self, ticket: str) -> int:
        """How many mails carry the ticket. Nobody else adds one until this transaction has ended."""

    def due(self, limit: int, server: str = "") -> Sequence[DueMail]:
        """Mails for a server (empty: mail's own) whose time has come, the longest due first."""

    def begin_sending(self, mail: UUID, *, legacy: bool = False) -> Sequence[Attachment]:
        """Moves a QUEUED mail to SENDING, answers its attachments. Raises MailMoved where it is not to be sent now.

        `legacy`: it goes by the legacy settings.
        """

    def settle(self, mail: DueMail, settlement: Settlement) -> None:
        """Writes what became of a try. Raises MailMoved.

        With SENT the attachments' contents go; the password of a server of its own goes with any end.
        """

    def abandon(self, mail: UUID, why: str) -> None:
        """Moves a mail that is held to ABANDONED. What it would have been sent with is erased."""

    def strand(self, why: str, server: str = "") -> Sequence[UUID]:
        """Moves every mail found SENDING by a server to UNCERTAIN: whoever was sending it is gone."""

    def postpone(self, until: datetime, why: str) -> int:
        """Lets every mail for mail's own server that is due wait, no try counted; answers how many."""

    def postpone_own(self, server: str, delays: Sequence[timedelta], why: str) -> Mapping[UUID, MailState]:
        """Lets each mail for that server that is due wait, or gives it up (FAILED) after its last outage.

        `delays`: how long it waits after its first outage, its second, …
        """

    def next_time(self, server: str = "") -> datetime | None:
        """When the next mail for a server is due; None where none waits."""

    def neglected(self) -> Set[str]:
        """The servers for which a mail is due, or was left half sent."""

    def counts(self) -> Mapping[MailState, int]:
        """How many mails are in each state that is not the end of all care."""


class Leases(Protocol):
    """Who sends by a server just now: one operation in its epoch, for as long as it runs."""

    def take(self, server: str, operation: UUID, epoch: int) -> bool:
        """Whether this operation may send by it from now on."""

    def release(self, server: str, operation: UUID, epoch: int) -> None:
        """Lets another have it."""


class Work(TransactionOfWork, Protocol):
    """One transaction."""

    @property
    def mails(self) -> Mails: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def operations(self) -> OperationStore: ...
    @property
    def journal(self) -> JournalWriter: ...
    @property
    def repeats(self) -> Repeats: ...
    def now(self) -> datetime: ...


class OpenWork(Protocol):
    """Begins a transaction; with a fence it commits only while the operation is ours."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[Work]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """Tickets without their lines."""

    tickets: tuple[TicketHead, ...]
    next_page_token: str  #: empty on the last


class Tickets(Protocol):
    """What sales knows."""

    def get(self, ticket: str) -> Ticket:
        """Raises UnknownResource."""

    def validated(self, first: date, last: date, store: str, page_size: int, page_token: str) -> TicketPage:
        """A page of validated tickets from first to last day; of all stores where `store` is empty."""


class Clients(Protocol):
    """What clients knows."""

    def contacts(self, codes: Sequence[str]) -> Mapping[str, ClientContact]:
        """Those of these clients that exist, by code; at most 1,000 at once."""


class TicketPrinter(Protocol):
    """Makes a PDF of a ticket's document."""

    def render(self, document: TicketDocument) -> bytes:
        """The same document gives the same bytes."""


class Composer(Protocol):
    """Makes the bytes that an SMTP server is given."""

    def compose(self, mail: DueMail, attachments: Sequence[Attachment]) -> bytes: ...


class Session(Protocol):
    """A connection to the SMTP server, made when first needed and kept for many mails."""

    def offer(self, recipients: Sequence[Address]) -> Mapping[Address, Answer]:
        """Names sender and recipients; answers what the server said to each. Raises OutOfReach."""

    def deliver(self, content: bytes) -> Answer | Lost:
        """Gives the content after an offer that somebody was taken of; answers what the server said."""

    def forget(self) -> None:
        """Takes an offer back."""


class Transport(Protocol):
    """The way to SMTP servers."""

    def session(self, server: OwnServer | None) -> AbstractContextManager[Session]:
        """A session with that server, in its sender's name; with mail's own where none is given."""


class Meter(Protocol):
    """What operators watch."""

    def moved(self, state: MailState, mails: int = 1) -> None:
        """So many mails came into a state."""

    def outbox(self, counts: Mapping[MailState, int]) -> None:
        """So many are in each state now."""
