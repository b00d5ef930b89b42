"""Puts clients together; the only file that sees every room."""

from chassis.service import Runtime, Service, Wiring
from chassis.work import Fence
from services.clients.application.import_clients import ImportClients
from services.clients.application.link_last_purchases_store import LinkLastPurchasesStore
from services.clients.application.read_clients import ReadClients
from services.clients.gateways.meters import PrometheusMeter
from services.clients.gateways.sales import SalesPurchases
from services.clients.rpc.service import servicer
from services.clients.rpc.status import STATUS
from services.clients.settings import ClientsSettings
from services.clients.storage.work import ClientsWork
from services.clients.workers import last_purchases_store


def wire(runtime: Runtime[ClientsSettings]) -> Wiring:
    """Everything of one process."""
    meter = PrometheusMeter(runtime.registry)

    def open_work(fence: Fence | None = None) -> ClientsWork:
        return ClientsWork(runtime.database, runtime.bell, fence)

    link = LinkLastPurchasesStore(
        open_work,
        SalesPurchases(runtime.channels.get(runtime.settings.sales_address)),
        runtime.texts,
        meter,
        runtime.settings.locale,
    )
    return Wiring(
        servicers=[servicer(ImportClients(open_work, meter), ReadClients(open_work))],
        kinds=[last_purchases_store.kind(link)],
        task_types=[last_purchases_store.TYPE],
        status=STATUS,
    )


SERVICE = Service(
    name="clients",
    settings=ClientsSettings,
    migrations="services.clients.storage.migrations",
    wire=wire,
)
