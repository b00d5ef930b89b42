"""What the use cases need of the outside. Docstrings are the specification."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.journal import JournalWriter
from chassis.listing import ListQuery
from chassis.operations.execution import TransactionOfWork
from chassis.work import Fence
from services.clients.domain.client import Client, ImportCount, KeptClient
from services.clients.domain.purchases import Purchase


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPage:
    """One page of a list of clients."""

    clients: Sequence[KeptClient]
    next_page_token: str  #: empty on the last page
    total_size: int  #: how many match in all


class Clients(Protocol):
    """The clients."""

    def import_all(self, clients: Sequence[Client]) -> ImportCount:
        """Keeps the clients, each code once among them.

        What is there under the same code is replaced, but for two things: a client that comes without a store
        stays linked to the one it has, and what it said about mailing options is only ever added to.
        """

    def get(self, codes: Sequence[str]) -> Mapping[str, KeptClient]:
        """Those of the codes that are kept, by code."""

    def page(self, query: ListQuery) -> ClientPage:
        """One page of the clients that match. Raises `InvalidInput` with the position of a mistake."""

    def link_stores(self, stores: Mapping[str, str]) -> int:
        """Links clients, by code, to stores; answers how many were linked to another one before.

        Unknown clients are passed over.
        """


class Readings(Protocol):
    """How far purchases have been read, for each choice of stores (none means all)."""

    def read_time(self, stores: Sequence[str]) -> datetime | None:
        """Tickets recorded until then have been looked at; None where none has."""

    def keep(self, stores: Sequence[str], read_time: datetime) -> None:
        """Remembers how far was read; what was read further before stays read."""


class Work(TransactionOfWork, Protocol):
    """One transaction."""

    @property
    def clients(self) -> Clients: ...

    @property
    def readings(self) -> Readings: ...

    @property
    def journal(self) -> JournalWriter: ...

    def now(self) -> datetime:
        """The database's clock at the start of the transaction, UTC."""

    def keep_nothing(self) -> None:
        """Has everything rolled back at the end."""


class OpenWork(Protocol):
    """Opens a transaction; with a fence, its commit is confirmed."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[Work]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseBatch:
    """Latest purchases of some clients; a client stands in one batch only."""

    purchases: Mapping[str, Sequence[Purchase]]  #: by client
    read_time: datetime  #: tickets recorded until then have been read; the same in every batch


class Purchases(Protocol):
    """What clients bought, as sales tells."""

    def latest(
        self, *, stores: Sequence[str], tickets_per_client: int, recorded_after: datetime | None
    ) -> Iterator[PurchaseBatch]:
        """The latest tickets of each client in the stores (none means all).

        `recorded_after` leaves out clients without a ticket recorded since. Raises `Unavailable` where sales
        does not answer.
        """


class Meter(Protocol):
    """Counts what was done."""

    def imported(self, count: ImportCount) -> None:
        """Clients were imported."""

    def examined(self, clients: int, linked: int) -> None:
        """Purchases of so many clients were looked at, and so many of these were linked to another store."""


class Words(Protocol):
    """Texts for people."""

    def get(self, key: str, locale: str, /, **values: object) -> str:
        """A text in a language."""
