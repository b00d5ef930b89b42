"""SFTP version 3 as it is on the wire (draft-ietf-secsh-filexfer-02): requests packed, answers read, never believed."""

import struct
from dataclasses import dataclass
from enum import IntEnum

VERSION = 3
INIT, VERSION_ANSWER = 1, 2
STATUS, HANDLE, DATA, NAME, ATTRS, EXTENDED_REPLY = 101, 102, 103, 104, 105, 201

LONGEST = 1 << 20  #: bytes of an answer; nothing that is asked for here is longer


class Asked(IntEnum):
    """Kinds of requests."""

    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    STAT = 17
    RENAME = 18
    EXTENDED = 200


class Code(IntEnum):
    """What a status says; servers have more of their own."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    UNSUPPORTED = 8


class Opened(IntEnum):
    """How a file is opened."""

    READ = 0x01
    WRITE = 0x02
    CREATE = 0x08
    TRUNCATE = 0x10


SIZE, OWNER, MODE, TIMES, MORE = 0x1, 0x2, 0x4, 0x8, 0x80000000  #: which attributes follow
NO_ATTRIBUTES = struct.pack(">I", 0)


class ServerStatus(Exception):
    """The server refused a request, in its own words."""

    def __init__(self, code: int, answer: str) -> None:
        super().__init__(answer or f"status {code}")
        self.code = code
        self.answer = answer or f"status {code}"


class Garbled(Exception):
    """What came is not SFTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What a server tells of a file."""

    size: int | None = None
    mode: int | None = None
    modified: int | None = None  #: seconds since 1970


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, its number taken off."""

    kind: int
    body: bytes

    def check(self) -> None:
        """Raises `ServerStatus` where it is a refusal; a request that has nothing to tell is answered with OK."""
        if self.kind != STATUS:
            raise Garbled(f"answer {self.kind} instead of a status")
        if (refusal := self.refusal) is not None:
            raise refusal

    @property
    def refusal(self) -> ServerStatus | None:
        """What it refuses with; None where it is something else."""
        if self.kind != STATUS:
            return None
        reader = Reader(self.body)
        code = reader.number()
        words = reader.text() if reader.left else ""  # some servers leave the words out
        return None if code == Code.OK else ServerStatus(code, " ".join(words.split())[:200])

    def read(self, kind: int) -> "Reader":
        """Its body, where it is of this kind. Raises `ServerStatus`."""
        if (refusal := self.refusal) is not None:
            raise refusal
        if self.kind != kind:
            raise Garbled(f"answer {self.kind} instead of {kind}")
        return Reader(self.body)

    def attributes(self) -> Attributes:
        """What it tells of a file. Raises `ServerStatus`."""
        return self.read(ATTRS).attributes()

    def handle(self) -> bytes:
        """The handle of what was opened. Raises `ServerStatus`."""
        return self.read(HANDLE).string()


class Reader:
    """Reads a body from its beginning; what is cut short is `Garbled`."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that have not been read."""
        return len(self._body) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes as they are."""
        if count > self.left:
            raise Garbled("an answer is cut short")
        self._at += count
        return self._body[self._at - count : self._at]

    def number(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4), "big")

    def long(self) -> int:
        """Eight bytes."""
        return int.from_bytes(self.take(8), "big")

    def string(self) -> bytes:
        """A length and so many bytes."""
        return self.take(self.number())

    def text(self) -> str:
        """A string for people or a name; what is no UTF-8 stays as it came (surrogates)."""
        return self.string().decode(errors="surrogateescape")

    def attributes(self) -> Attributes:
        """What a server tells of a file."""
        flags = self.number()
        size = self.long() if flags & SIZE else None
        if flags & OWNER:
            self.take(8)
        mode = self.number() if flags & MODE else None
        modified = None
        if flags & TIMES:
            self.number()  # of the last reading
            modified = self.number()
        if flags & MORE:
            for _ in range(self.number()):
                self.string()
                self.string()
        return Attributes(size=size, mode=mode, modified=modified)


def string(value: bytes) -> bytes:
    """A length and so many bytes."""
    return struct.pack(">I", len(value)) + value


def path(value: str) -> bytes:
    """A path; names that came from the server go back as they came."""
    return string(value.encode(errors="surrogateescape"))


def number(value: int) -> bytes:
    """Four bytes."""
    return struct.pack(">I", value)


def long(value: int) -> bytes:
    """Eight bytes."""
    return struct.pack(">Q", value)


def head(kind: int, request: int, size: int) -> bytes:
    """What stands before a request's body of `size` bytes."""
    return struct.pack(">IBI", size + 5, kind, request)
