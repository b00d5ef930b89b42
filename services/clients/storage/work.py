"""The unit of work of clients."""

from functools import cached_property

from chassis.work import UnitOfWork
from services.clients.storage.repositories import ClientRepository, PurchaseReadings


class ClientsWork(UnitOfWork):
    """One transaction with the repositories of clients."""

    @cached_property
    def clients(self) -> ClientRepository:
        """The clients."""
        return ClientRepository(self.connection)

    @cached_property
    def readings(self) -> PurchaseReadings:
        """How far purchases have been read."""
        return PurchaseReadings(self.connection)
