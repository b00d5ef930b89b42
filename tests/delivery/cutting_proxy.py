"""A way to a server that breaks: a small TCP proxy on loopback that drops connections, or falls silent, when told."""

import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

PIECE = 16 * 1024
HARD = struct.pack("ii", 1, 0)  #: SO_LINGER: closing resets the connection, as a pulled cable's other end sees it


class CuttingProxy:
    """Passes bytes on to `port` of loopback. Use it as a context manager, and call `port` instead of the server's.

    `cut_after` says how many more bytes pass towards the server before every connection is dropped, once; None: all.
    `refuses` drops each new connection at once, `silent` swallows what comes from either side. After `stall_after`
    bytes towards the server no more is read, and next to nothing fits in between.
    """

    def __init__(self, port: int, *, cut_after: int | None = None, stall_after: int | None = None) -> None:
        self._server = ("127.0.0.1", port)
        self._lock = threading.Lock()
        self._left = cut_after
        self._held: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.refuses = False
        self.silent = False
        self._stall_after = stall_after
        self._ending = threading.Event()
        self.cuts = 0  #: how often `cut_after` was reached
        self.passed = 0  #: bytes towards the server so far
        self._listener = socket.socket()
        if stall_after is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # its connections have it from it
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]

    def cut_after(self, count: int | None) -> None:
        """From now on so many bytes pass towards the server before it cuts."""
        with self._lock:
            self._left = count

    def cut(self) -> None:
        """Drops all connections now; new ones pass."""
        with self._lock:
            held, self._held = self._held, set()
        for connection in held:
            _drop(connection)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._ending.set()
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(self._server)
            except OSError:
                _drop(near)
                continue
            if self.refuses:
                _drop(near)
                _drop(far)
                continue
            with self._lock:
                self._held |= {near, far}
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._pump, near, far, True)
            self._start(self._pump, far, near, False)

    def _pump(self, origin: socket.socket, target: socket.socket, upwards: bool) -> None:
        while True:
            try:
                if upwards and self._stall_after is not None and self.passed >= self._stall_after:
                    self._ending.wait()
                data = origin.recv(PIECE)
                if data and self.silent:
                    continue
                allowed = self._allowed(len(data)) if upwards else len(data)
                target.sendall(data[:allowed])
                if allowed < len(data):
                    self.cuts += 1
                    self.cut()
                    return
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
            except OSError:
                return  # cut, or the other side has gone
            if upwards:
                self.passed += allowed

    def _allowed(self, count: int) -> int:
        with self._lock:
            if self._left is None:
                return count
            allowed = min(count, self._left)
            self._left = None if allowed < count else self._left - allowed
            return allowed


def _drop(connection: socket.socket) -> None:
    """Ends it so that both sides notice at once; a thread of ours that waits on it wakes up."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        return  # it had ended before
    finally:
        connection.close()
