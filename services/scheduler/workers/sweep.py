"""A loop that mends what has been left: it looks every few seconds, in any number of processes at once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from chassis.errors import Unavailable

EVERY = 2.0  #: seconds

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One loop. `look` mends a batch and answers how much it found."""

    found: str  #: what the log says of it, e.g. `runs whose step was given up`
    look: Callable[[], int]

    def run(self, stop: threading.Event) -> None:
        """Looks until told to stop; a database that is away is waited for."""
        while not stop.wait(EVERY):
            try:
                count = self.look()
            except Unavailable as away:
                log.warning("cannot look now", sought=self.found, why=str(away))
                continue
            if count:
                log.warning("mended", found=self.found, count=count)
