"""The unit of work of sales: one transaction and its repositories."""

from datetime import datetime
from functools import cached_property

from chassis.database import Database
from chassis.work import Bell, Fence, UnitOfWork
from services.sales.storage.catalogue import CatalogueRepository
from services.sales.storage.corrections import CorrectionRepository
from services.sales.storage.defectives import DefectiveRepository
from services.sales.storage.posting import PostingRepository
from services.sales.storage.stock import StockRepository
from services.sales.storage.tickets import TicketRepository
from services.sales.storage.vouchers import VoucherRepository


class SalesWork(UnitOfWork):
    """One transaction of sales."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        fence: Fence | None = None,
        *,
        defectives_since: datetime | None = None,  #: sales from then on; None: since the feature came
    ) -> None:
        super().__init__(database, bell, fence)
        self._defectives_since = defectives_since

    @cached_property
    def catalogue(self) -> CatalogueRepository:
        return CatalogueRepository(self.connection)

    @cached_property
    def stock(self) -> StockRepository:
        return StockRepository(self.connection)

    @cached_property
    def vouchers(self) -> VoucherRepository:
        return VoucherRepository(self.connection)

    @cached_property
    def tickets(self) -> TicketRepository:
        return TicketRepository(self.connection)

    @cached_property
    def posting(self) -> PostingRepository:
        return PostingRepository(self.connection)

    @cached_property
    def corrections(self) -> CorrectionRepository:
        return CorrectionRepository(self.connection)

    @cached_property
    def defectives(self) -> DefectiveRepository:
        return DefectiveRepository(self.connection, self._defectives_since)
