"""Those who watch runs: a bounded number, because each of them keeps a thread of the server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import LimitReached
from services.scheduler.application.ports import Journals, OpenWork
from services.scheduler.application.watch_run import Watch
from services.scheduler.domain.watching import Bookmark


class Watchers:
    """Lets them in."""

    def __init__(self, open_work: OpenWork, journals: Journals, most: int) -> None:
        self._open_work = open_work
        self._journals = journals
        self._most = most
        self._places = threading.Semaphore(most)

    @contextmanager
    def __call__(self, bookmark: Bookmark) -> Iterator[Watch]:
        """The watch of one of them, from the bookmark on. Raises `LimitReached`."""
        if not self._places.acquire(blocking=False):
            raise LimitReached(f"{self._most} watch runs here already; call again in a moment")
        try:
            yield Watch(self._open_work, self._journals, bookmark)
        finally:
            self._places.release()
