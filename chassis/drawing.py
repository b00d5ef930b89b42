"""An iterator that another thread draws from, as gRPC does with the messages of a client stream."""

import threading
from collections.abc import Iterator
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Drawn(Generic[T], Iterator[T]):
    """Keeps what its source raised for the thread that made it, and lets that thread end the drawing.

    gRPC answers a source that failed with UNKNOWN; the cause is the source's own error. Once `end` has
    returned, nobody draws any more, so what the source stands on (a cursor, a transaction) can be closed.
    """

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._drawing = threading.Lock()
        self._ended = False
        self.error: BaseException | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        with self._drawing:
            if self._ended:
                raise StopIteration
            try:
                return next(self._source)
            except StopIteration:
                self._ended = True
                raise
            except BaseException as error:
                self._ended, self.error = True, error
                raise

    def end(self) -> None:
        """Waits for the item being drawn; there will be no other."""
        with self._drawing:
            self._ended = True
