"""A few places for what takes long."""

import threading


class Places:
    """Within one process; who finds none comes again."""

    def __init__(self, number: int) -> None:
        self._semaphore = threading.BoundedSemaphore(number)

    def take(self) -> bool:
        """Whether one was free; it is then taken."""
        return self._semaphore.acquire(blocking=False)

    def free(self) -> None:
        """Gives one back."""
        self._semaphore.release()
