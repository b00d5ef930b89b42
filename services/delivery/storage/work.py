"""Delivery's unit of work."""

from functools import cached_property

from chassis.database import Database
from chassis.secrets import KeyRing
from chassis.work import Bell, Fence, UnitOfWork
from services.delivery.storage.deliveries import Deliveries
from services.delivery.storage.destinations import Destinations
from services.delivery.storage.fetched_files import FetchedFiles
from services.delivery.storage.leases import Leases
from services.delivery.storage.litter import Litter
from services.delivery.storage.retries import Retries
from services.delivery.storage.sendings import Sendings
from services.delivery.storage.spool_files import SpoolFiles
from services.delivery.storage.staging import Staging
from services.delivery.storage.unsent import Unsent
from services.delivery.storage.unspooled import Unspooled
from services.delivery.storage.upkeep import Upkeep


class DeliveryWork(UnitOfWork):
    """One transaction over destinations, the spool and their operations."""

    def __init__(self, database: Database, bell: Bell, keyring: KeyRing, fence: Fence | None = None) -> None:
        super().__init__(database, bell, fence)
        self._keyring = keyring

    @cached_property
    def destinations(self) -> Destinations:
        """Places that receive files."""
        return Destinations(self.connection, self._keyring)

    @cached_property
    def staging(self) -> Staging:
        """Files on their way into the spool."""
        return Staging(self.connection)

    @cached_property
    def sendings(self) -> Sendings:
        """What was sealed, run by run."""
        return Sendings(self.connection)

    @cached_property
    def spool(self) -> SpoolFiles:
        """Files of the spool on their way out."""
        return SpoolFiles(self.connection)

    @cached_property
    def unsent(self) -> Unsent:
        """Files that have not arrived, as people decide about them."""
        return Unsent(self.connection)

    @cached_property
    def litter(self) -> Litter:
        """What files that were given up have left at far ends."""
        return Litter(self.connection)

    @cached_property
    def deliveries(self) -> Deliveries:
        """Tries at sending files."""
        return Deliveries(self.connection)

    @cached_property
    def fetched(self) -> FetchedFiles:
        """Files that consumers have committed."""
        return FetchedFiles(self.connection)

    @cached_property
    def unspooled(self) -> Unspooled:
        """Files sent past the spool."""
        return Unspooled(self.connection)

    @cached_property
    def leases(self) -> Leases:
        """Who may write to a destination just now."""
        return Leases(self.connection)

    @cached_property
    def retries(self) -> Retries:
        """What is still to be sent, and by which operation."""
        return Retries(self.connection)

    @cached_property
    def upkeep(self) -> Upkeep:
        """What the spool looks like as a whole."""
        return Upkeep(self.connection)
