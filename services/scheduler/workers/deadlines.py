"""The loop that ends what takes too long."""

import threading

import structlog

from chassis.errors import Unavailable
from services.scheduler.application.enforce_deadlines import EnforceDeadlines

EVERY = 2.0  #: seconds

log = structlog.get_logger(__name__)


class Deadlines:
    """One of any number."""

    def __init__(self, enforce: EnforceDeadlines) -> None:
        self._enforce = enforce

    def run(self, stop: threading.Event) -> None:
        """Looks every few seconds until told to stop."""
        while not stop.wait(EVERY):
            try:
                late = self._enforce()
            except Unavailable as away:
                log.warning("cannot look for what is late now", why=str(away))
                continue
            if late:
                log.warning("attempts took too long, or were cancelled in vain", attempts=late)
