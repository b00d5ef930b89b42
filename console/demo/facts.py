"""The demo's facts before they meet a contract: frozen, amounts in whole cents, fit to compute from."""

import enum
from dataclasses import dataclass
from datetime import date, datetime

CURRENCY = "EUR"
LEGAL_ENTITY = "DEMO"


class DefectivesPolicy(enum.Enum):
    """What is done with goods of a supplier that clients bring back unsaleable."""

    NONE = 0  #: nothing
    ADJUSTMENT = 1  #: destroyed (BDD)
    SUPPLIER_RETURN = 2  #: sent back (RFD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A shop."""

    code: str
    display_name: str
    voucher_prefix: str  #: three digits or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A manufacturer."""

    code: str
    display_name: str
    policy: DefectivesPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A manufacturer's national or private label."""

    code: str
    display_name: str
    suppliers: tuple[str, ...]  #: one, or two where several supply it


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A product; its one item has the same code."""

    code: str
    display_name: str
    brand: str
    family: str
    subfamily: str
    collection: str  #: quarter of the first sale, `2017-T1`
    vat_rate: str  #: percent
    stocked: bool  #: False for fuel and the like


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What a slice names, each kind in the order of its code's number."""

    stores: tuple[Store, ...]
    suppliers: tuple[Supplier, ...]
    brands: tuple[Brand, ...]
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The opening stock of an item in a store."""

    receipt_id: str
    store: str
    item: str
    quantity: int  #: units, > 0
    unit_cost: int  #: ten-thousandths of a euro
    business_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a ticket."""

    item: str
    label: str
    quantity: int  #: units, negative for a return
    amount: int  #: cents with tax, negative for a return
    discount: int  #: cents, >= 0
    vat_rate: str  #: percent
    returned_ticket: str = ""
    defective: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a register closed for one client."""

    store: str
    register: int
    number: int
    business_date: date
    close_time: datetime
    client: str
    cashier: str
    means: str  #: how all of it was paid
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        return f"tickets/{self.store}-{self.register}-{self.number}"

    @property
    def total(self) -> int:
        """Cents with tax."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A household with its loyalty card."""

    code: str
    title: str
    family_name: str
    given_name: str
    phone: str
    mobile: str  #: with letters where the record is wrong
    email: str
    street: str
    postcode: str
    city: str
    card_number: str
    visits: int
    articles: int
    spent: int  #: cents
    points: int
    takes_tickets_by_email: bool
    joined: datetime  #: when it got its card and said what it wants to receive
