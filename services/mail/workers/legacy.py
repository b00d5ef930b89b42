"""Tells operators, once in the life of a worker process, that mails go by the legacy settings."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)


def telling(tell: Callable[[], None], server: str) -> Callable[[threading.Event], None]:
    """Tells at once, and then has nothing more to do until the event is set."""

    def run(stop: threading.Event) -> None:
        tell()
        log.warning(
            "mails go by the legacy settings, kept for compatibility; set BACKROOM_SMTP_SERVER and what goes with it",
            server=server,
        )
        stop.wait()

    return run
