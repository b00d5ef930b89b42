"""An SFTP session over a channel: requests go out together, each answer finds who asked.

paramiko's own client drops the answers to pipelined writes, so that a full disk ends without an error, and spends a
packet a request. Here every answer is looked at, and small requests share packets. It stands on paramiko's public
`Channel` alone.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType

import paramiko

from services.delivery.gateways.sftp.transport import Transport
from services.delivery.gateways.sftp.wire import (
    EXTENDED_REPLY,
    INIT,
    LONGEST,
    VERSION,
    VERSION_ANSWER,
    Answer,
    Asked,
    Garbled,
    Reader,
    ServerStatus,
    head,
    number,
    string,
)

LIMITS = b"limits@openssh.com"
EVERY_SERVER_TAKES = 32 * 1024  #: bytes of a read or write
MOST_A_REQUEST = 255 * 1024  #: what OpenSSH takes; fewer requests cost less
FLUSH = 256 * 1024  #: bytes that wait for company, at most
PACKET = 32 * 1024 - 64  #: what OpenSSH lets pass in one packet, as paramiko cuts it
NAP, NAPS = 0.001, 8  #: seconds of a wait for room in the channel's window, and how many of them at most

Receive = Callable[[Answer], None]


class Broken(Exception):
    """The connection ended, or nothing came in time."""

    def __init__(self, words: str, *, timed_out: bool) -> None:
        super().__init__(words)
        self.timed_out = timed_out


class Session:
    """One SFTP session. Not for two threads."""

    def __init__(self, transport: Transport, channel: paramiko.Channel, timeout: float) -> None:
        self._transport = transport
        self._packets = transport.packetizer
        self._channel = channel
        self._timeout = timeout  #: seconds
        self._roomy = channel.out_window_size // 4
        self._out: list[bytes] = []
        self._out_size = 0
        self._in = bytearray()
        self._asked = 0
        self._waiting: dict[int, Receive] = {}
        self.extensions = self._greet()
        self.write_size, self.read_size = self._sizes()

    @property
    def under_way(self) -> int:
        """Requests without an answer."""
        return len(self._waiting)

    def post(self, kind: Asked, body: bytes, receive: Receive, data: bytes = b"") -> None:
        """Lets a request go out with the next ones; `data` follows its body."""
        self._asked = (self._asked + 1) & 0xFFFFFFFF
        self._waiting[self._asked] = receive
        request = head(kind, self._asked, len(body) + len(data)) + body
        self._out.append(request)
        self._out_size += len(request) + len(data)
        if data:
            self._out.append(data)
        if self._out_size >= FLUSH:
            self.flush()

    def flush(self) -> None:
        """Sends what waits."""
        if not self._out:
            return
        out = b"".join(self._out)
        self._out.clear()
        self._out_size = 0
        self._send(out)

    def pump(self) -> None:
        """Sends what waits and receives at least one answer."""
        self.flush()
        begun = time.monotonic()
        while not self._dispatch():
            self._check_time(begun)
            self._receive()

    def poll(self) -> None:
        """Hands out the answers that have come; waits for none."""
        while self._channel.recv_ready():
            self._receive()
            self._dispatch()

    def ask(self, kind: Asked, body: bytes) -> Answer:
        """One request and its answer, whatever else is under way."""
        answers: list[Answer] = []
        self.post(kind, body, answers.append)
        while not answers:
            self.pump()
        return answers[0]

    def _send(self, out: bytes) -> None:
        at = 0
        with BREAKING, self._packets.together():
            while at < len(out):
                self._find_room()
                sent = self._channel.send(out[at : at + PACKET])
                if not sent:
                    raise Broken("the server ended the session", timed_out=False)
                at += sent

    def _find_room(self) -> None:
        """Waits, not long, until a good part of the window is free: what comes in crumbs is also freed in crumbs."""
        if self._channel.out_window_size >= PACKET:
            return
        self._packets.flush()
        for _ in range(NAPS):
            if self._channel.out_window_size >= self._roomy:
                return
            time.sleep(NAP)

    def _receive(self) -> None:
        with BREAKING:
            data = self._channel.recv(FLUSH)
        if not data:
            raise Broken("the server ended the session", timed_out=False)
        self._in += data

    def _check_time(self, begun: float) -> None:
        """The channel's own time is of silence; an answer in crumbs would be waited for without an end.

        Each part as long as the smallest read gets the time of an answer: lines are slow.
        """
        if time.monotonic() - begun > self._timeout * (1 + len(self._in) // EVERY_SERVER_TAKES):
            raise Broken("an answer did not come whole in time", timed_out=True)

    def _dispatch(self) -> int:
        """Hands out the answers that are whole; tells how many."""
        ready: list[tuple[Receive, Answer]] = []
        at = 0
        while (packet := self._packet(at)) is not None:
            at += 4 + len(packet)
            if len(packet) < 5:
                raise Garbled("an answer is cut short")
            receive = self._waiting.pop(int.from_bytes(packet[1:5], "big"), None)
            if receive is None:
                raise Garbled("an answer to what was never asked")
            ready.append((receive, Answer(packet[0], packet[5:])))
        del self._in[:at]
        for receive, answer in ready:
            receive(answer)
        return len(ready)

    def _packet(self, at: int) -> bytes | None:
        if len(self._in) - at < 4:
            return None
        length = int.from_bytes(self._in[at : at + 4], "big")
        if length > LONGEST:
            raise Garbled(f"an answer of {length} bytes")
        if len(self._in) - at - 4 < length:
            return None
        return bytes(self._in[at + 4 : at + 4 + length])

    def _greet(self) -> Mapping[bytes, bytes]:
        self._send(number(5) + bytes([INIT]) + number(VERSION))
        begun = time.monotonic()
        while (packet := self._packet(0)) is None:
            self._check_time(begun)
            try:
                self._receive()
            except Broken as error:
                if self._transport.is_active() and not error.timed_out:
                    raise Garbled("it ends the SFTP session at once") from error
                raise
        del self._in[: 4 + len(packet)]
        if not packet or packet[0] != VERSION_ANSWER:
            raise Garbled("it does not answer as an SFTP server")
        reader = Reader(packet[1:])
        reader.number()  # what is newer than asked for is spoken as asked for
        extensions: dict[bytes, bytes] = {}
        while reader.left:
            name = reader.string()
            extensions[name] = reader.string()
        return extensions

    def _sizes(self) -> tuple[int, int]:
        """The longest write and read that the server takes."""
        if LIMITS not in self.extensions:
            return EVERY_SERVER_TAKES, EVERY_SERVER_TAKES
        try:
            reader = self.ask(Asked.EXTENDED, string(LIMITS)).read(EXTENDED_REPLY)
        except ServerStatus:
            return EVERY_SERVER_TAKES, EVERY_SERVER_TAKES
        reader.long()  # of a packet
        read, write = reader.long(), reader.long()
        return (min(write or EVERY_SERVER_TAKES, MOST_A_REQUEST), min(read or EVERY_SERVER_TAKES, MOST_A_REQUEST))


class _Breaking:
    """Turns what the channel raises into `Broken`. No generator: it is passed again and again."""

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError | EOFError | paramiko.SSHException):
            words = " ".join(str(error).split())[:200] or type(error).__name__
            raise Broken(words, timed_out=isinstance(error, TimeoutError)) from error


BREAKING = _Breaking()


def open_session(transport: Transport, timeout: float) -> Session:
    """Opens the SFTP subsystem; its answer, and every later one, must come within `timeout` seconds."""
    channel = transport.open_session(timeout=timeout)
    channel.settimeout(timeout)
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with suppress(OSError, EOFError, paramiko.SSHException):  # the server is gone: that ends the wait as well
            channel.close()

    watch = threading.Timer(timeout, give_up)  # paramiko itself waits for this answer without an end
    watch.daemon = True
    watch.start()
    try:
        channel.invoke_subsystem("sftp")
    except paramiko.SSHException as error:
        if late.is_set():
            raise TimeoutError("the subsystem was not opened in time") from error
        raise
    finally:
        watch.cancel()
    return Session(transport, channel, timeout)
