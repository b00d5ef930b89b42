"""The loop that watches sites, and the kind of operation that tells handlers their modes."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import structlog

from chassis.errors import Unavailable
from chassis.operations import Kind, Lane
from services.scheduler.application.ports import OpenWork
from services.scheduler.application.push_modes import PUSH_MODES, PushModes, tell_again
from services.scheduler.application.watch_sites import WatchSites

EVERY = 1.0  #: seconds
SITES_LANE = Lane(name="sites")  #: apart: a handler that is away keeps no run waiting
UNTIL_TOLD = 10_000_000  #: tries; a handler that never answers shows at its sites
LONGEST_BACKOFF = timedelta(seconds=15)

log = structlog.get_logger(__name__)


def kinds(push_modes: PushModes) -> list[Kind]:
    """What is done for sites."""
    return [
        Kind(
            name=PUSH_MODES,
            run=push_modes,
            lane=SITES_LANE.name,
            max_attempts=UNTIL_TOLD,
            longest_backoff=LONGEST_BACKOFF,
        )
    ]


class SiteWatch:
    """One of any number."""

    def __init__(self, open_work: OpenWork, watch_sites: WatchSites, central: Sequence[str]) -> None:
        self._open_work = open_work
        self._watch_sites = watch_sites
        self._central = central

    def run(self, stop: threading.Event) -> None:
        """Looks every second until told to stop."""
        begun = False
        while not stop.wait(EVERY):
            try:
                if not begun:
                    self.begin()
                    begun = True
                while self.look() and not stop.is_set():
                    log.info("more to do for sites")
            except Unavailable as away:
                log.warning("cannot look at the sites now", why=str(away))

    def begin(self) -> None:
        """Which handlers are the central ones may have changed only while this process was not there."""
        with self._open_work() as work:
            tell_again(work, self._central)

    def look(self) -> bool:
        """True where there may be more at once."""
        with self._open_work() as work:
            return self._watch_sites(work)
