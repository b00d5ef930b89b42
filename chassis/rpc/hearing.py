"""What the caller of a stream says while it is answered: heard word by word, and no wait for it outlives the call."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import Generic, Self, TypeVar

from chassis.errors import Unavailable

T = TypeVar("T")

LOOK_AGAIN = 0.2  #: seconds between two looks at whether the call is over
A_MOMENT = 0.05  #: seconds after which gRPC knows whether the caller of a stream that ended has gone


class Hearing(Generic[T]):
    """Reads the messages of a client stream on a thread of its own, one ahead.

    gRPC's own iterator waits until the caller speaks or goes: a service that drains would wait for a silent one.
    """

    def __init__(self, words: Iterator[T], over: Callable[[], bool]) -> None:
        self._words = words
        self._over = over
        self._turn = threading.Condition()
        self._heard: list[T] = []  # at most one
        self._gone: Exception | None = None
        self._silent = False  # nothing more comes
        self._closed = False
        self._thread = threading.Thread(target=self._listen, name="hearing", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hears nothing more. The thread ends as soon as gRPC lets the call go."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def next(self, patience: timedelta | None = None) -> T | None:
        """The next word; None where the caller has said its last.

        Raises as `check` does, and `Unavailable` where nothing was said for so long.
        """
        end = None if patience is None else time.monotonic() + patience.total_seconds()
        with self._turn:
            while not self._heard:
                self._check()
                if self._silent:
                    return None
                if end is not None and time.monotonic() >= end:
                    raise Unavailable(f"nothing was said for {patience}; call again")
                self._turn.wait(LOOK_AGAIN)
            word = self._heard.pop()
            self._turn.notify_all()
            return word

    def rest(self, length: timedelta) -> None:
        """Waits so long. Raises as `check` does, as soon as there is cause."""
        end = time.monotonic() + length.total_seconds()
        with self._turn:
            self._check()
            while (left := end - time.monotonic()) > 0:
                self._turn.wait_for(lambda: self._gone is not None, min(left, LOOK_AGAIN))
                self._check()

    def check(self) -> None:
        """Raises what gRPC raised where the caller has gone, `Unavailable` where the call has to end now."""
        with self._turn:
            self._check()

    def _check(self) -> None:
        if self._gone is not None:
            raise self._gone
        if self._over():
            raise Unavailable("the stream has to end now: the service stops, or it lasted too long; call again")

    def _listen(self) -> None:
        try:
            for word in self._words:
                with self._turn:
                    self._turn.wait_for(lambda: not self._heard or self._closed)
                    if self._closed:
                        return
                    self._heard.append(word)
                    self._turn.notify_all()
            # The words of a caller that goes may end as if it had said its last: asked again, gRPC raises what is true.
            time.sleep(A_MOMENT)
            next(self._words, None)
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            with self._turn:
                self._gone = error
        finally:
            with self._turn:
                self._silent = True
                self._turn.notify_all()
