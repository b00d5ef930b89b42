"""Addresses of e-mail, as far as their form tells (RFC 5321)."""

import re

LONGEST_ADDRESS, LONGEST_LOCAL_PART = 254, 64
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def comparable(address: str) -> str:
    """The same for two spellings of one address, whose domain may be in ASCII (IDNA) or as people write it."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii').lower()}"


def mail_address_problem(address: str) -> str | None:
    """What is wrong with an address and what to do, or None where it can be used."""
    local, at, domain = address.rpartition("@")
    if not at or len(address) > LONGEST_ADDRESS or len(local) > LONGEST_LOCAL_PART:
        return "give one address such as shop@example.com"
    try:
        labels = domain.encode("idna").decode("ascii").split(".")
    except UnicodeError:
        labels = []
    # "=?" begins encoded text (RFC 2047), which a header would decode, line breaks included.
    plausible = LOCAL_PART.fullmatch(local) is not None and "=?" not in local
    if not plausible or len(labels) < 2 or labels[-1].isdigit() or not all(map(LABEL.fullmatch, labels)):
        return "give one address such as shop@example.com, without a name or brackets around it"
    return None
