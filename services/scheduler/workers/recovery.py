"""The loop that ends runs whose working step the engine has given up."""

import threading

import structlog

from chassis.errors import Unavailable
from services.scheduler.application.ports import OpenWork
from services.scheduler.application.recover_runs import RecoverRuns

EVERY = 2.0  #: seconds

log = structlog.get_logger(__name__)


class Recovery:
    """One of any number."""

    def __init__(self, open_work: OpenWork, recover_runs: RecoverRuns) -> None:
        self._open_work = open_work
        self._recover_runs = recover_runs

    def run(self, stop: threading.Event) -> None:
        """Looks every few seconds until told to stop."""
        while not stop.wait(EVERY):
            try:
                ended = self.look()
            except Unavailable as away:
                log.warning("cannot look for abandoned runs now", why=str(away))
                continue
            if ended:
                log.warning("ended runs whose step was given up", runs=ended)

    def look(self) -> int:
        with self._open_work() as work:
            return self._recover_runs(work)
