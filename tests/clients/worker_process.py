"""A real worker process for a test to kill: `python -m tests.clients.worker_process DATABASE SALES`."""

import os
import sys
from datetime import timedelta
from uuid import uuid4

from prometheus_client import CollectorRegistry

from chassis.database import Database
from chassis.operations.keeper import Keeper, Times
from chassis.operations.worker import Worker
from chassis.rpc.client import open_channel
from chassis.texts import Texts
from chassis.work import Fence
from services.clients.application.link_last_purchases_store import LinkLastPurchasesStore
from services.clients.gateways.meters import PrometheusMeter
from services.clients.gateways.sales import SalesPurchases
from services.clients.storage.work import ClientsWork
from services.clients.workers import last_purchases_store
from tests.conftest import SilentBell


def main(url: str, sales: str) -> None:
    """Does the task until killed."""
    identifier = uuid4()
    database = Database(url, application_name=f"test-clients-{identifier.hex}", pool_size=5)
    bell = SilentBell()

    def open_work(fence: Fence | None = None) -> ClientsWork:
        return ClientsWork(database, bell, fence)

    link = LinkLastPurchasesStore(
        open_work,
        SalesPurchases(open_channel(sales, token=lambda: "clients")),
        Texts.of("services.clients"),
        PrometheusMeter(CollectorRegistry()),
        "fr",
    )
    kinds = [last_purchases_store.kind(link)]
    worker = Worker(database, bell, id=identifier, kinds=kinds, lanes=[], threads=1)
    times = Times(lease=timedelta(seconds=5), heartbeat=timedelta(seconds=0.2), relay=timedelta(seconds=1))
    Keeper(worker, database, bell, times, lambda why: os._exit(70)).start()
    worker.drain("default")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
