"""Says whether a destination could be sent to just now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.delivery.application.explaining import failure_of
from services.delivery.application.far_ends import Carriers, Posts
from services.delivery.application.ports import OpenWork
from services.delivery.domain.destinations import Destination, Postal
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.spool import Failure


class Shared(Protocol):
    """Lets callers who ask for the same thing at once share one try, and its answer for a few seconds."""

    def __call__(self, key: tuple[str, int], attempt: Callable[[], Failure | None]) -> Failure | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDestination:
    """A try without writing. A sending that has just succeeded counts as one. In training the sandbox stands for it."""

    open_work: OpenWork
    carriers: Carriers
    posts: Posts
    shared: Shared
    sandbox: str  #: folder in which each destination has its sandbox
    good_for: timedelta  #: how long a delivery proves that the destination is there

    def __call__(self, identifier: str, *, training: bool = False) -> Failure | None:
        """Why it cannot be sent to, or None."""
        with self.open_work() as work:
            destination = work.destinations.get(identifier)
            delivered = None if training else work.spool.last_delivery(identifier)
            now = work.now()
        if delivered is not None and delivered > max(destination.update_time, now - self.good_for):
            return None
        where = destination.in_sandbox(self.sandbox) if training else destination
        return self.shared((where.key, where.version), lambda: self._try(where))

    def _try(self, destination: Destination) -> Failure | None:
        try:
            if isinstance(destination.method, Postal):
                with self.posts(destination) as post:
                    post.check()
            else:
                with self.carriers(destination) as carrier:
                    carrier.check(make=not destination.transfer.folder_must_exist)
        except CarryFailed as error:
            return failure_of(error)
        return None
