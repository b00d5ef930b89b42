import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from console.stack.child import SupervisedProcess
from console.stack.nursery import Nursery, Order


def supervised(nursery: Nursery, lessons: Path, word: str, notices: list[str]) -> SupervisedProcess:
    order = Order(name="pupil", module="pupil", arguments=[word], environment=os.environ, log=lessons / f"{word}.log")
    return SupervisedProcess("pupil", lambda: nursery.start(order), notices.append)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def test_a_process_that_was_killed_is_started_again(nursery: Nursery, lessons: Path) -> None:
    notices: list[str] = []
    process = supervised(nursery, lessons, "stay", notices)
    process.start()
    until(lambda: process.standing().pid is not None)
    first = process.standing().pid
    process.kill()
    until(lambda: process.standing().starts == 2 and process.standing().pid is not None)
    assert process.standing().pid != first
    assert process.standing().last_status == -signal.SIGKILL
    process.ask_to_stop()
    process.finish()
    assert process.standing().pid is None
    assert notices == ["pupil ended with status -9; it starts again"]


def test_a_process_that_ends_by_itself_is_started_again_after_ever_longer_pauses(
    nursery: Nursery, lessons: Path
) -> None:
    notices: list[str] = []
    process = supervised(nursery, lessons, "fail", notices)
    began = time.monotonic()
    process.start()
    until(lambda: process.standing().starts == 4)
    assert time.monotonic() - began > 0.1 + 0.2 + 0.4
    process.ask_to_stop()
    process.finish()
    assert set(notices) == {"pupil ended with status 7; it starts again"}


def test_a_frozen_process_can_be_stopped(nursery: Nursery, lessons: Path) -> None:
    process = supervised(nursery, lessons, "exit-in-order", [])
    process.start()
    until(lambda: (lessons / "exit-in-order.log").exists() and bool((lessons / "exit-in-order.log").read_text()))
    process.send(signal.SIGSTOP)
    process.ask_to_stop()
    process.finish()
    assert process.standing().last_status == 0


def test_stopping_what_was_never_started_does_nothing(nursery: Nursery, lessons: Path) -> None:
    process = supervised(nursery, lessons, "stay", [])
    process.ask_to_stop()
    process.finish()
    assert process.standing().starts == 0
