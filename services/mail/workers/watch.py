"""The loop that watches the outbox in every worker process."""

import threading
from collections.abc import Callable
from datetime import timedelta


def watching(watch: Callable[[], None], every: timedelta) -> Callable[[threading.Event], None]:
    """Watches at once and then again and again, until the event is set."""

    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            watch()
            stop.wait(every.total_seconds())

    return run
