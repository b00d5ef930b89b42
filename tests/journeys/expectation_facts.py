"""What a night is expected to leave behind, as values that can be compared with what is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

UNKNOWN_CODE, SHORT, NOT_SOLD = "unknown_code", "insufficient_stock", "return_without_sale"
POSTED = ""  #: in the place of a problem
VALIDATED, WRONG_TICKET = "validated", "in_error"
UP_TO_DATE, WRONG_DAY = "up_to_date", "in_error"


class LineName(NamedTuple):
    """A line of a ticket."""

    ticket: str  #: `tickets/…`
    number: int  #: from 1


class Day(NamedTuple):
    """A sales day."""

    business_date: date
    store: str
    register: int


class Place(NamedTuple):
    """An item in a store."""

    store: str
    item: str


Stock = Mapping[Place, int]  #: units; nothing stands for 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Goods moved so that sales can be posted."""

    donor: str
    receiver: str
    item: str
    units: int
    business_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bon:
    """A voucher."""

    name: str  #: `001-000002`
    type: str  #: REC, TRF, BDD, RFD
    store: str
    donor: str = ""
    supplier: str = ""
    collection: str
    business_date: date
    units: int  #: signed as they change the store's stock
    cents: int  #: signed likewise
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the chain holds of a model."""

    units: int
    cents: int
    pamp: int  #: millionths of a euro


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a correction counts."""

    transferred: int  #: units
    reassigned: int  #: lines of unknown codes
    credited: int  #: return lines
    remaining: int  #: lines that stay in error


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Lines, tickets, days and stock at one moment of the night."""

    lines: Mapping[LineName, str]  #: POSTED or the problem
    tickets: Mapping[str, str]
    days: Mapping[Day, str]
    stock: Stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Everything."""

    opening: Stock  #: after the import
    posted: Stage  #: after posting, before the night's tasks
    corrected: Stage  #: after the correction
    stock: Stock  #: after the defectives
    totals: Totals
    transfers: tuple[Transfer, ...]  #: by receiver, donor, item
    defectives: tuple[tuple[LineName, str], ...]  #: each line treated, with its voucher's name
    vouchers: tuple[Bon, ...]  #: in the order of prefix and number
    costs: Mapping[str, Cost]  #: by model, of what was ever in stock
    correction_report: tuple[str, ...]
    defectives_report: tuple[str, ...]
    exports: Mapping[str, tuple[tuple[str, ...], ...]]  #: by store, rows without the header
    linked_stores: Mapping[str, str]  #: by client, of those who bought
    mails: tuple[tuple[str, str], ...]  #: ticket and address
    unmailed: Mapping[str, int]  #: tickets of these days not mailed, by the reason: no_consent, no_address, walk_in
