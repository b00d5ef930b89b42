"""What is read of tickets: as they were recorded, with what became of them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.sales.domain.names import TicketName
from services.sales.domain.states import LineProblem, TicketState


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """A line of a ticket and what became of it."""

    item: str  #: code as the register read it
    label: str
    quantity: Decimal  #: units, negative for a return
    amount: Decimal  #: with tax and discounts
    discount: Decimal  #: in the amount, >= 0
    vat_rate: Decimal  #: percent
    returned_ticket: str  #: name of the ticket that a return names, or empty
    defective: bool
    posted: bool
    problem: LineProblem | None  #: None where it is posted or was not tried yet


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment of a ticket."""

    means: str
    amount: Decimal  #: negative for money given back


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A recorded ticket; in lists without its lines and payments."""

    name: TicketName
    business_date: date
    close_time: datetime
    client: str  #: empty for a walk-in client
    cashier: str
    total: Decimal
    currency: str  #: of every amount of the ticket
    state: TicketState
    signature: str
    lines: tuple[LineView, ...] = ()
    payments: tuple[PaymentView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A ticket of a client."""

    ticket: TicketName
    close_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPurchases:
    """The latest purchases of one client, latest first."""

    client: str
    purchases: tuple[Purchase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A sale line as it is exported."""

    business_date: date
    store: str
    register: int
    ticket: int  #: number as the register gave it
    close_time: datetime
    client: str
    item: str
    label: str
    quantity: Decimal
    amount: Decimal
    discount: Decimal
    vat_rate: Decimal
    posted: bool
    problem: LineProblem | None
