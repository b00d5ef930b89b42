"""Servers that gateways are tried on."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.delivery.ftp_end import FtpEnd


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def open_ftp_end(tmp_path: Path) -> Iterator[Callable[..., FtpEnd]]:
    """Starts FTP servers, as `FtpEnd` is told."""
    started: list[FtpEnd] = []

    def start(**how: object) -> FtpEnd:
        end = FtpEnd(tmp_path / "far", **how)  # type: ignore[arg-type]  # the test's shorthand
        end.start()
        started.append(end)
        return end

    yield start
    for end in started:
        end.stop()


@pytest.fixture
def ftp_end(open_ftp_end: Callable[..., FtpEnd]) -> FtpEnd:
    return open_ftp_end()


@pytest.fixture
def dripping() -> Iterator[Callable[[bytes], int]]:
    """Ports at which a piece is said ten times a second, without an end."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def listen(piece: bytes) -> int:
        listener = socket.create_server(("127.0.0.1", 0))

        def drip() -> None:
            with suppress(OSError), listener.accept()[0] as connection:  # until the other side has gone
                while True:
                    connection.sendall(piece)
                    time.sleep(0.1)

        listeners.append(listener)
        threads.append(threading.Thread(target=drip, daemon=True))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield listen
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def slow_line() -> Iterator[socket.socket]:
    """A connection that takes a megabyte in some two seconds, never pauses for half a one, then says yes in IMAP."""
    here, there = socket.socketpair()
    here.settimeout(0.5)
    for each in (here, there):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def take() -> None:
        with there:
            while received := there.recv(64 << 10):
                time.sleep(0.01)
                if received.endswith(b"\n"):
                    there.sendall(b"B1 OK\r\n")

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    with here:
        yield here
    thread.join(10)
