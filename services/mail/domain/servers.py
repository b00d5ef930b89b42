"""A mail server that somebody names for a mail, in the place of mail's own: as it is typed, and as it is used."""

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum

import idna

from chassis.errors import FieldProblem
from services.mail.domain.address import Address, BadAddress, parse_address

LONGEST_ACCOUNT = 320
LONGEST_PASSWORD = 1000
NO_ADDRESS = "is no address; write host or host:port, e.g. mail.example:587"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Security(StrEnum):
    """How a connection is protected."""

    NONE = "none"  #: not at all; for a server on the same machine
    STARTTLS = "starttls"  #: upgraded before anything is said; refused where the server cannot
    TLS = "tls"  #: from the first byte


PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedServer:
    """What was typed, unchecked."""

    address: str
    user_name: str
    password: str = field(repr=False)
    security: Security
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnServer:
    """A server that takes a mail in the place of mail's own."""

    host: str  #: ASCII name in lower case, or IP address without brackets
    port: int
    security: Security
    user_name: str  #: empty: no login
    password: str | None = field(repr=False)  #: None where it is gone: the mail has left, or the key ring lost its key
    sender: Address | None  #: None: mail's own

    @property
    def address(self) -> str:
        """`host:port`, as it is shown and as mails are grouped by."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_server(typed: TypedServer) -> tuple[OwnServer | None, list[FieldProblem]]:
    """The server, or what is wrong with each field."""
    problems: list[FieldProblem] = []
    where = None
    try:
        where = _address(typed.address, typed.security)
    except ValueError as error:
        problems.append(FieldProblem("server.address", str(error)))
    if len(typed.user_name) > LONGEST_ACCOUNT or _CONTROL.search(typed.user_name):
        problems.append(FieldProblem("server.user_name", f"give at most {LONGEST_ACCOUNT} printable characters"))
    if len(typed.password) > LONGEST_PASSWORD or _CONTROL.search(typed.password):
        problems.append(FieldProblem("server.password", f"give at most {LONGEST_PASSWORD} printable characters"))
    if typed.user_name and not typed.password:
        problems.append(FieldProblem("server.password", "is missing; give the account's, or leave out the account"))
    if typed.password and not typed.user_name:
        problems.append(FieldProblem("server.user_name", "is missing; the password belongs to an account"))
    if where is not None and typed.user_name and typed.security is Security.NONE and not _is_loopback(where[0]):
        problems.append(
            FieldProblem("server.security", "would send the password in clear; choose STARTTLS or TLS, or no account")
        )
    sender = None
    try:
        sender = parse_address(typed.sender) if typed.sender else None
    except BadAddress as error:
        problems.append(FieldProblem("server.sender", str(error)))
    if where is None or problems:
        return None, problems
    server = OwnServer(
        host=where[0],
        port=where[1],
        security=typed.security,
        user_name=typed.user_name,
        password=typed.password,
        sender=sender,
    )
    return server, []


def _address(typed: str, security: Security) -> tuple[str, int]:
    """Host and port. Raises ValueError."""
    text = typed.strip()
    if not text:
        raise ValueError("is missing; write host or host:port, e.g. mail.example:587")
    if ":" not in text or _is_ip(_bare(text)):
        return _host(_bare(text)), PORTS[security]
    host, _, port = text.rpartition(":")
    if ":" in host and _bare(host) == host:
        raise ValueError(NO_ADDRESS)
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise ValueError("has no port between 1 and 65535 after the colon")
    return _host(_bare(host)), int(port)


def _bare(host: str) -> str:
    """Without the brackets that an IPv6 address may stand in."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _host(text: str) -> str:
    if _is_ip(text):
        return str(ipaddress.ip_address(text))
    try:
        host = idna.encode(text, uts46=True).decode("ascii").lower().removesuffix(".")
    except idna.IDNAError as error:
        raise ValueError(NO_ADDRESS) from error
    labels = host.split(".")
    if len(host) > 253 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(NO_ADDRESS)
    return host


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """True where nobody outside this machine can listen in; a name may resolve to anything."""
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)
