"""What a message consists of (BODYSTRUCTURE, RFC 3501 7.4.2): its attachments, and what they are called."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from urllib.parse import unquote_to_bytes

from services.delivery.gateways.imap.values import Malformed, Value, number, text

DEEPEST = 30  #: parts in parts; nobody sends more in good faith
_EXTENDED = re.compile(r"(?P<name>[^*]+)(?:\*(?P<piece>\d{1,3}))?(?P<encoded>\*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a message that bears a name, or is said to be an attachment."""

    number: str  #: `1`, `2.1`, as BODY[…] takes it
    encoding: str  #: lower case: base64, quoted-printable, 7bit, …
    size_bytes: int  #: as it is encoded
    name: str  #: as its sender wrote it; empty where it has none


def attachments(structure: Value) -> Iterator[Part]:
    """The attachments of a message; a message within it is one, and not looked into. Raises `Malformed`."""
    for number_of, part in _leaves(structure, ""):
        name = _name(part)
        if name or _disposition(part)[0] == "attachment":
            yield Part(number=number_of, encoding=text(part[5]).lower(), size_bytes=number(part[6]), name=name)


def _leaves(structure: Value, place: str) -> Iterator[tuple[str, list[Value]]]:
    if not isinstance(structure, list) or not structure or place.count(".") > DEEPEST:
        raise Malformed("a message consists of what cannot be read")
    if not isinstance(structure[0], list):
        if len(structure) < 7:
            raise Malformed("a part of a message is not described")
        yield place or "1", structure
        return
    for count, inner in enumerate(structure, 1):
        if not isinstance(inner, list):  # the kind of the whole, after its parts
            return
        yield from _leaves(inner, f"{place}.{count}" if place else str(count))


def _name(part: list[Value]) -> str:
    """The file name of its disposition, else the name of its kind."""
    return _parameter(_disposition(part)[1], "filename") or _parameter(_parameters(part[2]), "name")


def _disposition(part: list[Value]) -> tuple[str, Mapping[str, bytes]]:
    """Where the server tells it: behind as many fields as the kind of the part has."""
    kind = text(part[0]).lower() if not isinstance(part[0], list) else ""
    place = 9 if kind == "text" else 11 if (kind, text(part[1]).lower()) == ("message", "rfc822") else 8
    said = part[place] if len(part) > place else None
    if isinstance(said, bytes):  # the header as it stands, as some servers answer it against the standard
        header = Message()
        header["Content-Disposition"] = said.decode("utf-8", "replace")
        return header.get_content_disposition() or "", {"filename": _file_name(header).encode("utf-8", "replace")}
    if not isinstance(said, list) or not said or isinstance(said[0], list):
        return "", {}
    return text(said[0]).lower(), _parameters(said[1] if len(said) > 1 else None)


def _file_name(header: Message) -> str:
    try:
        return header.get_filename() or ""
    except (LookupError, ValueError):  # in an alphabet that is none
        return ""


def _parameters(values: Value) -> dict[str, bytes]:
    if not isinstance(values, list):
        return {}
    named = zip(values[::2], values[1::2], strict=False)
    return {text(name).lower(): value for name, value in named if isinstance(value, bytes)}


def _parameter(parameters: Mapping[str, bytes], wanted: str) -> str:
    """A parameter's text: in pieces or not, escaped or not (RFC 2231), or as many write it (RFC 2047)."""
    pieces: dict[int, tuple[bytes, bool]] = {}
    for name, value in parameters.items():
        match = _EXTENDED.fullmatch(name)
        if match is not None and match["name"] == wanted and (match["piece"] or match["encoded"]):
            pieces[int(match["piece"] or 0)] = (value, match["encoded"] is not None)
    if 0 not in pieces:
        return _decoded_words(parameters.get(wanted, b""))
    charset, raw = "utf-8", b""
    for count in range(len(pieces)):
        if count not in pieces:
            break
        value, escaped = pieces[count]
        if count == 0 and escaped and value.count(b"'") >= 2:
            said, _, value = value.split(b"'", 2)
            charset = said.decode("ascii", "replace") or charset
        raw += unquote_to_bytes(value) if escaped else value
    return _in_charset(raw, charset)


def _in_charset(raw: bytes, charset: str) -> str:
    """A sender may name any alphabet, also what is none: his message must not keep the others from being fetched."""
    try:
        return raw.decode(charset)
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _decoded_words(value: bytes) -> str:
    plain = _in_charset(value, "utf-8")
    if "=?" not in plain:
        return plain
    try:
        return str(make_header(decode_header(plain)))
    except (MessageError, LookupError, ValueError):
        return plain
