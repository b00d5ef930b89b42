"""How a ticket becomes a mail: its PDF, its subject and its body."""

from dataclasses import dataclass, fields
from functools import cache
from uuid import uuid4
from zoneinfo import ZoneInfo

from chassis.operations.model import OperatingMode
from chassis.texts import Texts
from services.mail.application.ports import TicketPrinter
from services.mail.domain.address import Address
from services.mail.domain.mail import NewMail
from services.mail.domain.message import Attachment
from services.mail.domain.printed import TicketDocument
from services.mail.domain.ticket import Ticket, file_name, printable
from services.mail.domain.wording import TicketWords


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The company in whose name tickets are mailed."""

    company: str
    company_lines: tuple[str, ...]  #: address, registration, as the law asks
    time_zone: ZoneInfo  #: of the times printed on tickets
    message_id_domain: str


class TicketMails:
    """Makes mails of tickets.

    The PDF is made now, not when the mail is sent: the mail then needs nobody but the SMTP server, and a retry
    hours later carries the very same bytes.
    """

    def __init__(self, house: House, printer: TicketPrinter, texts: Texts) -> None:
        self._house, self._printer, self._texts = house, printer, texts
        self._words = cache(self._load_words)

    def make(
        self,
        ticket: Ticket,
        recipients: tuple[Address, ...],
        *,
        walk_in: bool,
        copy: int,
        locale: str,
        site: str,
        mode: OperatingMode,
    ) -> NewMail:
        """A mail with the ticket as PDF; any copy but the first says duplicate."""
        house = self._house
        document = TicketDocument(
            ticket=ticket,
            company=house.company,
            company_lines=house.company_lines,
            closed_at=ticket.close_time.astimezone(house.time_zone),
            duplicate=copy > 0,
            words=self._words(self._texts.locale(locale)),
        )
        pdf = Attachment(
            file_name=file_name(ticket, house.company),
            media_type="application/pdf",
            content=self._printer.render(document),
        )
        day = ticket.business_date.strftime(self._texts.get("ticket_mail.date_format", locale))
        values = {"number": ticket.number, "day": day, "company": printable(house.company)}
        identifier = uuid4()
        return NewMail(
            id=identifier,
            message_id=f"<{identifier}@{house.message_id_domain}>",
            recipients=recipients,
            walk_in=walk_in,
            subject=self._texts.get("ticket_mail.subject", locale, **values),
            body=self._texts.get("ticket_mail.body", locale, **values),
            attachments=(pdf,),
            site=site,
            mode=mode.value,
            last_answer=self._texts.get("last_answer.practised", locale) if mode is OperatingMode.TRAINING else "",
            ticket=ticket.name,
            copy=copy,
        )

    def _load_words(self, locale: str) -> TicketWords:
        words = {field.name: self._texts.get(f"ticket.{field.name}", locale) for field in fields(TicketWords)}
        return TicketWords(**words)
