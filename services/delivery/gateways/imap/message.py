"""A file as a message: headers that a repeat writes the same again, and one attachment, encoded as it is sent."""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote
from uuid import UUID

from services.delivery.gateways.media_types import media_type

LINE = 57  #: bytes that make a line of base64, 76 signs (RFC 2045 6.8)
BLOCK = LINE * 1024
#: Ours alone, and of nobody's domain (RFC 6761 6.4): a file keeps its Message-ID whichever machine sends it.
DOMAIN = "backroom.invalid"

_PIECES = re.compile(r"(?:%..|.){1,20}")  #: of an encoded name, each for a line; no sign is torn
#: Short, printable, of one space between words, and no encoded word: every reader reads it as it stands.
_PLAIN = re.compile(r"(?!.{61})(?!.*=\?)[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")
_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(?:\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMessage:
    """What is written of a file as a message; its length is known before its first byte is read."""

    identity: UUID  #: of the file
    subject: str
    account: str  #: its user name; stands for sender and recipient where it is an address
    file_name: str
    file_bytes: int
    sha256: str
    date: datetime

    @property
    def message_id(self) -> str:
        """Always the same for a file."""
        return f"<{self.identity}@{DOMAIN}>"

    @property
    def size_bytes(self) -> int:
        """Of the whole message."""
        lines = -(-self.file_bytes // LINE)
        return len(self._head()) + 4 * -(-self.file_bytes // 3) + 2 * lines + len(self._tail())

    def chunks(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """The message, around the file's bytes."""
        yield self._head()
        yield from _encoded(content)
        yield self._tail()

    def _head(self) -> bytes:
        address = self.account if _ADDRESS.fullmatch(self.account) else f"backroom@{DOMAIN}"
        lines = (
            f"Message-ID: {self.message_id}",
            f"Date: {format_datetime(self.date)}",
            f"From: Backroom <{address}>",
            f"To: <{address}>",
            f"Subject: {_subject(self.subject)}",
            f"X-Backroom-SHA256: {self.sha256}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{self._boundary}"',
            "",
            f"--{self._boundary}",
            f"Content-Type: {media_type(self.file_name)}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: attachment{_file_name(self.file_name)}",
            "",
            "",
        )
        return "\r\n".join(lines).encode("ascii")

    def _tail(self) -> bytes:
        return f"\r\n--{self._boundary}--\r\n".encode()

    @property
    def _boundary(self) -> str:
        return f"=_{self.identity.hex}"  # `=_` never occurs in base64


def _subject(text: str) -> str:
    """As it stands where nobody reads it otherwise, else in encoded words (RFC 2047)."""
    return text if _PLAIN.fullmatch(text) else Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _file_name(name: str) -> str:
    """The name as a parameter, in pieces that fit a line where it is not plain (RFC 2231)."""
    if _PLAIN.fullmatch(name):
        return f'; filename="{name}"'
    first, *others = _PIECES.findall(quote(name, safe=""))
    pieces = enumerate([f"utf-8''{first}", *others])
    return "".join(f";\r\n filename*{number}*={piece}" for number, piece in pieces)


def _encoded(content: Iterable[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for chunk in content:
        kept += chunk
        whole = len(kept) - len(kept) % LINE
        if whole >= BLOCK:
            yield _lines(kept[:whole])
            del kept[:whole]
    if kept:
        yield _lines(kept)


def _lines(content: bytes | bytearray) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
