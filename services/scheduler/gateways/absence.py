"""Who did not answer a moment ago is not waited for by everybody again: others want the threads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.errors import RemoteRefused, Unavailable
from chassis.rpc.client import remote_errors

AWAY_FOR = 1.0  #: seconds

#: Codes after which it is not known what became of the call: to be asked again, under the same UUIDs.
UNKNOWN_FATE = frozenset({"UNKNOWN", "INTERNAL", "CANCELLED", "ABORTED", "DATA_LOSS"})
#: It does not know our token: that is no answer about the work, and ends once somebody has put the tokens right.
NOT_LET_IN = "UNAUTHENTICATED"


class Absences:
    """Remembers who is away. After a second one caller tries again; the others wait for what that one finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}  #: of those who did not answer last time
        self._tried: set[str] = set()  #: of those, whoever is being tried again just now

    @contextmanager
    def asked(self, name: str) -> Iterator[None]:
        """Around one call. Raises `Unavailable` at once for one who is away, and where the call's fate is unknown."""
        with self._lock:
            suspect = name in self._until
            if suspect and (name in self._tried or self._until[name] > time.monotonic()):
                raise Unavailable(f"{name} does not answer now")
            if suspect:
                self._tried.add(name)
        away = False
        try:
            with certain(name):
                yield
        except Unavailable:
            away = True
            raise
        finally:
            with self._lock:
                if suspect:
                    self._tried.discard(name)
                if away:
                    self._until[name] = time.monotonic() + AWAY_FOR
                elif suspect:
                    self._until.pop(name, None)


@contextmanager
def certain(name: str) -> Iterator[None]:
    """Turns what gRPC raises into our errors; an answer that leaves open what was done is `Unavailable`."""
    try:
        with remote_errors(name):
            yield
    except RemoteRefused as refused:
        if refused.code == NOT_LET_IN:
            raise Unavailable(f"{name} does not accept the scheduler's token: {refused}") from refused
        if refused.code in UNKNOWN_FATE:
            raise Unavailable(f"{name} broke while it was asked: {refused}") from refused
        raise
