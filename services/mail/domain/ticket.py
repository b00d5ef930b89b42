"""A ticket as the register closed it, and what is computed from it to be printed; nothing changes it."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

LONGEST_COMPANY_IN_NAME = 60

# Currencies of the tills we know that have no cents; every other one has two decimals.
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "XAF", "XOF", "XPF"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A line of a ticket."""

    item: str
    label: str
    quantity: Decimal  #: units, negative for a return
    amount: Decimal  #: with tax and discounts, negative for a return
    discount: Decimal  #: in the amount, >= 0
    vat_rate: Decimal  #: percent

    @property
    def unit_price(self) -> Decimal | None:
        """With tax, before discounts; None where no unit was sold."""
        if not self.quantity:
            return None
        before = self.amount + self.discount if self.quantity > 0 else self.amount - self.discount
        return before / self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment of a ticket."""

    means: str
    amount: Decimal  #: negative for money given back


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHead:
    """What a list of tickets tells of one."""

    name: str  #: `tickets/{store}-{register}-{number}`
    client: str  #: code; empty for a walk-in client


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket, whole."""

    name: str  #: `tickets/{store}-{register}-{number}`
    store: str
    register: int
    number: int
    business_date: date
    close_time: datetime
    client: str  #: code; empty for a walk-in client
    cashier: str
    lines: tuple[TicketLine, ...]
    payments: tuple[Payment, ...]
    total: Decimal  #: with tax, as the register computed it
    currency: str  #: ISO 4217
    signature: str  #: as the register gave it


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRow:
    """What was sold at one VAT rate."""

    rate: Decimal  #: percent
    net: Decimal
    vat: Decimal
    gross: Decimal


def vat_table(lines: Iterable[TicketLine], currency: str) -> tuple[VatRow, ...]:
    """One row for each rate, lowest first. Tax is taken out of each rate's sum, not out of each line."""
    sums: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.vat_rate.normalize()] += line.amount
    rows = []
    for rate, gross in sorted(sums.items()):
        vat = rounded(gross * rate / (100 + rate), currency)
        rows.append(VatRow(rate=rate, net=gross - vat, vat=vat, gross=gross))
    return tuple(rows)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest coin, half away from zero."""
    step = Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def file_name(ticket: Ticket, company: str) -> str:
    """The name of the ticket's file: code of the register, number, company (`C1-4-BRICO.pdf`)."""
    safe = re.sub(r"[^\w&'.-]+", " ", printable(company)).strip(" .")[:LONGEST_COMPANY_IN_NAME]
    return f"C{ticket.register}-{ticket.number}-{safe}.pdf" if safe else f"C{ticket.register}-{ticket.number}.pdf"


def printable(text: str) -> str:
    """One line of text: control, direction and other invisible characters become spaces, many spaces one."""
    visible = (" " if unicodedata.category(character) in _INVISIBLE else character for character in text)
    return " ".join("".join(visible).split())


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
