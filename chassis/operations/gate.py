"""A gate that many pass together, or one alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Ordinary work passes together; suspected work waits until the others are out, and passes alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone = False

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, patience: float) -> Iterator[bool]:
        """True once nobody else is inside; False where others stayed for longer than the patience (seconds)."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = True
            empty = self._changed.wait_for(lambda: self._inside == 0, patience)
            if not empty:
                self._alone = False
                self._changed.notify_all()
        try:
            yield empty
        finally:
            if empty:
                with self._changed:
                    self._alone = False
                    self._changed.notify_all()
