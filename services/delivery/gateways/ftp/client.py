"""The control connection to an FTP server (RFC 959, 4217).

Not ftplib's: that one calls whom it likes, dies of answers that are not UTF-8, reads answers without an end, and has
lost count of them after a broken transfer.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from services.delivery.domain.destinations import Ftp, Security
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    ConnectionRefused,
    NotAnFtpServer,
    NotLoggedIn,
    Phase,
    TimedOut,
    TlsRefused,
)
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.ftp.answers import Answer, FtpRefusal
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.tls import context_for, protect, tls_errors

log = structlog.get_logger(__name__)

FIRST_LINE = re.compile(rb"([1-6][0-9]{2})([ -]?)(.*)", re.DOTALL)
UNSENDABLE = re.compile(r"[\x00-\x1f\x7f]")
MOST_BYTES = 256 * 1024  #: of one answer
LINE_COST = 100  #: bytes that a line of it costs beside its words
MOST_STRAYS = 20  #: answers in a row that nobody asked for
PIECE = 8192
ANONYMOUS = "anonymous"
#: A control connection says nothing while a file passes; routers forget what is silent for minutes.
KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))


class FtpClient:
    """One control connection, logged in. After a failure of the connection `alive` is False."""

    def __init__(self, ftp: Ftp, gate: Gate, patience: Patience) -> None:
        self.ftp, self.gate, self.patience = ftp, gate, patience
        self.features: frozenset[str] = frozenset()  #: in capitals
        self.alive = True
        self.context: ssl.SSLContext | None = None
        self._longest = patience.greeting  #: seconds that a command, and an answer, may take in this phase
        self._buffer = b""
        self._used = time.monotonic()
        password = ftp.login.checked_password()
        if ftp.security is not Security.NONE:
            with tls_errors(ftp.host, ftp.port):
                self.context = context_for(ftp.trust)
        self.socket = gate.connect(ftp.host, ftp.port)
        try:
            with self.phase("greeting"):
                self.peer: str = self.socket.getpeername()[0]
                self.here: str = self.socket.getsockname()[0]
                self._keep_alive()
            self._meet()
            self._log_in(password)
            self._learn()
        except BaseException:
            self.close()
            raise

    @property
    def idle(self) -> float:
        """Seconds since its last answer."""
        return time.monotonic() - self._used

    def has(self, feature: str) -> bool:
        """Whether the server names it, alone or with more to say about it."""
        return any(line == feature or line.startswith(f"{feature} ") for line in self.features)

    def ask(self, verb: str, argument: str = "") -> Answer:
        """Sends a command, answers what the server says to it."""
        with self.phase("answer"):
            self._pass_over()
            self._send(verb, argument)
            return self._receive()

    def demand(self, verb: str, argument: str = "", *, kind: int = 2) -> Answer:
        """As `ask`. Raises `FtpRefusal` unless the answer is of that kind, its first digit."""
        answer = self.ask(verb, argument)
        if answer.code // 100 != kind:
            raise FtpRefusal(answer)
        return answer

    def next_answer(self) -> Answer:
        """What the server says after its first answer to a command."""
        with self.phase("answer"):
            return self._receive()

    def still_answers(self) -> bool:
        """Asks a connection that nobody has used for a while whether it is still there."""
        try:
            self.ask("NOOP")
        except CarryFailed as failure:
            log.info("a control connection has ended while it was idle", host=self.ftp.host, reason=failure.reason)
        return self.alive

    def quit(self) -> None:
        """Says good-bye, without waiting for long: nothing depends on it."""
        if self.alive:
            with suppress(OSError):  # it has ended first
                self.socket.settimeout(min(1.0, self.patience.answer))
                self.socket.sendall(b"QUIT\r\n")
                self.socket.recv(PIECE)
        self.close()

    def close(self) -> None:
        """Ends it."""
        self.alive = False
        self.socket.close()

    @contextmanager
    def phase(self, step: Phase) -> Iterator[None]:
        """Turns what the connection raises into failures of ours."""
        try:
            yield
        except TimeoutError as error:
            self.alive = False
            raise TimedOut(self.ftp.host, self.ftp.port, step) from error
        except OSError as error:
            self.alive = False
            words = error.strerror or type(error).__name__
            raise ConnectionLost(self.ftp.host, self.ftp.port, words) from error

    def _keep_alive(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):  # Linux's
                self.socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)

    def _meet(self) -> None:
        """The greeting, and TLS before anything is said about us. What is no FTP server is never quoted."""
        ftp = self.ftp
        if ftp.security is Security.IMPLICIT:
            self._protect()
        with self.phase("greeting"):
            greeting = self._receive(trusted=False)
            if greeting.code == 120:  # ready in some minutes: not for us, unless it is soon
                greeting = self._receive(trusted=False)
        if greeting.code // 100 in {4, 5}:
            raise ConnectionRefused(ftp.host, ftp.port, f"({greeting.code})")
        if greeting.code != 220:
            raise NotAnFtpServer(ftp.host, ftp.port, f"({greeting.code})")
        if ftp.security is Security.EXPLICIT:
            with self.phase("greeting"):
                self._send("AUTH", "TLS")
                answer = self._receive(trusted=False)
            if answer.code != 234:
                raise TlsRefused(ftp.host, ftp.port, f"({answer.code})")
            self._protect()

    def _protect(self) -> None:
        assert self.context is not None  # noqa: S101 - there is one unless security is none; tells mypy so
        self._buffer = b""  # what was said in clear after its answer came from somebody else
        self.socket.settimeout(self._longest)
        self.socket = protect(self.socket, self.context, self.ftp.host, self.ftp.port)

    def _log_in(self, password: str) -> None:
        ftp = self.ftp
        self._longest = self.patience.login
        if UNSENDABLE.search(ftp.user_name + password):
            raise NotLoggedIn(ftp.user_name, ftp.host, "the user name or the password holds control characters")
        with self.phase("login"):
            self._send("USER", ftp.user_name or ANONYMOUS)
            answer = self._receive(trusted=False)
            if answer.unknown:
                raise NotAnFtpServer(ftp.host, ftp.port, f"({answer.code})")
            if answer.code // 100 == 3 and answer.code != 332:
                self._send("PASS", password or (f"{ANONYMOUS}@" if ftp.user_name in {"", ANONYMOUS} else ""))
                answer = self._receive()
        if not answer.good:
            raise NotLoggedIn(ftp.user_name, ftp.host, ftp.login.hidden_in(answer.text))

    def _learn(self) -> None:
        """What the server can do; data under TLS like the rest, names in UTF-8, bytes as they are."""
        self._longest = self.patience.answer
        answer = self.ask("FEAT")
        if answer.good:
            self.features = frozenset(" ".join(line.upper().split()) for line in answer.lines[1:-1])
        if self.context is not None:
            self.ask("PBSZ", "0")  # demanded by RFC 4217; some servers do not know it and mean the same
            answer = self.ask("PROT", "P")
            if not answer.good:
                raise TlsRefused(self.ftp.host, self.ftp.port, answer.text)
        if self.has("UTF8"):
            self.ask("OPTS", "UTF8 ON")  # some need it; others, where it is always on, refuse
        answer = self.ask("TYPE", "I")
        if not answer.good:
            raise NotAnFtpServer(self.ftp.host, self.ftp.port, answer.text)

    def _send(self, verb: str, argument: str) -> None:
        if UNSENDABLE.search(argument):
            raise RefusedByServer(ascii(argument), "a name with control characters is not sent")
        line = f"{verb} {argument}" if argument else verb
        self.socket.settimeout(self._longest)
        self.socket.sendall(line.encode(errors="surrogateescape") + b"\r\n")

    def _pass_over(self) -> None:
        """Reads what nobody asked for: a second answer to a broken transfer, or the 421 before the end."""
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):  # the usual case: nothing has come
            self._buffer += self._arrived(0)
        for _ in range(MOST_STRAYS):
            if not self._buffer:
                return
            stray = self._receive()
            log.info("an FTP server has answered what nobody asked", host=self.ftp.host, answer=stray.text)
        self.alive = False
        raise NotAnFtpServer(self.ftp.host, self.ftp.port, "it answers what nobody asked")

    def _receive(self, *, trusted: bool = True) -> Answer:
        """The next answer. One that ends the connection is a failure; its words are told on where it is `trusted`."""
        end = time.monotonic() + self._longest
        match = self._match(self._line(end))
        code, lines = match[1], [match[3]]
        size = 0
        while match[2] == b"-":
            line = self._line(end)
            size += len(line) + LINE_COST
            if size > MOST_BYTES:
                self.alive = False
                raise NotAnFtpServer(self.ftp.host, self.ftp.port, "an answer without an end")
            if line.startswith(code + b" ") or line == code:
                lines.append(line[4:])
                break
            lines.append(line)
        answer = Answer(code=int(code), lines=[decoded(line) for line in lines])
        self._used = time.monotonic()
        if answer.code == 421:
            self.alive = False
            raise (ConnectionLost if trusted else ConnectionRefused)(
                self.ftp.host, self.ftp.port, answer.text if trusted else "(421)"
            )
        return answer

    def _match(self, line: bytes) -> re.Match[bytes]:
        match = FIRST_LINE.fullmatch(line)
        if match is None:
            self.alive = False
            raise NotAnFtpServer(self.ftp.host, self.ftp.port, "its answers are not those of FTP")
        return match

    def _line(self, end: float) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MOST_BYTES:
                self.alive = False
                raise NotAnFtpServer(self.ftp.host, self.ftp.port, "a line without an end")
            left = end - time.monotonic()
            if left <= 0:  # it has said a little all the time
                raise TimeoutError
            self._buffer += self._arrived(left)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def _arrived(self, seconds: float) -> bytes:
        self.socket.settimeout(seconds)
        received = self.socket.recv(PIECE)
        if not received:
            raise ConnectionResetError(None, "the server closed it")
        return received


def decoded(line: bytes) -> str:
    """A server's words: UTF-8, else what older servers in the West speak."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
