"""Who polls whom: a poller for each handler at which somebody stands, so that one that is slow keeps nobody waiting."""

import threading
import time
from collections.abc import Callable

import structlog

from chassis.errors import Unavailable
from services.scheduler.workers.poller import GLANCE, Lookout, Poller

IDLE = 30.0  #: seconds after which a poller that finds nobody ends
MOST_POLLERS = 500
TURN = 5.0  #: seconds that a poller has before it gives way, where there are more handlers than pollers

log = structlog.get_logger(__name__)


class Polling:
    """Keeps pollers: one thread for each handler in use, central or a site's own. Too many handlers take turns."""

    def __init__(
        self,
        lookout: Lookout,
        poller: Callable[[str], Poller],
        *,
        most: int = MOST_POLLERS,
        turn: float = TURN,
    ) -> None:
        self._lookout = lookout
        self._poller = poller
        self._most = most
        self._turn = turn
        self._crowded = False
        self._threads: dict[str, threading.Thread] = {}
        self._begun: dict[str, float] = {}  #: when each handler last had its turn

    def run(self, stop: threading.Event) -> None:
        """Looks who stands where until told to stop; then waits for the pollers to end."""
        while not stop.wait(GLANCE):
            self._threads = {name: thread for name, thread in self._threads.items() if thread.is_alive()}
            try:
                wanted = set(self._lookout.crowds()) - set(self._threads)
            except Unavailable as away:
                log.warning("cannot look who waits for handlers now", why=str(away))
                continue
            room = self._most - len(self._threads)
            self._crowded = len(wanted) > room
            for handler in sorted(wanted, key=lambda name: (self._begun.get(name, 0.0), name))[:room]:
                self._begin(handler, stop)
        for thread in self._threads.values():
            thread.join()

    def _begin(self, handler: str, stop: threading.Event) -> None:
        poller, began = self._poller(handler), time.monotonic()

        def give_way() -> bool:
            return self._crowded and time.monotonic() - began > self._turn

        thread = threading.Thread(target=poller.run, args=(stop, IDLE, give_way), name=f"poll-{handler}", daemon=True)
        thread.start()
        self._threads[handler], self._begun[handler] = thread, began
