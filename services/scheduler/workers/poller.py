"""One poller a handler: asks how the attempts that stand there are, and writes down what it hears."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from chassis.errors import RemoteRefused, Unavailable
from services.scheduler.application.apply_news import ApplyNews
from services.scheduler.application.ports import Handlers, OpenWork
from services.scheduler.domain.changes import Crowd

MOST = 10_000  #: attempts in one poll
CHUNK = 500  #: pieces of news in one transaction
LONGEST_WAIT = timedelta(seconds=20)
SHORTEST_WAIT = timedelta(seconds=1)
PROGRESS_OF = 100  #: attempts whose progress is asked for in a second: that of few is seen to move, that of many later
GLANCE = 0.25  #: seconds between two looks at who stands where
AFTER_FAULT = 1.0  #: seconds

NOBODY = Crowd(attempts=0, newest=None)

log = structlog.get_logger(__name__)


class Lookout:
    """Who stands at which handler: one look at the database serves all the pollers of a process."""

    def __init__(self, open_work: OpenWork) -> None:
        self._open_work = open_work
        self._lock = threading.Lock()
        self._seen: Mapping[str, Crowd] = {}
        self._until = 0.0

    def crowd(self, handler: str) -> Crowd:
        """What stood at the handler a moment ago."""
        return self.crowds().get(handler, NOBODY)

    def crowds(self) -> Mapping[str, Crowd]:
        """Every handler at which somebody stood a moment ago."""
        with self._lock:
            if time.monotonic() >= self._until:
                with self._open_work() as work:
                    self._seen = work.attempts.crowds()
                self._until = time.monotonic() + GLANCE
            return self._seen


class Poller:
    """The poller of one handler; any number of processes may have one."""

    def __init__(
        self, handler: str, open_work: OpenWork, handlers: Handlers, apply_news: ApplyNews, lookout: Lookout
    ) -> None:
        self._handler = handler
        self._open_work = open_work
        self._handlers = handlers
        self._apply_news = apply_news
        self._lookout = lookout
        self._at_once = MOST

    def run(self, stop: threading.Event, idle: float, give_way: Callable[[], bool] = lambda: False) -> None:
        """Polls until told to stop or to give way, or until nobody has stood at the handler for so many seconds."""
        last = time.monotonic()
        while not stop.is_set() and not give_way() and time.monotonic() - last < idle:
            try:
                if self.look(stop, patience(self._lookout.crowd(self._handler).attempts)):
                    last = time.monotonic()
                else:
                    stop.wait(GLANCE)
            except (Unavailable, RemoteRefused) as fault:
                log.warning("cannot poll now", handler=self._handler, why=str(fault))
                stop.wait(AFTER_FAULT)

    def look(self, stop: threading.Event, wait: timedelta) -> bool:
        """One poll, applied; False where nothing stands at the handler.

        An answer may be too long for one message, which looks like a handler that is away: after any fault fewer are
        asked about, and more again after each answer, without waiting until it is about everybody.
        """
        seen = self._lookout.crowd(self._handler)
        if not seen.attempts:
            return False
        with self._open_work() as work:
            waiting = work.attempts.at_handler(self._handler, MOST)
        if not waiting:
            return False

        def interrupted() -> bool:
            """The process leaves, or somebody has joined those who are polled for."""
            now = self._lookout.crowd(self._handler)
            return stop.is_set() or now.attempts > seen.attempts or now.newest != seen.newest

        asked = waiting[: self._at_once]
        try:
            news = self._handlers.poll(
                self._handler, asked, wait if len(asked) == len(waiting) else timedelta(), interrupted
            )
        except (Unavailable, RemoteRefused):
            self._at_once = max(len(asked) // 2, 1)
            raise
        self._at_once = min(self._at_once * 2, MOST)
        for start in range(0, len(news), CHUNK):
            with self._open_work() as work:
                self._apply_news(work, news[start : start + CHUNK])
        return True


def patience(attempts: int) -> timedelta:
    """How long a poll waits for an end. When the wait is over, it brings the progress of whoever is still at work."""
    return min(max(timedelta(seconds=attempts / PROGRESS_OF), SHORTEST_WAIT), LONGEST_WAIT)
