"""What storage and use cases hand each other: facts as they stand in the books."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.sales.domain.movements import Valued
from services.sales.domain.names import VoucherName
from services.sales.domain.posting import TriedLine
from services.sales.domain.states import DayState, VoucherType
from services.sales.domain.vouchers import VoucherDraft

BookedLine = tuple[TriedLine, Valued]  #: a line that moves stock, and what that is worth


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCard:
    """A store as it stands."""

    id: int
    code: str
    display_name: str
    currency: str
    legal_entity: int
    voucher_prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCard:
    """An item as it stands, with what its model says."""

    id: int
    code: str
    model: int
    label: str  #: what people call the model
    collection: str
    stocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCard:
    """A sales day as it stands."""

    business_date: date
    store: str
    store_name: str
    register: int
    state: DayState
    ticket_count: int
    error_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReceipt:
    """A receipt that stands in the books."""

    store: str
    item: str
    quantity: Decimal
    unit_cost: Decimal
    business_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeVoucher:
    """A voucher with its number; `new` False where a chunk added lines to one of an earlier chunk."""

    name: VoucherName
    draft: VoucherDraft
    id: int
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherCard:
    """A voucher as lists show it."""

    name: VoucherName
    type: VoucherType
    store: str
    donor: str
    supplier: str
    collection: str
    business_date: date
    quantity: Decimal
    value: Decimal
    currency: str
    line_count: int
    create_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdated:
    """A store whose movements of a correction are dated before some of the sales they served."""

    store: str
    store_name: str
    first: date  #: that the movements are dated
    last: date  #: last day in error
