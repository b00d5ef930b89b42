"""Real processes that freeze and die: others take over, and what the silent one still does does not count."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.operations import Operation, OperationState
from chassis.operations.kinds import Kind
from tests.chassis.operations.conftest import Shop


class Process:
    """A worker process, driven by its standard input and output."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chassis.operations.worker_process", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def expect(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == word

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait(timeout=20)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def start(shop: Shop) -> Iterator[Callable[[], Process]]:
    with shop.database.begin() as connection:
        connection.execute(sa.text("CREATE TABLE effect (epoch integer)"))
    for name in ("test.effect", "test.die"):
        shop.kind(Kind(name=name, run=lambda execution: None))
    started: list[Process] = []

    def start() -> Process:
        started.append(Process(shop.database.url))
        started[-1].expect("ready")
        return started[-1]

    yield start
    for process in started:
        process.end()


def effects(shop: Shop) -> list[int]:
    with shop.database.begin() as connection:
        return list(connection.execute(sa.text("SELECT epoch FROM effect ORDER BY epoch")).scalars())


def ended(shop: Shop, identifier: UUID) -> Operation:
    until = time.monotonic() + 20
    while not (operation := shop.get(identifier)).ended:
        assert time.monotonic() < until, f"still {operation}"
        time.sleep(0.05)
    return operation


def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(shop: Shop, start: Callable[[], Process]) -> None:
    identifier = shop.add("test.effect")
    frozen = start()
    frozen.expect("inside")  # inside its transaction, row locks and all
    frozen.send(signal.SIGSTOP)
    successor = start()
    successor.expect("inside")
    successor.go_on()
    successor.expect("committed")
    done = ended(shop, identifier)
    frozen.send(signal.SIGCONT)
    frozen.go_on()
    assert frozen.wait() != 0  # it learns that it was given up, and leaves
    assert done.state is OperationState.SUCCEEDED
    assert done.deaths == 1
    assert len(effects(shop)) == 1


def test_a_killed_worker_s_operation_is_done_by_another(shop: Shop, start: Callable[[], Process]) -> None:
    identifier = shop.add("test.effect")
    killed = start()
    killed.expect("inside")
    killed.send(signal.SIGKILL)
    successor = start()
    successor.expect("inside")
    successor.go_on()
    assert ended(shop, identifier).state is OperationState.SUCCEEDED
    assert len(effects(shop)) == 1


def test_what_kills_every_worker_is_parked_and_tells_why(shop: Shop, start: Callable[[], Process]) -> None:
    identifier = shop.add("test.die")
    for _ in range(3):
        assert start().wait() == 9
    start()  # a healthy one that finds the last death
    parked = ended(shop, identifier)
    assert parked.state is OperationState.PARKED
    assert (parked.deaths, parked.attempts) == (3, 0)
    assert parked.error is not None
    assert parked.error.reason == "WORKER_DIED"
