"""The ticket's document: what is printed of a ticket, and in which order."""

from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.layout import Measure, Page, Roll, Style, fit, wrap
from services.mail.domain.ticket import Ticket, TicketLine, printable, vat_table
from services.mail.domain.wording import Format, TicketWords

BODY = 7.0
SMALL = 6.0
LABEL_ROWS = 3
QR_SIDE = 62.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDocument:
    """All that a printed ticket shows."""

    ticket: Ticket
    company: str
    company_lines: tuple[str, ...]  #: address, registration, as the law asks
    closed_at: datetime  #: in the shop's zone
    duplicate: bool  #: printed or mailed before
    words: TicketWords


def lay_out(document: TicketDocument, measure: Measure) -> tuple[Page, ...]:
    """The pages of an 80 mm ticket; one, unless it has hundreds of lines."""
    roll = Roll(measure)
    printed = Format(document.words)
    _head(roll, document, printed)
    for line in document.ticket.lines:
        _line(roll, line, document, printed)
    roll.rule()
    _total(roll, document, printed)
    _vat(roll, document, printed)
    _foot(roll, document)
    return roll.pages()


def _head(roll: Roll, document: TicketDocument, printed: Format) -> None:
    ticket, words = document.ticket, document.words
    roll.centred(document.company, Style.BOLD, 10)
    for text in document.company_lines:
        roll.centred(text, Style.REGULAR, SMALL)
    roll.centred(f"{words.store} {ticket.store}", Style.REGULAR, BODY)
    roll.space(4)
    if document.duplicate:
        roll.centred(words.duplicate, Style.BOLD, 12)
        roll.space(2)
    _pair(roll, f"{words.ticket} {ticket.number}", f"{words.register} {ticket.register}", Style.BOLD)
    _pair(roll, printed.moment(document.closed_at), "", Style.REGULAR)
    for word, value in ((words.cashier, ticket.cashier), (words.client, ticket.client)):
        if value:
            _pair(roll, f"{word} {printable(value)}", "", Style.REGULAR)
    roll.rule()


def _line(roll: Roll, line: TicketLine, document: TicketDocument, printed: Format) -> None:
    currency = document.ticket.currency
    amount = printed.money(line.amount, currency)
    width = roll.right - roll.left - roll.width_of(amount, Style.REGULAR, BODY) - 6
    label = line.label if printable(line.label) else line.item
    rows = wrap(label, width, LABEL_ROWS, lambda text: roll.width_of(text, Style.REGULAR, BODY))
    roll.room((len(rows) + 2) * BODY * 1.3)
    for index, row in enumerate(rows or [""]):
        roll.row(BODY)
        roll.left_text(row, Style.REGULAR, BODY)
        if index == 0:
            roll.right_text(amount, Style.REGULAR, BODY)
    quantity = printed.number(line.quantity)
    price = line.unit_price
    detail = quantity if price is None else f"{quantity} × {printed.money(price, currency)}"
    roll.row(SMALL)
    roll.left_text(detail, Style.REGULAR, SMALL, roll.left + 6)
    roll.right_text(f"{document.words.vat_rate} {printed.number(line.vat_rate)} %", Style.REGULAR, SMALL)
    if line.discount:
        roll.row(SMALL)
        discount = f"{document.words.discount} {printed.money(-line.discount, currency)}"
        roll.left_text(discount, Style.REGULAR, SMALL, roll.left + 6)


def _total(roll: Roll, document: TicketDocument, printed: Format) -> None:
    ticket = document.ticket
    _pair(roll, document.words.total, printed.money(ticket.total, ticket.currency), Style.BOLD, 10)
    roll.space(2)
    for payment in ticket.payments:
        means = f"{document.words.payments} {printable(payment.means)}"
        _pair(roll, means, printed.money(payment.amount, ticket.currency), Style.REGULAR)
    roll.rule()


def _vat(roll: Roll, document: TicketDocument, printed: Format) -> None:
    ticket, words = document.ticket, document.words
    columns = [roll.left + 48, roll.left + 104, roll.left + 152, roll.right]
    table: list[tuple[str, ...]] = [(words.vat_rate, words.vat_net, words.vat_amount, words.vat_gross)]
    for row in vat_table(ticket.lines, ticket.currency):
        amounts = (printed.amount(amount, ticket.currency) for amount in (row.net, row.vat, row.gross))
        table.append((f"{printed.number(row.rate)} %", *amounts))
    for index, cells in enumerate(table):
        roll.row(SMALL)
        for cell, x in zip(cells, columns, strict=True):
            roll.right_text(cell, Style.REGULAR if index else Style.BOLD, SMALL, x)
    roll.rule()


def _foot(roll: Roll, document: TicketDocument) -> None:
    ticket = document.ticket
    if ticket.signature:
        roll.centred(f"{document.words.signature} {ticket.signature}", Style.REGULAR, SMALL, rows=4)
    roll.symbol(ticket.name, QR_SIDE)
    roll.centred(ticket.name, Style.REGULAR, SMALL)


def _pair(roll: Roll, left: str, right: str, style: Style, size: float = BODY) -> None:
    """A row with something at both ends; what stands at the left gives way."""
    roll.row(size)
    begin = roll.right_text(right, style, size) - 6 if right else roll.right
    roll.left_text(fit(left, begin - roll.left, lambda text: roll.width_of(text, style, size)), style, size)
