"""Data connections of FTP: each carries one file or listing, and counts only with the answer that follows it."""

import re
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from services.delivery.domain.failures import CarryFailed, ConnectionLost, NotAnFtpServer, TimedOut
from services.delivery.gateways.ftp.answers import Answer, FtpRefusal
from services.delivery.gateways.ftp.client import FtpClient
from services.delivery.gateways.tls import protect

PASSIVE = re.compile(r"\d+,\d+,\d+,\d+,(\d{1,3}),(\d{1,3})")
EXTENDED_PASSIVE = re.compile(r"\((.)\1\1(\d{1,5})\1\)")
PIECE = 256 * 1024  #: bytes asked for at once
SLICE = 64 * 1024  #: bytes that get the time of an answer: lines are slow


class DataCut(Exception):
    """The data connection broke; the control connection may say why."""


class DataConnection:
    """One of them, open. Raises `DataCut`."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        self._socket = connection
        self._patience = patience
        self._read = False  #: to the end
        self._left = patience  #: seconds that the other side may still let us wait

    def send(self, chunk: bytes) -> None:
        """Sends all of it."""
        with _cuts(), memoryview(chunk) as view:
            for start in range(0, len(view), SLICE):
                self._socket.sendall(view[start : start + SLICE])

    def receive(self) -> bytes:
        """The next bytes; none at the end."""
        begun = time.monotonic()
        with _cuts():
            received = self._socket.recv(PIECE)
            self._left += self._patience * len(received) / SLICE - (time.monotonic() - begun)
            if received and self._left < 0:  # it says a little all the time
                raise TimeoutError
        self._left = min(self._left, self._patience)
        self._read = not received
        return received

    def finish(self) -> None:
        """Says that this is all, and closes nothing yet: closing with something unread would take back what was sent.

        Under TLS the good-bye of the other side is not waited for, as some never say it; others wait for ours even
        where it was they who sent, but where all has been read it does not matter whether it reaches them.
        """
        with suppress(OSError) if self._read else _cuts():
            self._say_good_bye()
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Ends it. Without our good-bye OpenSSL would forget the session, which the next connection needs."""
        with suppress(OSError):  # the other side has gone first
            self._say_good_bye()
        self._socket.close()

    def _say_good_bye(self) -> None:
        if not isinstance(self._socket, ssl.SSLSocket):
            return
        self._socket.settimeout(0)
        while True:
            try:
                self._socket.unwrap()
            except ssl.SSLWantWriteError:
                if not select.select([], [self._socket], [], self._patience)[1]:
                    raise TimeoutError from None
            except (ssl.SSLWantReadError, ssl.SSLError, ValueError):
                return  # said; or the other side has closed before, and what it got its answer and the size will tell
            else:
                return


@contextmanager
def transfer(client: FtpClient, verb: str, argument: str = "", *, start: int = 0) -> Iterator[DataConnection]:
    """A data connection for one command. Leaving it in order reads the server's answer to the whole.

    Raises `FtpRefusal`, or a failure of the connection; after any other error the client can still be used.
    """
    data = _open(client, verb, argument, start)
    try:
        yield data
        data.finish()
    except DataCut as cut:
        data.close()
        raise _reason(client, cut) from cut
    except BaseException:
        data.close()
        with suppress(CarryFailed):  # then the client is over, and says so; what counts is why we are here
            client.next_answer()
        raise
    answer = _final_answer(client, data)
    if not answer.good:
        raise FtpRefusal(answer)


def _final_answer(client: FtpClient, data: DataConnection) -> Answer:
    try:
        return client.next_answer()
    finally:
        data.close()


def _reason(client: FtpClient, cut: DataCut) -> Exception:
    """Why the data connection broke: the server's answer, where it is a refusal."""
    answer = client.next_answer()
    if not answer.good:
        return FtpRefusal(answer)
    ftp, error = client.ftp, cut.__cause__
    if isinstance(error, TimeoutError):
        return TimedOut(ftp.host, ftp.port, "data")
    words = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return ConnectionLost(ftp.host, ftp.port, words)


def _open(client: FtpClient, verb: str, argument: str, start: int) -> DataConnection:
    connection = (
        _active(client, verb, argument, start) if client.ftp.active else _passive(client, verb, argument, start)
    )
    connection.settimeout(client.patience.answer)
    if client.context is not None:
        session = client.socket.session if isinstance(client.socket, ssl.SSLSocket) else None
        try:
            connection = protect(connection, client.context, client.ftp.host, client.ftp.port, session=session)
        except CarryFailed as failure:
            try:
                answer = client.next_answer()
            except CarryFailed:
                raise failure from None
            if not answer.good:
                raise FtpRefusal(answer) from failure
            raise
    return DataConnection(connection, client.patience.answer)


def _begin(client: FtpClient, verb: str, argument: str, start: int) -> None:
    if start:
        client.demand("REST", str(start), kind=3)
    answer = client.ask(verb, argument)
    if answer.good:
        answer = client.next_answer()  # some say 200 before the 150
    if answer.code // 100 != 1:
        raise FtpRefusal(answer)


def _passive(client: FtpClient, verb: str, argument: str, start: int) -> socket.socket:
    # Whatever address the server names, it is the one that has answered (CVE-2021-4189).
    connection = client.gate.connect_further(client.peer, _port(client))
    try:
        _begin(client, verb, argument, start)
    except BaseException:
        connection.close()
        raise
    return connection


def _port(client: FtpClient) -> int:
    """Where the server waits for data."""
    if client.socket.family == socket.AF_INET:
        answer = client.ask("PASV")
        if answer.good:
            match = PASSIVE.search(answer.text)
            return _checked(client, int(match[1]) * 256 + int(match[2]) if match else 0)
    match = EXTENDED_PASSIVE.search(client.demand("EPSV").text)
    return _checked(client, int(match[2]) if match else 0)


def _checked(client: FtpClient, port: int) -> int:
    if 0 < port < 65536:
        return port
    raise NotAnFtpServer(client.ftp.host, client.ftp.port, "it names no port for data")


def _active(client: FtpClient, verb: str, argument: str, start: int) -> socket.socket:
    family, here = client.socket.family, client.here
    with client.phase("data"), socket.create_server((here, 0), family=family, backlog=1) as listener:
        port: int = listener.getsockname()[1]
        if family == socket.AF_INET:
            client.demand("PORT", ",".join([*here.split("."), str(port >> 8), str(port & 0xFF)]))
        else:
            client.demand("EPRT", f"|2|{here}|{port}|")
        _begin(client, verb, argument, start)
        return _accepted(client, listener)


def _accepted(client: FtpClient, listener: socket.socket) -> socket.socket:
    """The server's connection; anybody else's is closed."""
    end = time.monotonic() + client.patience.answer
    while (left := end - time.monotonic()) > 0:
        listener.settimeout(left)
        connection, (host, *_) = listener.accept()
        if host == client.peer:
            return connection
        connection.close()
    raise TimeoutError


@contextmanager
def _cuts() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataCut from error
