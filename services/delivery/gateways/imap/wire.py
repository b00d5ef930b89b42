"""The wire of IMAP (RFC 3501): commands out, whatever their size, and answers in, of bounded length.

imaplib is not used: it neither quotes nor encodes, keeps the last commands (with their passwords), reads literals
of any length into memory, writes them only from memory, and takes the words out of a BAD.
"""

import math
import re
import socket
import ssl
import time

from services.delivery.gateways.imap.lines import Answer, Data, Literal, Status, parsed_status

BLOCK = 64 << 10
LONGEST_LINE = 8 << 20
LONGEST_LITERAL = 4 << 20
LONGEST_ANSWER = 32 << 20  #: all that a server may say to one command, as it lies in memory
LINE_COST = 500  #: bytes that a line costs beside its words
MOST_WAITS = 10  #: times its patience that a server gets for a whole answer, saying now and then that it is still there
STATUSES = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})

_LITERAL_FOLLOWS = re.compile(rb"\{(\d{1,20})\}$")
_BREAKS = re.compile(rb"[\r\n\0]")


class WireFailed(Exception):
    """Nothing more can be said or heard."""


class Silent(WireFailed):
    """The server did not answer in time."""


class Ended(WireFailed):
    """The connection is gone."""


class NotImap(WireFailed):
    """What came is no IMAP, or more of it than anybody needs."""


class Bye(WireFailed):
    """The server ends the session, in its own words."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.words)
        self.status = status


class Wire:
    """One connection. A failure in the middle of a command leaves it `broken`."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        self._count = 0
        self._longest = math.inf  #: seconds that an answer may take
        self._end_of_answer = math.inf  #: by the monotonic clock
        self.broken = False

    def settle(self, seconds: float) -> None:
        """How long the server may be silent from now on."""
        self._socket.settimeout(seconds)
        self._longest = MOST_WAITS * seconds

    def close(self) -> None:
        """Ends the connection, whatever was under way."""
        self.broken = True
        self._socket.close()

    def greeting(self) -> Status:
        """The server's first words: OK, or PREAUTH. Raises `Bye`."""
        self._wait()
        said = self._read()
        if not isinstance(said, tuple) or said[0] != b"*" or not isinstance(said[1], Status):
            raise NotImap("its first words are not those of an IMAP server")
        if said[1].word not in {"OK", "PREAUTH"}:
            raise NotImap("its first words are not those of an IMAP server")
        return said[1]

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Goes on under TLS. Raises what the handshake raises."""
        if self._buffer:  # said in clear by whoever stands between, to be taken for the server's own words
            raise NotImap("it went on in clear after it had been asked for TLS")
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def ask(self, *arguments: bytes | Literal) -> Answer:
        """Sends a command and waits for its end."""
        heard = self._begin()
        line = bytearray(heard.tag)
        for argument in arguments:
            line += b" "
            if isinstance(argument, bytes):
                if _BREAKS.search(argument):
                    raise ValueError("an argument would break the line")
                line += argument
                continue
            self._send(line + b"{%d}\r\n" % argument.size_bytes)
            line.clear()
            if not self._may_go_on(heard):
                break
            refusal = self._stream(argument, heard)
            if refusal is not None:
                return heard.answer(refusal)
        else:
            self._send(line + b"\r\n")
        return self._end(heard)

    def ask_in_turns(self, command: bytes, reply: bytes) -> Answer:
        """Sends a command that the server asks a question about, once (AUTHENTICATE)."""
        heard = self._begin()
        self._send(b"%b %b\r\n" % (heard.tag, command))
        if self._may_go_on(heard):
            self._send(reply + b"\r\n")
        return self._end(heard)

    def _begin(self) -> "_Heard":
        if self.broken:
            raise Ended("the connection was given up")
        self.broken = True  # until the answer is whole
        self._count += 1
        return _Heard(b"B%d" % self._count)

    def _wait(self) -> None:
        """From now on it is the server's turn."""
        self._end_of_answer = time.monotonic() + self._longest

    def _end(self, heard: "_Heard") -> Answer:
        self._wait()
        while heard.status is None:
            if self._hear(heard):
                raise NotImap("it asks for more where there is no more")
        self.broken = False
        return heard.answer(heard.status)

    def _stream(self, literal: Literal, heard: "_Heard") -> Status | None:
        """Sends it. A server that hung up meanwhile may have said why; then that is answered."""
        sent = 0
        for chunk in literal.chunks:
            sent += len(chunk)
            if sent > literal.size_bytes:
                break
            try:
                self._send(chunk)
            except Ended as ended:
                return self._hear_why(heard, ended)
        if sent != literal.size_bytes:
            raise ValueError("a literal is not as long as it was said to be")
        return None

    def _hear_why(self, heard: "_Heard", ended: Ended) -> Status:
        self._wait()
        try:
            while heard.status is None:
                self._hear(heard)
            return heard.status
        except (Ended, Silent, NotImap) as error:
            raise ended from error  # it had nothing to say; that it is gone is what counts

    def _may_go_on(self, heard: "_Heard") -> bool:
        """Whether the server asks for the literal; else it has refused the command."""
        self._wait()
        while heard.status is None:
            if self._hear(heard):
                return True
        return False

    def _hear(self, heard: "_Heard") -> bool:
        """Takes in one line of the answer; says whether it asks for more."""
        said = self._read()
        if said is None:
            return True
        tag, content = said
        if isinstance(content, Data):
            heard.data.append(content)
            heard.size += len(content.line) + sum(map(len, content.literals))
        elif tag == heard.tag:
            heard.status = content
        elif tag == b"*":
            heard.remarks.append(content)
            heard.size += len(content.text) + len(content.arguments)
        else:
            raise NotImap("it answers what was not asked")
        heard.size += LINE_COST
        if heard.size > LONGEST_ANSWER:
            raise NotImap("its answer does not end")
        return False

    def _read(self) -> tuple[bytes, Status | Data] | None:
        """One line with its literals; None where it asks us to go on. Raises `Bye`."""
        line = self._line()
        if line[:1] == b"+":
            return None
        tag, _, rest = line.partition(b" ")
        word, _, after = rest.partition(b" ")
        keyword = word.decode("ascii", "replace").upper()
        if keyword in STATUSES:
            status = parsed_status(keyword, after.decode("utf-8", "replace"))
            if keyword == "BYE":
                raise Bye(status)
            return tag, status
        if tag != b"*" or not word:
            raise NotImap("it speaks something else")
        literals: list[bytes] = []
        whole = bytearray(rest)
        size = 0
        while follows := _LITERAL_FOLLOWS.search(line):
            literals.append(self._literal(int(follows[1])))
            line = self._line()
            whole += line
            size += len(literals[-1]) + LINE_COST
            if len(whole) > LONGEST_LINE or size > LONGEST_ANSWER:
                raise NotImap("its lines do not end")
        content = bytes(whole)
        if keyword.isdecimal():
            _, _, content = content.partition(b" ")
            keyword = content.partition(b" ")[0].decode("ascii", "replace").upper()
        return tag, Data(keyword=keyword, line=content.partition(b" ")[2], literals=literals)

    def _line(self) -> bytes:
        looked = 0
        while (end := self._buffer.find(b"\n", looked)) < 0:
            looked = len(self._buffer)
            if looked > LONGEST_LINE:
                raise NotImap("its lines do not end")
            self._fill()
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def _literal(self, size: int) -> bytes:
        if size > LONGEST_LITERAL:
            raise NotImap(f"it answers {size} bytes where less was asked for")
        while len(self._buffer) < size:
            self._fill()
        content = bytes(self._buffer[:size])
        del self._buffer[:size]
        return content

    def _fill(self) -> None:
        if time.monotonic() > self._end_of_answer:
            raise Silent
        try:
            received = self._socket.recv(BLOCK)
        except TimeoutError as error:
            raise Silent from error
        except OSError as error:
            raise Ended(str(error)) from error
        if not received:
            raise Ended("it hung up")
        self._buffer += received

    def _send(self, content: bytes | bytearray) -> None:
        try:
            with memoryview(content) as view:
                for start in range(0, len(view), BLOCK):  # each gets the time of an answer, and lines are slow
                    self._socket.sendall(view[start : start + BLOCK])
        except TimeoutError as error:
            raise Silent from error
        except OSError as error:
            raise Ended(str(error)) from error


class _Heard:
    """What has come so far to a command."""

    def __init__(self, tag: bytes) -> None:
        self.tag = tag
        self.status: Status | None = None
        self.remarks: list[Status] = []
        self.data: list[Data] = []
        self.size = 0

    def answer(self, status: Status) -> Answer:
        return Answer(status=status, remarks=self.remarks, data=self.data)
