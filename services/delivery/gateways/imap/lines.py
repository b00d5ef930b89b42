"""What is said over IMAP's wire (RFC 3501 4, 7): arguments of commands, and the lines of an answer."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.delivery.gateways.imap.values import Value, values_of

_CODE = re.compile(r"\[([^\]\s]+)(?: ([^\]]*))?\] ?")
_QUOTABLE = re.compile(rb"[ -~]{0,1000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a command went, or what the server thinks."""

    word: str  #: OK, NO, BAD, BYE, PREAUTH
    code: str = ""  #: for machines, upper case: TRYCREATE, APPENDUID, …
    arguments: str = ""  #: of the code
    text: str = ""  #: for people

    @property
    def words(self) -> str:
        """All of it in one short line."""
        code = f"[{self.code}] " if self.code else ""
        shown = "".join(sign for sign in " ".join(f"{code}{self.text}".split()) if sign.isprintable())
        return shown[:200] or self.word


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What the server says beside how it went: `* 12 FETCH (…)`."""

    keyword: str  #: FETCH, LIST, SEARCH, …
    line: bytes  #: what follows the keyword
    literals: Sequence[bytes] = ()

    def values(self) -> list[Value]:
        """Read. Raises `Malformed`."""
        return values_of(self.line, self.literals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that came until a command had ended."""

    status: Status
    remarks: Sequence[Status]  #: untagged ones
    data: Sequence[Data]

    @property
    def ok(self) -> bool:
        return self.status.word == "OK"

    def all(self, keyword: str) -> list[Data]:
        """Data of one kind."""
        return [data for data in self.data if data.keyword == keyword]

    def code(self, code: str) -> str | None:
        """The arguments of a code, wherever it stood."""
        return next((each.arguments for each in (self.status, *self.remarks) if each.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """An argument of known length that is not looked at on its way. What its chunks raise goes through."""

    size_bytes: int
    chunks: Iterable[bytes]


def string(content: str | bytes) -> bytes | Literal:
    """An argument: quoted where that is allowed, else a literal."""
    raw = content.encode() if isinstance(content, str) else content
    if _QUOTABLE.fullmatch(raw):
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return Literal(size_bytes=len(raw), chunks=[raw])


def parsed_status(word: str, rest: str) -> Status:
    """What follows OK, NO and the like."""
    code = _CODE.match(rest)
    if code is None:
        return Status(word=word, text=rest)
    return Status(word=word, code=code[1].upper(), arguments=code[2] or "", text=rest[code.end() :])
