"""Mail's unit of work."""

from functools import cached_property

from chassis.database import Database
from chassis.work import Bell, Fence, UnitOfWork
from services.mail.storage.mails import MailRepository
from services.mail.storage.sealing import Sealer
from services.mail.storage.servers import Leases


class MailWork(UnitOfWork):
    """One transaction over the outbox."""

    def __init__(self, database: Database, bell: Bell, sealer: Sealer, fence: Fence | None = None) -> None:
        super().__init__(database, bell, fence)
        self._sealer = sealer

    @cached_property
    def mails(self) -> MailRepository:
        """The outbox."""
        return MailRepository(self.connection, self._sealer)

    @cached_property
    def leases(self) -> Leases:
        """Who sends by which server."""
        return Leases(self.connection)
