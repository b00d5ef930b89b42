"""Names of IMAP folders: modified UTF-7 (RFC 3501 5.1.3), the server's separator, and the namespace of the account."""

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

INBOX = "INBOX"
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")


class NameNotPossible(Exception):
    """The server has no way to hold a folder of this name."""


def encoded(name: str) -> bytes:
    """A folder's name as it crosses the wire, always printable ASCII."""
    out = bytearray()
    shifted = ""
    for sign in name:
        if not " " <= sign <= "~":
            shifted += sign
            continue
        out += _shift(shifted)
        shifted = ""
        out += b"&-" if sign == "&" else sign.encode("ascii")
    return bytes(out + _shift(shifted))


def decoded(name: bytes) -> str:
    """A folder's name as people read it. What is no modified UTF-7 is taken as it stands."""
    out = ""
    rest = 0
    for run in _SHIFTED.finditer(name):
        out += name[rest : run.start()].decode(errors="replace") + _unshift(run[1])
        rest = run.end()
    return out + name[rest:].decode(errors="replace")


def _shift(text: str) -> bytes:
    if not text:
        return b""
    base64 = binascii.b2a_base64(text.encode("utf-16-be"), newline=False)
    return b"&" + base64.rstrip(b"=").replace(b"/", b",") + b"-"


def _unshift(run: bytes) -> str:
    if not run:
        return "&"
    try:
        padded = run.replace(b",", b"/") + b"=" * (-len(run) % 4)
        return binascii.a2b_base64(padded).decode("utf-16-be")
    except ValueError:  # of base64 and of UTF-16 both
        return f"&{run.decode('ascii')}-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a server names the folders of an account (RFC 3501 5.1, RFC 2342)."""

    separator: str  #: between levels; empty: there are no levels
    prefix: str = ""  #: that the account's own folders begin with, `INBOX.` at some servers
    others: Sequence[str] = ()  #: prefixes of folders that are shared or of other people

    def names(self, folder: str) -> tuple[str, ...]:
        """What has to be there, outermost first; the last is the folder itself. Raises `NameNotPossible`.

        Our levels are separated by `/`. A prefix that the person has not typed is put before them.
        """
        levels = [level for level in folder.split("/") if level] or [INBOX]
        if levels[0].upper() == INBOX:  # the one name whose case does not count
            levels[0] = INBOX
        if len(levels) > 1 and not self.separator:
            raise NameNotPossible("this server knows no folders within folders; give a name without /")
        if self.separator and any(self.separator in level for level in levels):
            raise NameNotPossible(f"{self.separator} separates levels at this server; use / for that, or another sign")
        stages = [self.separator.join(levels[:depth]) for depth in range(1, len(levels) + 1)]
        root = next((each for each in (self.prefix, *self.others) if each and stages[-1].startswith(each)), None)
        if root is not None:  # what the prefix consists of is there already
            return tuple(stage for stage in stages if len(stage + self.separator) > len(root))
        return tuple(stages if stages == [INBOX] else [self.prefix + stage for stage in stages])
