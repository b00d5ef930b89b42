"""Tickets and receipts of goods as they are imported: what the register and the warehouse told, verbatim."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from services.sales.domain.names import TicketName

TICKETS = 2_000  #: in one message
RECEIPTS = 10_000  #: in one message
SEPARATOR = "\x1f"  #: between the parts of a content


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line as the register printed it."""

    item: str
    label: str
    quantity: Decimal
    amount: Decimal
    discount: Decimal
    vat_rate: Decimal
    returned_ticket: str
    defective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment of a ticket."""

    means: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """A ticket as the register closed it."""

    store: str
    register: int
    number: int
    business_date: date
    close_time: datetime
    client: str
    cashier: str
    lines: tuple[NewLine, ...]
    payments: tuple[NewPayment, ...]
    total: Decimal
    currency: str  #: of every amount
    signature: str

    @property
    def name(self) -> TicketName:
        return TicketName(store=self.store, register=self.register, number=self.number)

    @property
    def content_hash(self) -> bytes:
        """Equal where the register says the same again."""
        parts = [
            self.business_date.isoformat(),
            self.close_time.isoformat(),
            self.client,
            self.cashier,
            f"{self.total.normalize():f}",
            self.currency,
            self.signature,
        ]
        for line in self.lines:
            parts += (
                "line",
                line.item,
                line.label,
                f"{line.quantity.normalize():f}",
                f"{line.amount.normalize():f}",
                f"{line.discount.normalize():f}",
                f"{line.vat_rate.normalize():f}",
                line.returned_ticket,
                "defective" if line.defective else "",
            )
        for payment in self.payments:
            parts += ("payment", payment.means, f"{payment.amount.normalize():f}")
        told = SEPARATOR.join(parts)
        if told.count(SEPARATOR) != len(parts) - 1:  # a text holds it: only quotes tell where each part ends
            told = json.dumps(parts)
        return sha256(told.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReceipt:
    """Goods that came in."""

    receipt_id: str
    store: str
    item: str
    quantity: Decimal  #: units, > 0
    unit_cost: Decimal  #: before tax, >= 0
    business_date: date
