"""SalesService: parse once, ask a use case, render."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

import grpc
from google.longrunning import operations_pb2

from backroom.sales.v1 import sales_pb2, sales_pb2_grpc
from chassis.auth import Role
from chassis.operations import longrunning
from chassis.operations.model import JSON, NewOperation
from chassis.repeats import Repeats
from chassis.rpc.call import current
from chassis.rpc.server import Servicer
from chassis.rpc.writes import Writes
from services.sales.application.correct_sales import select_stores
from services.sales.application.import_catalogue import import_catalogue
from services.sales.application.import_stock import import_stock
from services.sales.application.import_tickets import import_tickets
from services.sales.application.ports import Work
from services.sales.application.reading import OpenReading
from services.sales.rpc import operations
from services.sales.rpc.parsing import parse_receipts, parse_tickets
from services.sales.rpc.parsing_catalogue import parse_catalogue
from services.sales.rpc.reading import ReadingMethods

ROLES: Mapping[str, Role] = {
    "ImportCatalogue": Role.OPERATOR,
    "ImportStock": Role.OPERATOR,
    "ImportTickets": Role.OPERATOR,
    "GetTicket": Role.VIEWER,
    "ListTickets": Role.VIEWER,
    "ListPurchases": Role.SERVICE,
    "ListSalesDays": Role.VIEWER,
    "CorrectSales": Role.OPERATOR,
    "ProcessDefectives": Role.OPERATOR,
    "ListVouchers": Role.VIEWER,
}


class RepeatableWork(Work, Protocol):
    """A transaction that remembers answers."""

    @property
    def repeats(self) -> Repeats: ...


class Sales(ReadingMethods, sales_pb2_grpc.SalesServiceServicer):
    """The service's methods."""

    def __init__(
        self, open_work: Callable[[], AbstractContextManager[RepeatableWork]], open_reading: OpenReading
    ) -> None:
        super().__init__(open_reading)
        self._open_work = open_work
        self._writes = Writes(open_work)

    def ImportCatalogue(
        self, request_iterator: Iterable[sales_pb2.ImportCatalogueRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportCatalogueResponse:
        answer = sales_pb2.ImportCatalogueResponse()
        for request in request_iterator:
            batch = parse_catalogue(request)
            with self._open_work() as work:
                imported = import_catalogue(work, batch)
            answer.changed_count += imported.changed
            answer.unchanged_count += imported.unchanged
        return answer

    def ImportStock(
        self, request_iterator: Iterable[sales_pb2.ImportStockRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportStockResponse:
        answer = sales_pb2.ImportStockResponse()
        for request in request_iterator:
            receipts = parse_receipts(request)
            with self._open_work() as work:
                received = import_stock(work, receipts)
            answer.recorded_count += received.recorded
            answer.repeated_count += received.repeated
        return answer

    def ImportTickets(
        self, request_iterator: Iterable[sales_pb2.ImportTicketsRequest], context: grpc.ServicerContext
    ) -> sales_pb2.ImportTicketsResponse:
        answer = sales_pb2.ImportTicketsResponse()
        caller = current().principal.name
        for request in request_iterator:
            tickets = parse_tickets(request)
            with self._open_work() as work:
                recorded = import_tickets(work, tickets, caller)
            answer.recorded_count += recorded.recorded
            answer.repeated_count += recorded.repeated
            answer.line_count += recorded.lines
            if recorded.posting is not None:
                answer.posting = f"operations/{recorded.posting}"
        return answer

    def CorrectSales(
        self, request: sales_pb2.CorrectSalesRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        options = operations.parse_options(request.options)
        kind = operations.PREVIEW_CORRECTION if request.validate_only else operations.CORRECT

        def act(work: RepeatableWork) -> operations_pb2.Operation:
            stores = work.catalogue.stores()
            select_stores(stores, options.stores, "options.stores")
            select_stores(stores, options.donor_stores, "options.donor_stores")
            return _begin(work, kind, options.model_dump(mode="json"))

        return self._writes.once(request, operations_pb2.Operation, act)

    def ProcessDefectives(
        self, request: sales_pb2.ProcessDefectivesRequest, context: grpc.ServicerContext
    ) -> operations_pb2.Operation:
        kind = operations.PREVIEW_DEFECTIVES if request.validate_only else operations.PROCESS_DEFECTIVES
        return self._writes.once(request, operations_pb2.Operation, lambda work: _begin(work, kind, {}))


def _begin(work: Work, kind: str, request: Mapping[str, JSON]) -> operations_pb2.Operation:
    operation = work.operations.add(NewOperation(kind=kind, request=request, caller=current().principal.name))
    return longrunning.render(work.operations.get(operation), operations.LONGRUNNING[kind])


def servicer(open_work: Callable[[], AbstractContextManager[RepeatableWork]], open_reading: OpenReading) -> Servicer:
    """The service as a server takes it."""
    return Servicer(
        "backroom.sales.v1.SalesService",
        sales_pb2_grpc.add_SalesServiceServicer_to_server,
        Sales(open_work, open_reading),
        ROLES,
    )
