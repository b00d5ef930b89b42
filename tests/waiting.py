"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], seconds: float = 10) -> None:
    """Returns once it holds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.005)
