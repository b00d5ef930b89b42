"""Mails the tickets of some days to the clients who agreed to it: each once, however often it is repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from chassis.operations.execution import Execution
from chassis.operations.model import JSON, OperatingMode, Outcome
from chassis.texts import Texts
from services.mail.application.outbox import enqueue
from services.mail.application.ports import Clients, OpenWork, TicketPage, Tickets
from services.mail.application.ticket_mails import TicketMails
from services.mail.domain.address import Address
from services.mail.domain.client import ClientContact
from services.mail.domain.errors import NoAddress, NoConsent
from services.mail.domain.mail import NewMail
from services.mail.domain.ticket import TicketHead

PAGE = 500  #: tickets looked at in one step; its mails are stored in one transaction, some 15 MB of PDF at most


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTickets:
    """What was asked for."""

    first_day: date
    last_day: date
    stores: tuple[str, ...]  #: codes; empty means all
    limit: int  #: tickets mailed at most
    reader: str  #: locale of the report
    site: str
    mode: OperatingMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far the work has come; committed with the mails of each page."""

    store: int = 0  #: index of the store that is being read
    page_token: str = ""  #: of the page that comes next
    complete: bool = False  #: no ticket is left, or the limit is reached
    mailed: int = 0
    mailed_before: int = 0
    walk_in: int = 0  #: of clients not known by name
    no_consent: int = 0
    no_address: int = 0

    def counts(self) -> dict[str, JSON]:
        """What people want to know."""
        place = {"store", "page_token", "complete"}
        return {name: value for name, value in asdict(self).items() if name not in place}


def sort_out(
    heads: Sequence[TicketHead], contacts: Mapping[str, ClientContact], mailed: set[str], tally: Tally
) -> tuple[list[tuple[str, Address]], Tally]:
    """Which tickets of a page are mailed, and where to; the tally counts the others by their reason."""
    wanted: list[tuple[str, Address]] = []
    reasons = {"mailed_before": 0, "walk_in": 0, "no_consent": 0, "no_address": 0}
    for head in heads:
        contact = contacts.get(head.client)
        if not head.client:
            reasons["walk_in"] += 1
        elif head.name in mailed:
            reasons["mailed_before"] += 1
        elif contact is None:
            reasons["no_consent"] += 1
        else:
            try:
                wanted.append((head.name, contact.ticket_address()))
            except NoConsent:
                reasons["no_consent"] += 1
            except NoAddress:
                reasons["no_address"] += 1
    return wanted, replace(
        tally,
        mailed_before=tally.mailed_before + reasons["mailed_before"],
        walk_in=tally.walk_in + reasons["walk_in"],
        no_consent=tally.no_consent + reasons["no_consent"],
        no_address=tally.no_address + reasons["no_address"],
    )


class TicketBatchSender:
    """Reads tickets page by page, decides over a page at once, and stores its mails with the checkpoint."""

    def __init__(
        self,
        open_work: OpenWork,
        tickets: Tickets,
        clients: Clients,
        ticket_mails: TicketMails,
        texts: Texts,
        locale: str,
    ) -> None:
        self._open_work, self._tickets, self._clients = open_work, tickets, clients
        self._ticket_mails, self._texts = ticket_mails, texts
        self._locale = locale  # of the mails: a client's own language is not known

    def __call__(self, execution: Execution, command: SendTickets) -> Outcome:
        """Goes on from the checkpoint; what any mail carries already is passed over."""
        tally = Tally(**execution.checkpoint) if isinstance(execution.checkpoint, dict) else Tally()
        while not tally.complete:
            execution.check()
            tally = self._page(execution, command, tally)
            execution.progress(tally.mailed, command.limit)
        return Outcome(result=tally.counts(), report=self._report(command, tally))

    def _page(self, execution: Execution, command: SendTickets, tally: Tally) -> Tally:
        store = command.stores[tally.store] if command.stores else ""
        page = self._tickets.validated(command.first_day, command.last_day, store, PAGE, tally.page_token)
        codes = sorted({head.client for head in page.tickets if head.client})
        contacts = self._clients.contacts(codes) if codes else {}
        with self._open_work() as work:
            mailed = work.mails.mailed([head.name for head in page.tickets])
        wanted, tally = sort_out(page.tickets, contacts, mailed, tally)
        room = command.limit - tally.mailed
        mails = [self._mail(execution, command, ticket, address) for ticket, address in wanted[:room]]
        with self._open_work(execution.fence) as work:
            # A ticket that somebody mailed since we looked is left out here, by the table's unique key.
            stored = len(enqueue(work, mails))
            tally = replace(
                tally, mailed=tally.mailed + stored, mailed_before=tally.mailed_before + len(mails) - stored
            )
            tally = _turn(tally, command, page)
            execution.save(work, asdict(tally))
        return tally

    def _mail(self, execution: Execution, command: SendTickets, ticket: str, address: Address) -> NewMail:
        execution.check()
        return self._ticket_mails.make(
            self._tickets.get(ticket),
            (address,),
            walk_in=False,
            copy=0,
            locale=self._locale,
            site=command.site,
            mode=command.mode,
        )

    def _report(self, command: SendTickets, tally: Tally) -> str:
        def text(key: str, **values: object) -> str:
            return self._texts.get(f"report.{key}", command.reader, **values)

        day_format = self._texts.get("ticket_mail.date_format", command.reader)
        first, last = command.first_day.strftime(day_format), command.last_day.strftime(day_format)
        lines = [text("day", day=first) if first == last else text("days", first=first, last=last)]
        lines.append(text("practised" if command.mode is OperatingMode.TRAINING else "mailed", count=tally.mailed))
        lines += [
            text(key, count=count)
            for key, count in (
                ("no_consent", tally.no_consent),
                ("no_address", tally.no_address),
                ("walk_in", tally.walk_in),
                ("mailed_before", tally.mailed_before),
            )
            if count
        ]
        if tally.mailed >= command.limit:
            lines.append(text("limit", limit=command.limit))
        return "\n".join(lines)


def _turn(tally: Tally, command: SendTickets, page: TicketPage) -> Tally:
    """On to the next page, the next store, or the end."""
    if tally.mailed >= command.limit:
        return replace(tally, complete=True)
    if page.next_page_token:
        return replace(tally, page_token=page.next_page_token)
    following = tally.store + 1
    return replace(tally, store=following, page_token="", complete=following >= len(command.stores))
