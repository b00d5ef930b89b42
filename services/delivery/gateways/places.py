"""A few places for what takes long: each holds a thread of this process for as long as the outside takes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chassis.errors import BackroomError


class Places:
    """Those of one process. Who finds none is refused, and comes again."""

    def __init__(self, number: int, refusal: Callable[[], BackroomError]) -> None:
        self._free = threading.Semaphore(number)
        self._refusal = refusal

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Takes one for as long as it is entered. Raises the refusal where none is free."""
        if not self._free.acquire(blocking=False):
            raise self._refusal()
        try:
            yield
        finally:
            self._free.release()
