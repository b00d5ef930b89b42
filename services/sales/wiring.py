"""Puts sales together; the only file that sees every room."""

from contextlib import AbstractContextManager

from chassis.service import Runtime, Service, Wiring
from chassis.work import Fence
from services.sales.application.correct_sales import CorrectSales
from services.sales.application.export_sales import ExportSales
from services.sales.application.post_tickets import PostTickets
from services.sales.application.process_defectives import ProcessDefectives
from services.sales.application.reading import Reading
from services.sales.rpc.operations import LONGRUNNING
from services.sales.rpc.servicer import servicer
from services.sales.rpc.status import STATUS
from services.sales.settings import SalesSettings
from services.sales.storage.reading import open_reading
from services.sales.storage.work import SalesWork
from services.sales.workers.export import EXPORT, export_kind
from services.sales.workers.sales import CORRECT_SALES, LONG, PROCESS_DEFECTIVES, sales_kinds


def wire(runtime: Runtime[SalesSettings]) -> Wiring:
    """Everything of one process."""
    settings = runtime.settings

    def open_work(fence: Fence | None = None) -> SalesWork:
        return SalesWork(runtime.database, runtime.bell, fence, defectives_since=settings.defectives_since)

    def reading() -> AbstractContextManager[Reading]:
        return open_reading(runtime.database)

    return Wiring(
        servicers=[servicer(open_work, reading)],
        kinds=[
            *sales_kinds(
                PostTickets(open_work),
                CorrectSales(open_work, runtime.texts, lines=settings.correction_lines),
                ProcessDefectives(open_work, runtime.texts),
            ),
            export_kind(ExportSales(reading, runtime.stager, runtime.texts)),
        ],
        lanes=[LONG],
        task_types=[CORRECT_SALES, PROCESS_DEFECTIVES, EXPORT],
        status=STATUS,
        longrunning=LONGRUNNING,
    )


SERVICE = Service(
    name="sales",
    settings=SalesSettings,
    migrations="services.sales.storage.migrations",
    wire=wire,
)
