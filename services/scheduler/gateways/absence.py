"""Who did not answer a moment ago is not waited for again at once: others want the thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import RemoteRefused, Unavailable
from chassis.rpc.client import remote_errors

AWAY_FOR = 1.0  #: seconds

#: Codes after which it is not known what became of the call: to be asked again, under the same UUIDs.
UNKNOWN_FATE = frozenset({"UNKNOWN", "INTERNAL", "CANCELLED", "ABORTED", "DATA_LOSS"})


class Absences:
    """Remembers, for a second, who is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    @contextmanager
    def asked(self, name: str) -> Iterator[None]:
        """Around one call. Raises `Unavailable` at once for one who is away, and where the call's fate is unknown."""
        with self._lock:
            away = self._until.get(name, 0.0) > time.monotonic()
        if away:
            raise Unavailable(f"{name} does not answer now")
        try:
            with certain(name):
                yield
        except Unavailable:
            with self._lock:
                self._until[name] = time.monotonic() + AWAY_FOR
            raise


@contextmanager
def certain(name: str) -> Iterator[None]:
    """Turns what gRPC raises into our errors; an answer that leaves open what was done is `Unavailable`."""
    try:
        with remote_errors(name):
            yield
    except RemoteRefused as refused:
        if refused.code in UNKNOWN_FATE:
            raise Unavailable(f"{name} broke while it was asked: {refused}") from refused
        raise
