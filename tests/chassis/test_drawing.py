"""Drawing from an iterator in another thread."""

import threading
from collections.abc import Iterator

import pytest

from chassis.drawing import Drawn


class Torn(Exception):
    """What a source raises halfway."""


def test_items_come_as_the_source_gives_them() -> None:
    assert list(Drawn(iter([1, 2, 3]))) == [1, 2, 3]


def test_what_the_source_raised_is_kept_for_who_made_it() -> None:
    def torn() -> Iterator[int]:
        yield 1
        raise Torn

    drawn = Drawn(torn())
    assert next(drawn) == 1
    with pytest.raises(Torn):
        next(drawn)
    assert isinstance(drawn.error, Torn)
    assert list(drawn) == []


def test_after_the_end_nobody_draws_and_the_item_being_drawn_was_waited_for() -> None:
    begun, go_on = threading.Event(), threading.Event()
    finished: list[int] = []

    def slow() -> Iterator[int]:
        begun.set()
        go_on.wait(10)
        finished.append(1)
        yield 1
        finished.append(2)
        yield 2

    drawn = Drawn(slow())
    drawing = threading.Thread(target=lambda: list(drawn))
    drawing.start()
    begun.wait(10)
    ending = threading.Thread(target=drawn.end)
    ending.start()
    ending.join(0.1)
    assert ending.is_alive()
    go_on.set()
    ending.join(10)
    drawing.join(10)
    assert next(drawn, None) is None
    assert 1 in finished
