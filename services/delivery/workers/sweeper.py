"""Sweeps the spool at the start of a worker and from time to time."""

import threading
from datetime import timedelta

import structlog

from services.delivery.application.sweeping import Sweep

log = structlog.get_logger(__name__)


class Sweeper:
    """A loop beside the operations."""

    def __init__(self, sweep: Sweep, every: timedelta) -> None:
        self._sweep = sweep
        self._every = every

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while True:
            swept = self._sweep()
            if swept.orphans or swept.stale or swept.adopted or swept.broken:
                log.info(
                    "spool swept",
                    orphans=swept.orphans,
                    stale=swept.stale,
                    adopted=swept.adopted,
                    broken=swept.broken,
                )
            if stop.wait(self._every.total_seconds()):
                return
