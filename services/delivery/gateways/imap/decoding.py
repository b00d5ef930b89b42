"""The bytes of an attachment, out of its transfer encoding (RFC 2045 6), as they come."""

import binascii
import re
from collections.abc import Iterable, Iterator

LONGEST_LINE = 1 << 20  #: of quoted-printable; a longer one is cut where nothing is torn
PLAIN = frozenset({"", "7bit", "8bit", "binary"})

_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_LINE_END = re.compile(rb"[ \t]+(\r?\n)")


class Damaged(Exception):
    """The encoding is broken: what would come out is not what was put in."""


def decoded(encoding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What was put in. Raises `Damaged`."""
    match encoding:
        case "base64":
            return _base64(chunks)
        case "quoted-printable":
            return _quoted_printable(chunks)
        case encoding if encoding in PLAIN:
            return iter(chunks)
    raise Damaged(f"it is encoded as {encoding[:40]!r}, which nobody uses any more")


def _base64(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Up to the padding; mailing lists write lines of their own after it."""
    kept = b""
    for chunk in chunks:
        kept += _NO_BASE64.sub(b"", chunk)
        body, padding, _ = kept.partition(b"=")
        if padding:
            kept = body
            break
        whole = len(kept) - len(kept) % 4
        if whole:
            yield binascii.a2b_base64(kept[:whole])
        kept = kept[whole:]
    if len(kept) % 4 == 1:
        raise Damaged("its base64 breaks off")
    if kept:
        yield binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _quoted_printable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    kept = b""
    for chunk in chunks:
        kept += chunk
        end = kept.rfind(b"\n") + 1
        if not end and len(kept) > LONGEST_LINE:
            escape = kept.find(b"=", len(kept) - 2)  # its two signs may still be coming
            end = len(kept) if escape < 0 else escape
        if end:
            yield binascii.a2b_qp(_LINE_END.sub(rb"\1", kept[:end]))
        kept = kept[end:]
    if kept:
        yield binascii.a2b_qp(_LINE_END.sub(rb"\1", kept))
