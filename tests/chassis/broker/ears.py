"""A worker process's ears without the process: who hears bells, and writes down which."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from chassis import broker
from chassis.broker import BellHearer, BrokerBell

PATIENCE = 30.0  #: seconds that a bell gets to be heard, a broker's way back among them


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


class Bell(BrokerBell):
    """A bell as a process has it, of a service that is nobody else's."""

    def __init__(self, url: str, threads: int) -> None:
        self.service = uuid4().hex
        super().__init__(broker.connect(url), self.service, threads)


def new_bell(url: str, threads: int = 2) -> Bell:
    return Bell(url, threads)


class Ears:
    """Hears the bells of one service. While `busy` is set, whoever has heard one is kept by it."""

    def __init__(self, url: str, service: str, threads: int = 2) -> None:
        self.heard: list[tuple[str, float]] = []  #: lane, when it was rung
        self.busy = threading.Event()
        self.idle = threading.Event()
        bell = BrokerBell(broker.connect(url), service, threads)
        self._hearer = BellHearer(bell.broker, bell.queue, self._drain, threads)

    @property
    def lanes(self) -> list[str]:
        return [lane for lane, _ in self.heard]

    def start(self) -> None:
        self._hearer.start()

    def stop(self) -> None:
        self.idle.set()
        self._hearer.stop(10)

    def _drain(self, lane: str, rung: float) -> None:
        self.heard.append((lane, rung))
        if self.busy.is_set():
            self.idle.wait(PATIENCE)


@contextmanager
def hearing(url: str, service: str, threads: int = 2, *, busy: bool = False) -> Iterator[Ears]:
    ears = Ears(url, service, threads)
    if busy:
        ears.busy.set()
    ears.start()
    try:
        yield ears
    finally:
        ears.stop()


def ring_until_heard(bell: BrokerBell, ears: Ears, lane: str) -> None:
    """What the relay does: it rings again for work that nobody claims."""

    def heard() -> bool:
        bell.ring(lane)
        time.sleep(0.2)
        return lane in ears.lanes

    wait_until(heard)
