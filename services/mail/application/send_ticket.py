"""Mails one ticket because somebody asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput, Unavailable
from chassis.operations.model import DEFAULT_SITE, OperatingMode
from services.mail.application.outbox import enqueue
from services.mail.application.ports import Clients, Tickets, Work
from services.mail.application.ticket_mails import TicketMails
from services.mail.domain.address import Address
from services.mail.domain.errors import NoConsent
from services.mail.domain.mail import Mail
from services.mail.domain.message import read_recipients
from services.mail.domain.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTicket:
    """What was asked for."""

    ticket: str
    store: str  #: code, as the ticket's name says
    recipients: Sequence[str]  #: in the place of the client's; unchecked
    locale: str


class TicketSender:
    """Mails one ticket: to the addresses given, else to the client who agreed to it."""

    def __init__(self, tickets: Tickets, clients: Clients, ticket_mails: TicketMails) -> None:
        self._tickets, self._clients, self._ticket_mails = tickets, clients, ticket_mails

    def __call__(self, work: Work, command: SendTicket) -> Mail:
        """Raises InvalidInput, UnknownResource, NoConsent, NoAddress."""
        typed: tuple[Address, ...] = ()
        if command.recipients:
            typed, problems = read_recipients(command.recipients)
            if problems:
                raise InvalidInput(*problems)
        ticket = self._tickets.get(command.ticket)
        recipients = typed or (self._address_of_client(ticket),)
        # Until we are done nobody else mails this ticket: two originals of one ticket must not exist.
        copy = work.mails.next_copy(ticket.name)
        mail = self._ticket_mails.make(
            ticket,
            recipients,
            walk_in=not ticket.client,
            copy=copy,
            locale=command.locale,
            site=DEFAULT_SITE,
            mode=OperatingMode.ISOLATED,  # by hand: no mode of a site keeps it waiting
        )
        if not enqueue(work, [mail]):
            raise Unavailable(f"{ticket.name} is just being mailed by a task; send it again in a moment")
        return work.mails.get(mail.id)

    def _address_of_client(self, ticket: Ticket) -> Address:
        if not ticket.client:
            problem = FieldProblem(
                "recipients", f"{ticket.name} is of a walk-in client; give the address to send it to"
            )
            raise InvalidInput(problem)
        contact = self._clients.contacts([ticket.client]).get(ticket.client)
        if contact is None:  # somebody we know nothing of has agreed to nothing
            raise NoConsent(ticket.client)
        return contact.ticket_address()
