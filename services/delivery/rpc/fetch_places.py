"""So many fetches at once: each holds a thread of this process, a connection there and a session of the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import LimitReached

AT_ONCE = 4


class FetchPlaces:
    """The places of one process."""

    def __init__(self, places: int = AT_ONCE) -> None:
        self._many = places
        self._places = threading.Semaphore(places)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Takes one. Raises `LimitReached` where none is free."""
        if not self._places.acquire(blocking=False):
            raise LimitReached(f"{self._many} fetches are running already; try again when one has ended")
        try:
            yield
        finally:
            self._places.release()
