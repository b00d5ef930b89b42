"""The pinned identity of a server."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_KEY_TYPE = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))")


@dataclass(frozen=True, slots=True)
class HostKeyPin:
    """The key a server must present, as a person wrote it: a fingerprint, or the key itself."""

    text: str

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` without padding, as ssh-keygen shows it."""
        blob = _blob(self.text)
        return self.text.rstrip("=") if blob is None else fingerprint(blob)

    @property
    def key_type(self) -> str | None:
        """The kind of the key, where the pin says it; a fingerprint does not."""
        found = _KEY_TYPE.search(self.text) if _blob(self.text) is not None else None
        return found[1] if found else None

    def matches(self, blob: bytes) -> bool:
        """Whether a presented key (in its form on the wire) is the pinned one."""
        return fingerprint(blob) == self.fingerprint


def host_key_problem(text: str) -> str | None:
    """What is wrong with a pin and what to do, or None where it can be used."""
    if _FINGERPRINT.fullmatch(text) or _blob(text) is not None:
        return None
    if not text:
        return "give the server's host key, as its keeper tells it; without it anyone could pose as the server"
    return "give the fingerprint `SHA256:…` (43 signs after the colon) or the key as `ssh-ed25519 AAAA…`"


def fingerprint(blob: bytes) -> str:
    """`SHA256:…` of a key in its form on the wire."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _blob(text: str) -> bytes | None:
    """The key of `[host] <type> <base64> [comment]`, or None where the text is not of that form."""
    words = text.split()
    for kind, encoded in pairwise(words):
        if _KEY_TYPE.fullmatch(kind):
            try:
                blob = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                return None
            # The key names its own kind once more: a length of four bytes, then the name.
            return blob if blob[4 : 4 + len(kind)] == kind.encode() else None
    return None
