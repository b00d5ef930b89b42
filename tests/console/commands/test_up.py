"""`backroom up` and `backroom demo` as processes, as people start and stop them."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from chassis.embedded import EmbeddedPostgres, EmbeddedValkey

BACKROOM = (sys.executable, "-m", "console.main")


@pytest.fixture
def offset() -> int:
    """Moves the ports to where nobody listens now."""
    for offset in range(2000, 12000, 100):
        try:
            for first in (20051, 20151, 9151, 9161):
                for port in range(first + offset, first + offset + 6):
                    with socket.socket() as probe:
                        probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return offset
    raise AssertionError("no ports are free")


class Start(Protocol):
    """Starts the command; the test's end ends it."""

    def __call__(self, *words: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """`backroom --var VAR WORDS…`."""


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    for server in (EmbeddedPostgres(tmp_path / "var" / "postgres"), EmbeddedValkey(tmp_path / "var" / "valkey")):
        server.remove()


@pytest.fixture
def start(var: Path) -> Iterator[Start]:
    with ExitStack() as running:

        def start(*words: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*BACKROOM, "--var", str(var), *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=environment,
                start_new_session=True,
            )
            running.enter_context(process)
            running.callback(process.kill)
            return process

        yield start


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if word in line:
            return read
    raise AssertionError(f"ended without saying {word!r}:\n{read}")


def statuses() -> dict[tuple[int, str], int]:
    """Every process that is alive: its number and time of start, with its parent's number."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[0] != "Z":
            found[int(entry.name), fields[19]] = int(fields[1])
    return found


def family(process: subprocess.Popen[str]) -> set[tuple[int, str]]:
    """The process and all that it started."""
    alive = statuses()
    members = {each for each in alive if each[0] == process.pid}
    while more := {each for each, parent in alive.items() if parent in {pid for pid, _ in members}} - members:
        members |= more
    return members


def none_left(members: set[tuple[int, str]]) -> bool:
    end = time.monotonic() + 30
    while members & statuses().keys():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_serves_until_it_is_told_to_stop_and_leaves_nothing_running(
    start: Start, var: Path, offset: int, number: signal.Signals
) -> None:
    process = start("up", "--port-offset", str(offset))
    shown = read_until(process, "serving")
    assert f"127.0.0.1:{20051 + offset}" in shown
    members = family(process)
    assert len(members) > 13
    asked = subprocess.run(
        [*BACKROOM, "--var", str(var), "tasks", "types", "--json"], capture_output=True, text=True, check=True
    )  # finds the moved ports and the token in the folder
    assert not json.loads(asked.stdout)["unavailable_handlers"]
    process.send_signal(number)
    assert process.wait(60) == 0
    assert process.stdout is not None
    assert process.stdout.read() == "stopping\n"
    assert none_left(members)


def test_nothing_outlives_an_up_that_was_killed_and_the_next_one_starts(start: Start, offset: int) -> None:
    process = start("up", "--port-offset", str(offset))
    read_until(process, "serving")
    members = family(process)
    process.kill()
    process.wait()
    assert none_left(members)
    process = start("up", "--port-offset", str(offset), environment={})
    read_until(process, "serving")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest.mark.timeout(300)
def test_the_demo_runs_the_night_twice_and_posts_and_mails_nothing_twice(start: Start, offset: int) -> None:
    words = ("demo", "--days", "2", "--stores", "4", "--port-offset", str(offset))
    process = start(*words, environment={})
    nights = [read_until(process, "serving; Ctrl-C")]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process = start(*words, "--once", environment={})
    nights.append(process.communicate(timeout=200)[0])
    assert process.returncode == 0
    first, second = nights
    for shown in nights:
        runs = re.findall(r"^runs/\d+ +\S.*? (SUCCEEDED|DELIVERED) ", shown, re.MULTILINE)
        assert runs == ["SUCCEEDED", "SUCCEEDED", "DELIVERED", "DELIVERED", "SUCCEEDED", "SUCCEEDED"]
        assert "Voici la liste des journées des ventes mises à jour :" in shown
        assert "4 files, " in shown
    mailed = re.search(r"^(\d+) tonight, \1 in all", first, re.MULTILINE)
    assert mailed is not None
    assert int(mailed[1]) > 0
    assert f"0 tonight, {mailed[1]} in all" in second
    assert "there already" in second
    assert "(Journée à jour)" in first
    assert "(Journée à jour)" not in second  # what was brought up to date is not looked at again
