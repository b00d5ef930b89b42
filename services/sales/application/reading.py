"""Port of everything that only reads: one read-only transaction and what can be asked in it."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from chassis.listing import ListQuery
from services.sales.application.cards import DayCard, VoucherCard
from services.sales.domain.names import TicketName
from services.sales.domain.views import ClientPurchases, SoldLine, TicketView

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    next_page_token: str  #: empty on the last page


class Reading(Protocol):
    """What can be read of sales."""

    def ticket(self, name: TicketName) -> TicketView | None:
        """The ticket with its lines and payments."""

    def tickets(self, query: ListQuery) -> Listed[TicketView]:
        """A page of tickets, without their lines and payments."""

    def sales_days(self, query: ListQuery) -> Listed[DayCard]:
        """A page of sales days."""

    def vouchers(self, query: ListQuery) -> Listed[VoucherCard]:
        """A page of vouchers."""

    def unknown_stores(self, codes: Sequence[str]) -> Sequence[str]:
        """Those of the codes that no store has, in their order."""

    def safe_instant(self) -> datetime:
        """The latest instant after which every ticket not visible yet will be recorded.

        Ask before reading: a ticket recorded later than this may or may not be read, one recorded earlier is.
        """

    def purchases(
        self, stores: Sequence[str], latest: int, recorded_after: datetime | None
    ) -> Iterator[ClientPurchases]:
        """The `latest` tickets of each client in these stores (all, where there are none), client by client.

        With `recorded_after`, only of clients who have a ticket in them that was recorded after it.
        """

    def sold_line_count(self, stores: Sequence[str], first: date, last: date) -> int:
        """Sale lines of these business days, in these stores (all, where there are none)."""

    def sold_lines(self, stores: Sequence[str], first: date, last: date) -> Iterator[SoldLine]:
        """Those lines, store by store in the order of codes as numbers, then of day, register and time."""


class OpenReading(Protocol):
    """Opens a read-only transaction; everything in it is read while it is open."""

    def __call__(self) -> AbstractContextManager[Reading]: ...
