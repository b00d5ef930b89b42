"""Loads the demo's chain through the contracts: client streams in batches, with a progress bar each."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from backroom.clients.v1 import clients_pb2
from backroom.clients.v1.clients_pb2_grpc import ClientsServiceStub
from backroom.sales.v1 import sales_pb2
from backroom.sales.v1.sales_pb2_grpc import SalesServiceStub
from console.demo import requests
from console.demo.dataset import DataSet
from console.demo.facts import Catalogue, Ticket

# What the contracts allow in one message; tickets fewer, since their lines make a message ten times as large.
CATALOGUE_BATCH = 5_000
RECEIPT_BATCH = 10_000
TICKET_BATCH = 1_000
CLIENT_BATCH = 2_000

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the services said; a repeat changes nothing and says so."""

    catalogue: sales_pb2.ImportCatalogueResponse
    stock: sales_pb2.ImportStockResponse
    tickets: sales_pb2.ImportTicketsResponse
    clients: clients_pb2.ImportClientsResponse


def load(dataset: DataSet, sales: SalesServiceStub, clients: ClientsServiceStub, console: Console) -> Loaded:
    """Loads the slice: what is named before what names it, and stock before the first ticket is posted."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        households = list(dataset.clients())
        with _bar(progress, "clients", len(households)) as bar:
            loaded_clients = clients.ImportClients(_batches(households, CLIENT_BATCH, requests.clients, bar))
        catalogue = dataset.catalogue()
        rows = sum(map(len, (catalogue.stores, catalogue.suppliers, catalogue.brands, catalogue.models)))
        with _bar(progress, "catalogue", rows) as bar:
            loaded_catalogue = sales.ImportCatalogue(_catalogue(catalogue, bar))
        receipts = list(dataset.receipts())
        with _bar(progress, "receipts", len(receipts)) as bar:
            loaded_stock = sales.ImportStock(_batches(receipts, RECEIPT_BATCH, requests.receipts, bar))
        tickets = list(dataset.tickets())
        with _bar(progress, "sale lines", sum(map(_lines, tickets))) as bar:
            loaded_tickets = sales.ImportTickets(_batches(tickets, TICKET_BATCH, requests.tickets, bar, weight=_lines))
    return Loaded(catalogue=loaded_catalogue, stock=loaded_stock, tickets=loaded_tickets, clients=loaded_clients)


class _Bar:
    """A progress bar, one batch behind what was sent: the rest is done once the service has answered."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task
        self._sent = 0

    def sent(self, count: int) -> None:
        self._progress.advance(self._task, self._sent)
        self._sent = count


@contextmanager
def _bar(progress: Progress, title: str, total: int) -> Iterator[_Bar]:
    task = progress.add_task(title, total=total)
    yield _Bar(progress, task)
    progress.update(task, completed=total)


def _catalogue(catalogue: Catalogue, bar: _Bar) -> Iterator[sales_pb2.ImportCatalogueRequest]:
    yield from _batches(catalogue.stores, CATALOGUE_BATCH, requests.stores, bar)
    yield from _batches(catalogue.suppliers, CATALOGUE_BATCH, requests.suppliers, bar)
    yield from _batches(catalogue.brands, CATALOGUE_BATCH, requests.brands, bar)
    yield from _batches(catalogue.models, CATALOGUE_BATCH, requests.models, bar)


def _one(_: object) -> int:
    return 1


def _lines(ticket: Ticket) -> int:
    return len(ticket.lines)


def _batches(
    facts: Iterable[T],
    size: int,
    render: Callable[[list[T]], R],
    bar: _Bar,
    weight: Callable[[T], int] = _one,
) -> Iterator[R]:
    remaining = iter(facts)
    while batch := list(islice(remaining, size)):
        yield render(batch)
        bar.sent(sum(map(weight, batch)))
