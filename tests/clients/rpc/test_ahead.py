"""A stream read one message ahead."""

import threading
from collections.abc import Iterator

import pytest

from services.clients.rpc.ahead import read_ahead


def test_the_items_come_in_their_order() -> None:
    assert list(read_ahead(iter(range(1, 100)))) == list(range(1, 100))
    assert list(read_ahead(iter([]))) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    items = read_ahead(broken())
    assert (next(items), next(items)) == (1, 2)
    with pytest.raises(ValueError, match="third"):
        next(items)


def test_the_next_item_is_read_while_the_one_before_it_is_worked_on() -> None:
    reached = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        reached.set()
        yield 2

    ahead = read_ahead(items())
    assert next(ahead) == 1
    assert reached.wait(10)
    assert next(ahead) == 2


def test_whoever_stops_early_does_not_wait_for_the_item_under_way() -> None:
    reached, never, ended = threading.Event(), threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        reached.set()
        never.wait(20)
        ended.set()
        yield 2

    ahead = read_ahead(items())
    assert next(ahead) == 1
    assert reached.wait(10)
    del ahead
    assert not ended.is_set()
    never.set()
    assert ended.wait(10)
