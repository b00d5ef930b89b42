import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.stack.nursery import Nursery, NurseryDied, Order, Running, start_alone

Start = Callable[[Order], Running]


@pytest.fixture(params=["forked", "alone"])
def start(request: pytest.FixtureRequest) -> Start:
    if request.param == "alone":
        return start_alone
    nursery: Nursery = request.getfixturevalue("nursery")
    return nursery.start


def order(lessons: Path, word: str, **environment: str) -> Order:
    return Order(
        name=f"pupil-{word}",
        module="pupil",
        arguments=[word],
        environment={**os.environ, **environment},
        log=lessons / f"{word}.log",
    )


def said(lessons: Path, word: str) -> str:
    log = lessons / f"{word}.log"
    end = time.monotonic() + 20
    while not (log.exists() and log.read_text()):
        assert time.monotonic() < end, "it said nothing"
        time.sleep(0.01)
    return log.read_text()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_gets_its_arguments_environment_log_session_and_a_single_thread(lessons: Path, start: Start) -> None:
    assert start(order(lessons, "greet", PUPIL_COLOUR="red")).wait() == 0
    assert said(lessons, "greet") == "greet red True 1\n"


def test_its_exit_status_comes_back(lessons: Path, start: Start) -> None:
    process = start(order(lessons, "fail"))
    assert process.wait() == 7
    assert process.poll() == 7


def test_it_can_be_signalled_and_is_reaped(lessons: Path, start: Start) -> None:
    process = start(order(lessons, "stay"))
    said(lessons, "stay")
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM
    assert not Path(f"/proc/{process.pid}").exists()
    process.send_signal(signal.SIGTERM)  # it has ended: nothing happens, to it or to anybody else


def test_an_end_in_order_is_an_end_in_order(lessons: Path, start: Start) -> None:
    process = start(order(lessons, "exit-in-order"))
    said(lessons, "exit-in-order")
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0


def test_a_module_that_is_broken_fails_in_its_own_log(lessons: Path, start: Start) -> None:
    broken = Order(name="broken", module="no_such_module", arguments=[], environment=os.environ, log=lessons / "b.log")
    assert start(broken).wait() == 1
    assert "no_such_module" in (lessons / "b.log").read_text()


def test_a_module_that_cannot_be_imported_ahead_does_not_keep_others_from_starting(lessons: Path) -> None:
    nursery = Nursery(["no_such_module"], lessons / "nursery.log")
    assert nursery.start(order(lessons, "greet")).wait() == 0
    nursery.close()
    assert "no_such_module" in (lessons / "nursery.log").read_text()


def test_children_die_with_the_nursery_and_the_next_order_finds_a_new_one(lessons: Path, nursery: Nursery) -> None:
    process = nursery.start(order(lessons, "stay"))
    said(lessons, "stay")
    nursery.kill()
    assert process.wait() == -signal.SIGKILL
    end = time.monotonic() + 20
    while is_alive(process.pid):  # the system has sent the signal; it needs a moment to take effect
        assert time.monotonic() < end, "it outlived the nursery"
        time.sleep(0.01)
    assert nursery.start(order(lessons, "greet")).wait() == 0


def test_an_order_to_a_dying_nursery_says_so(lessons: Path, nursery: Nursery) -> None:
    nursery.start(order(lessons, "greet")).wait()
    nursery.kill()
    outcomes: list[int | str] = []
    for _ in range(2):
        try:
            outcomes.append(nursery.start(order(lessons, "greet")).wait())
        except NurseryDied as error:
            outcomes.append(str(error))
    assert outcomes[-1] == 0
    assert outcomes[0] in (0, f"the process that all others are forked from died; its log is {lessons / 'nursery.log'}")
