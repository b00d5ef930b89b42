"""What use cases need of the outside. Docstrings are the specification."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from chassis.journal import JournalWriter
from chassis.operations.execution import TransactionOfWork
from chassis.operations.store import OperationStore
from chassis.work import Fence
from services.sales.application.cards import (
    Backdated,
    BookedLine,
    DayCard,
    ItemCard,
    MadeVoucher,
    RecordedReceipt,
    StoreCard,
    VoucherCard,
)
from services.sales.domain.average_cost import Holding
from services.sales.domain.catalogue import CatalogueBatch
from services.sales.domain.corrections import Kit
from services.sales.domain.defectives import DefectiveLine
from services.sales.domain.movements import EntityModel, LineKey, StoreItem
from services.sales.domain.posting import PendingLine, ReturnKey, TriedLine
from services.sales.domain.set_apart import SetApart
from services.sales.domain.tickets import NewTicket
from services.sales.domain.vouchers import VoucherDraft


class Catalogue(Protocol):
    """Stores, suppliers, brands, models, items."""

    def replace(self, batch: CatalogueBatch) -> int:
        """Stores what comes under its codes; answers how many rows were new or changed.

        Raises `InvalidInput` naming each field that cannot be stored.
        """

    def stores(self) -> Sequence[StoreCard]:
        """Every store, in the order of its code as a number."""

    def stores_by_code(self, codes: Iterable[str]) -> Mapping[str, StoreCard]:
        """Those that exist."""

    def items_by_code(self, codes: Iterable[str]) -> Mapping[str, ItemCard]:
        """Those that exist."""

    def items(self, ids: Iterable[int]) -> Mapping[int, ItemCard]:
        """Items by their ids."""

    def kits(self, models: Iterable[int]) -> Sequence[Kit]:
        """Kits, one per item, that hold items of these models or are of these models, and what those lead to."""


class Stock(Protocol):
    """Stock levels, holdings and movements."""

    def lock(self, legal_entities: Iterable[int]) -> Mapping[int, Decimal]:
        """Takes the legal entities' stock for this transaction; answers the smallest value of each one's currency.

        Every transaction that moves stock begins so.
        """

    def levels(self, places: Iterable[StoreItem]) -> dict[StoreItem, Decimal]:
        """Units in these places, where there are any."""

    def levels_of_items(self, items: Iterable[int]) -> dict[StoreItem, Decimal]:
        """Units of these items in every store."""

    def holdings(self, keys: Iterable[EntityModel]) -> dict[EntityModel, Holding]:
        """What is held, where something is or was."""

    def store_holdings(self, holdings: Iterable[tuple[EntityModel, Holding]]) -> None:
        """Stores holdings as they are now."""

    def move(self, deltas: Mapping[StoreItem, Decimal]) -> None:
        """Changes levels. One that would fall below zero fails the transaction."""

    def record_sales(self, movements: Iterable[BookedLine]) -> None:
        """Records the movements of posted lines."""


class Vouchers(Protocol):
    """Documents that move stock."""

    def make(self, drafts: Sequence[VoucherDraft], operation: UUID | None) -> Sequence[MadeVoucher]:
        """Numbers and stores vouchers with their movements; one that this operation has made already gets the lines."""

    def receipts(self, ids: Iterable[str]) -> Mapping[str, RecordedReceipt]:
        """Receipts recorded under these ids."""

    def of_operation(self, operation: UUID) -> Sequence[VoucherCard]:
        """What an operation has made, in the order of names."""


class Tickets(Protocol):
    """What registers closed."""

    def lock_stores(self, stores: Iterable[int]) -> None:
        """Takes the registers of these stores for this transaction: nobody else records, settles or closes there."""

    def recorded(self, tickets: Sequence[tuple[int, int, int]]) -> Mapping[tuple[int, int, int], bytes]:
        """Content hashes of those (store, register, number) that are recorded."""

    def closed_days(self, days: Iterable[tuple[date, int, int]]) -> set[tuple[date, int, int]]:
        """Those (date, store, register) that are closed."""

    def record(self, tickets: Sequence[tuple[int, NewTicket, bytes]]) -> None:
        """Records tickets, each with its store's id and the hash of its content, and counts them in their days."""


class Posting(Protocol):
    """Lines that are not posted, and what became of those that were tried."""

    def recorded_count(self) -> int:
        """Tickets that were not tried yet."""

    def prepare(self) -> None:
        """Lets the database look at tables it has never looked at: after a first load its plans would be guesses."""

    def next_stores(self, count: int) -> Sequence[int]:
        """Stores, at most so many, that have tickets not tried yet."""

    def untried(self, stores: Sequence[int]) -> Sequence[PendingLine]:
        """Lines of the stores' recorded tickets, in the order of time within each store."""

    def returned(self, lines: Iterable[PendingLine]) -> Mapping[ReturnKey, Decimal]:
        """Units that posted returns have used up, for the return lines among these."""

    def write(self, tried: Iterable[TriedLine]) -> None:
        """Stores what became of lines that were never tried."""

    def settle(self, tickets: Iterable[int]) -> None:
        """Brings the states of these tickets and of their days up to what their lines are."""


class Corrections(Protocol):
    """What a correction looks at and changes."""

    def freeze_days(self, operation: UUID, stores: Sequence[int], first: int, last: int) -> None:
        """Keeps which days are not up to date, in these stores and registers; a second call changes nothing."""

    def mark_errors(self, operation: UUID) -> None:
        """Keeps which of them are in error now."""

    def first_days(self, operation: UUID) -> Mapping[int, date]:
        """Store → its first day in error among them."""

    def pending_models(self, operation: UUID) -> Mapping[int, int]:
        """Model → lines of it in error on those days, in the order of ids."""

    def pending(self, operation: UUID, models: Sequence[int]) -> tuple[Sequence[PendingLine], Sequence[PendingLine]]:
        """Lines in error on those days, in the order of time; and every other line of these models not posted yet."""

    def unknown(self, operation: UUID) -> Sequence[PendingLine]:
        """Lines of unknown codes on those days."""

    def post(self, operation: UUID, lines: Iterable[TriedLine], subfamily: str | None = None) -> None:
        """Marks lines as posted by the correction."""

    def explain(self, lines: Iterable[TriedLine]) -> None:
        """Stores why lines stay in error."""

    def line_codes(self, lines: Iterable[LineKey]) -> Mapping[LineKey, tuple[str, str]]:
        """The code and the label that the register printed."""

    def remaining(self, operation: UUID) -> int:
        """Lines still in error on its days."""

    def backdated(self, operation: UUID) -> Sequence[Backdated]:
        """Stores that got vouchers though their days in error are several, in the order of their codes."""

    def progress(self, operation: UUID) -> tuple[int, int]:
        """How many of its days are up to date now, and how many there are."""

    def close_days(self, stores: Sequence[int], first: int, last: int, before: date) -> int:
        """Closes the days before a date that are up to date; answers how many."""

    def days(self, operation: UUID) -> Sequence[DayCard]:
        """The days looked at as they are now, in the order of date, store, register."""


class Defectives(Protocol):
    """Unsaleable goods."""

    def set_apart(self, items: Iterable[int]) -> SetApart:
        """What is set apart of these items in every store, and the lines that will set some apart."""

    def untreated(self) -> Sequence[DefectiveLine]:
        """Defective lines that wait for their voucher, in the order of time."""

    def treat(self, lines: Iterable[tuple[LineKey, int]]) -> None:
        """Marks lines as treated by a voucher (its id): each once."""


class Work(TransactionOfWork, Protocol):
    """One transaction with everything in it."""

    @property
    def operations(self) -> OperationStore: ...
    @property
    def journal(self) -> JournalWriter: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def stock(self) -> Stock: ...
    @property
    def vouchers(self) -> Vouchers: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def posting(self) -> Posting: ...
    @property
    def corrections(self) -> Corrections: ...
    @property
    def defectives(self) -> Defectives: ...
    def now(self) -> datetime:
        """The database's clock."""

    def keep_nothing(self) -> None:
        """Has everything rolled back at the end."""


class OpenWork(Protocol):
    """Opens transactions."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[Work]: ...


class Words(Protocol):
    """Texts for people."""

    def get(self, key: str, locale: str, /, **values: object) -> str:
        """A text in a language."""
