"""A leftover is a server that runs on without the process that started it: found by its own notes, ended in
order.

Notes outlive processes and numbers are given again, so nothing is signalled unless its command line names our
data folder.
"""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

PAUSE = 0.01  #: seconds between two looks: who is not our child cannot be waited for
PROCESSES = Path("/proc")
ORPHANS_PATIENCE = 5.0  #: seconds


def end_leftover(pid_file: Path, data: Path, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """End the server that the file names, if it serves that data folder, by each signal in turn.

    A note that names no server of ours is deleted: PostgreSQL may refuse to start over it.
    """
    pid = _noted_pid(pid_file)
    if pid is None:
        return
    if not is_server_of(pid, data):
        pid_file.unlink(missing_ok=True)
        return
    logger.warning("process %d still serves %s, though what started it is gone; ending it", pid, data)
    for number, patience in steps:
        _send(pid, number)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if not is_server_of(pid, data):
                return
            time.sleep(PAUSE)


def end_orphans(data: Path, program: str) -> None:
    """Kill what a killed PostgreSQL left at work, which would keep a new one from starting (Linux only)."""
    end = time.monotonic() + ORPHANS_PATIENCE
    while (orphans := _processes_inside(data, program)) and time.monotonic() < end:
        for pid in orphans:
            _send(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def is_server_of(pid: int, data: Path) -> bool:
    """Whether that process lives and was told to serve that data folder."""
    if PROCESSES.is_dir():
        try:
            words = (PROCESSES / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:  # there is no such process
            return False
        return os.fsencode(data) in words
    answer = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return b" %s " % os.fsencode(data) in answer.stdout.replace(b"\n", b" ")


def _processes_inside(data: Path, program: str) -> list[int]:
    if not PROCESSES.is_dir():
        return []
    found = []
    for entry in PROCESSES.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name == program:
                found.append(int(entry.name))
        except OSError:  # it has ended, or is none of ours to look at
            continue
    return found


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        logger.debug("process %d had ended before it was signalled", pid)


def _noted_pid(pid_file: Path) -> int | None:
    try:
        first = pid_file.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() and int(first) > 1 else None
