"""E-mail addresses as they travel in an SMTP envelope."""

import re
from dataclasses import dataclass

import idna

LONGEST_ADDRESS = 254  #: RFC 5321, 4.5.3.1.3, without its angle brackets
LONGEST_LOCAL_PART = 64
TOO_LONG = f"is too long; an address has at most {LONGEST_LOCAL_PART} characters before the @, {LONGEST_ADDRESS} in all"

# RFC 5322 dot-atom. Quoted local parts are legal and never meant by a person who types one.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class BadAddress(ValueError):
    """The text is no address that can be written to; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, its domain in ASCII and lower case (IDNA 2008)."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def masked(self) -> str:
        """Enough to recognise it, too little to write to it."""
        return f"{self.local[0]}…@{self.domain}"


def parse_address(text: str) -> Address:
    """Reads one bare address. Raises BadAddress."""
    typed = text.strip()
    if len(typed) > LONGEST_ADDRESS:  # before anything costs time
        raise BadAddress(TOO_LONG)
    local, at, domain = typed.rpartition("@")
    if not at or not local or not domain:
        raise BadAddress("is not an e-mail address; write name@domain")
    if not local.isascii():
        raise BadAddress("has letters outside ASCII before the @, which many servers refuse; use another address")
    # "=?" begins encoded text (RFC 2047), which the header it is written into would decode, line breaks included.
    if not _LOCAL_PART.fullmatch(local) or "=?" in local:
        raise BadAddress("has characters before the @ that no e-mail address has; write name@domain")
    address = Address(local, _ascii_domain(domain))
    if len(local) > LONGEST_LOCAL_PART or len(str(address)) > LONGEST_ADDRESS:
        raise BadAddress(TOO_LONG)
    return address


def plausible_address(text: str) -> Address | None:
    """The address, where it could be one; people type anything into a client's record."""
    try:
        return parse_address(text)
    except BadAddress:
        return None


def _ascii_domain(domain: str) -> str:
    try:
        encoded = idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadAddress(f"has a domain that cannot exist ({error}); write name@domain") from error
    labels = encoded.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise BadAddress("has a domain that cannot exist; write name@domain")
    return encoded
