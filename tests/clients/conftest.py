"""Clients on a real database, beside a sales service that streams what the test says."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from chassis.auth import Principals, Role, hash_token, new_token
from chassis.database import Database
from chassis.operations import Kind, NewOperation, OperatingMode, Operation, TaskContext
from chassis.operations.worker import Worker
from chassis.rpc import messages
from chassis.rpc.client import open_channel
from chassis.texts import Texts
from chassis.work import Fence
from services.clients.application.link_last_purchases_store import LinkLastPurchasesStore
from services.clients.domain.client import Client, ImportCount
from services.clients.domain.purchases import Purchase
from services.clients.gateways.meters import PrometheusMeter
from services.clients.gateways.sales import SalesPurchases
from services.clients.settings import ClientsSettings
from services.clients.storage.work import ClientsWork
from services.clients.workers import last_purchases_store
from tests.conftest import SilentBell

MIGRATIONS = "services.clients.storage.migrations"
READ = datetime(2017, 2, 1, 4, 0, tzinfo=UTC)


@dataclass
class Keep:
    """The database of clients, and its units of work."""

    database: Database
    bell: SilentBell

    def open_work(self, fence: Fence | None = None) -> ClientsWork:
        return ClientsWork(self.database, self.bell, fence)

    def import_all(self, *clients: Client) -> ImportCount:
        with self.open_work() as work:
            return work.clients.import_all(clients)

    def get(self, code: str) -> Client:
        with self.open_work() as work:
            return work.clients.get([code])[code].client

    def stores(self) -> dict[str, str]:
        """The linked store of every client."""
        with self.open_work() as work:
            rows = work.connection.exec_driver_sql("SELECT code, store FROM client ORDER BY code")
            return {row.code: row.store for row in rows}


@pytest.fixture
def keep(make_database: Callable[[str | None], Database], bell: SilentBell) -> Keep:
    return Keep(make_database(MIGRATIONS), bell)


class Sales(sales_pb2_grpc.SalesServiceServicer):
    """A sales service with its tickets in memory. A test may hold it, or break it, before any of its messages."""

    def __init__(self) -> None:
        self.tickets: dict[str, list[Purchase]] = {}
        self.clients_in_a_message = 2
        self.read_time = READ
        self.asked: list[sales_pb2.ListPurchasesRequest] = []
        self.before: Callable[[int, grpc.ServicerContext], None] = lambda message, context: None

    def ListPurchases(  # noqa: N802 - the contract's name
        self, request: sales_pb2.ListPurchasesRequest, context: grpc.ServicerContext
    ) -> Iterator[sales_pb2.ListPurchasesResponse]:
        self.asked.append(request)
        clients = [each for client, tickets in self.tickets.items() if (each := _purchases(client, tickets, request))]
        size = self.clients_in_a_message
        for message, start in enumerate(range(0, len(clients), size)):
            self.before(message, context)
            yield sales_pb2.ListPurchasesResponse(
                clients=clients[start : start + size], read_time=messages.timestamp(self.read_time)
            )
        self.before(-1, context)


def _purchases(
    client: str, tickets: list[Purchase], request: sales_pb2.ListPurchasesRequest
) -> sales_pb2.ClientPurchases | None:
    wanted = [each for each in tickets if not request.stores or each.store in request.stores]
    since = messages.instant(request.recorded_after)
    if not wanted or (since is not None and max(each.close_time for each in wanted) <= since):
        return None
    latest = sorted(wanted, key=lambda each: each.close_time, reverse=True)[: request.tickets_per_client]
    return sales_pb2.ClientPurchases(
        client=client,
        purchases=[
            sales_pb2.Purchase(store=each.store, close_time=messages.timestamp(each.close_time), ticket=each.ticket)
            for each in latest
        ],
    )


@dataclass
class SalesPlace:
    """Where the sales service listens."""

    sales: Sales
    address: str
    server: grpc.Server = field(repr=False)


@pytest.fixture
def sales() -> Iterator[SalesPlace]:
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    sales = Sales()  # type: ignore[abstract]  # the one method that clients calls; the others answer UNIMPLEMENTED
    sales_pb2_grpc.add_SalesServiceServicer_to_server(sales, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield SalesPlace(sales, f"127.0.0.1:{port}", server)
    server.stop(0).wait()


@dataclass
class Task:
    """The task, its operations, and a worker that does them."""

    keep: Keep
    kind: Kind
    registry: CollectorRegistry
    mode: OperatingMode = OperatingMode.NORMAL  #: of the site whose task it is

    def add(self, **options: object) -> UUID:
        context = TaskContext(
            attempt=uuid4(),
            run="runs/7",
            task="tasks/3",
            task_title="Magasins",
            mode=self.mode,
            owner="marie",
            nominal_time=READ,
            time_zone="Europe/Paris",
        )
        with self.keep.open_work() as work:
            return work.operations.add(
                NewOperation(kind=self.kind.name, request=options, context=context)  # type: ignore[arg-type]  # JSON
            )

    def worker(self) -> Worker:
        return Worker(self.keep.database, self.keep.bell, id=uuid4(), kinds=[self.kind], lanes=[], threads=1)

    def run(self, **options: object) -> Operation:
        """Adds it and does it."""
        identifier = self.add(**options)
        self.worker().drain("default")
        return self.get(identifier)

    def get(self, identifier: UUID) -> Operation:
        with self.keep.open_work() as work:
            return work.operations.get(identifier)

    def release(self, identifier: UUID) -> None:
        """What the keeper does for an operation whose process has died, without its patience."""
        with self.keep.database.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE operation SET state = 'queued', ready = true, worker = NULL, next_attempt_time = now()"
                " WHERE id = %(id)s",
                {"id": identifier},
            )


@pytest.fixture
def task(keep: Keep, sales: SalesPlace) -> Iterator[Task]:
    registry = CollectorRegistry()
    channel = open_channel(sales.address, token=lambda: "clients")
    link = LinkLastPurchasesStore(
        keep.open_work, SalesPurchases(channel), Texts.of("services.clients"), PrometheusMeter(registry), "fr"
    )
    yield Task(keep, last_purchases_store.kind(link), registry)
    channel.close()


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Holds the sales service until set; set at the end whatever happens."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def tokens() -> dict[str, str]:
    return {role.value: new_token()[0] for role in Role}


@pytest.fixture
def principals(tokens: dict[str, str], tmp_path: Path) -> Principals:
    path = tmp_path / "principals.toml"
    path.write_text(
        "".join(
            f'[[principal]]\nname = "{role}"\ntoken_hashes = ["{hash_token(token)}"]\nroles = ["{role}"]\n'
            for role, token in tokens.items()
        )
    )
    return Principals(path)


@pytest.fixture
def settings(tmp_path: Path, keep: Keep, sales: SalesPlace) -> ClientsSettings:
    (tmp_path / "token").write_text("clients")
    return ClientsSettings.model_validate(
        {
            "database_url": SecretStr(keep.database.url),
            "broker_url": SecretStr("redis://127.0.0.1:1/0"),
            "listen": "127.0.0.1:0",
            "health_listen": "127.0.0.1:0",
            "drain_notice": "50ms",
            "drain_seconds": 5,
            "token": tmp_path / "token",
            "sales_address": sales.address,
            "var": tmp_path,
        }
    )
