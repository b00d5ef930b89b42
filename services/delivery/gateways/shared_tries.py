"""One try for all who ask for the same thing at once, and its answer for a few seconds more."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from services.delivery.domain.spool import Failure


class SharedTries:
    """Within one process. A try that breaks is told to all who wait for it, and kept for nobody."""

    def __init__(self, good_for: float) -> None:
        self._good_for = good_for  #: seconds
        self._lock = threading.Lock()
        self._tries: dict[tuple[str, int], tuple[Future[Failure | None], float]] = {}

    def __call__(self, key: tuple[str, int], attempt: Callable[[], Failure | None]) -> Failure | None:
        """The answer of the try under way or of the last one, else of one of our own."""
        now = time.monotonic()
        with self._lock:
            for old in [each for each, (answer, until) in self._tries.items() if answer.done() and until < now]:
                del self._tries[old]
            shared = self._tries.get(key)
            mine: Future[Failure | None] = Future()
            if shared is None:
                self._tries[key] = (mine, float("inf"))
        if shared is not None:
            return shared[0].result()
        try:
            mine.set_result(attempt())
        except BaseException as error:
            with self._lock:
                del self._tries[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._tries[key] = (mine, time.monotonic() + self._good_for)
        return mine.result()
