"""Places that receive files, and give them."""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import TransferOptions

DESTINATION_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Security(Enum):
    """How a connection is protected."""

    NONE = "none"
    EXPLICIT = "explicit"  #: upgraded before anything is said (AUTH TLS, STARTTLS)
    IMPLICIT = "implicit"  #: TLS from the first byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose certificates are believed."""

    certificate: str = ""  #: PEM, believed beside the system's authorities
    unverified: bool = False  #: any is believed; told loudly


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPath:
    """A folder of the server."""

    folder: str  #: absolute, below an allowed root

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("server-path", self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A folder of our own that stands for a destination in training mode."""

    folder: str  #: absolute

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("sandbox", self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """An SFTP server."""

    host: str
    port: int
    user_name: str
    host_key: HostKeyPin | None  #: None only while a person has still to approve it
    folder: str  #: absolute or relative to the login's; empty: the login's
    login: Login

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("sftp", self.host.lower(), str(self.port), self.user_name, self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ftp:
    """An FTP server."""

    host: str
    port: int
    user_name: str
    security: Security
    trust: Trust
    active: bool  #: the server connects to us for data
    folder: str  #: absolute or relative to the login's; empty: the login's
    login: Login  #: only its password counts

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("ftp", self.host.lower(), str(self.port), self.user_name, self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imap:
    """A folder of an IMAP account; each file becomes a message."""

    host: str
    port: int
    user_name: str
    security: Security
    trust: Trust
    folder: str  #: levels separated by `/`; empty: INBOX
    login: Login  #: only its password counts

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("imap", self.host.lower(), str(self.port), self.user_name, self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server of a destination's own."""

    host: str
    port: int
    security: Security
    user_name: str  #: empty: no login
    login: Login  #: only its password counts
    sender: str  #: empty: mail's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """Addresses that get each file as an attachment."""

    recipients: tuple[str, ...]
    subject: str
    server: MailServer | None  #: None: mail's own

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("email", *self.recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What a newer release has stored and this one does not understand: it is shown, and nothing is sent there."""

    protocol: str

    @property
    def place(self) -> str:
        """Where files land: nowhere that this release knows."""
        return _digest("unread", self.protocol)


Method = ServerPath | Sftp | Ftp | Imap | Email | Sandbox | Unread
#: What holds messages rather than files: nothing is renamed there, nothing replaced, nothing resumed.
Postal = Imap | Email

PROTOCOLS: dict[type[Method], str] = {
    ServerPath: "server-path",
    Sftp: "sftp",
    Ftp: "ftp",
    Imap: "imap",
    Email: "email",
    Sandbox: "sandbox",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A place that receives files, as people call it."""

    id: str
    display_name: str
    method: Method
    transfer: TransferOptions
    version: int  #: grows with each change by a person
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """Its resource name."""
        return destination_name(self.id)

    @property
    def protocol(self) -> str:
        """`server-path`, `sftp`, `ftp`, `imap`, `email`, `sandbox`, or what a newer release calls it."""
        return self.method.protocol if isinstance(self.method, Unread) else PROTOCOLS[type(self.method)]

    @property
    def key(self) -> str:
        """Tells it from the others, and its sandbox from itself."""
        return sandbox_key(self.id) if isinstance(self.method, Sandbox) else self.id

    def in_sandbox(self, root: str) -> "Destination":
        """What stands for it in training mode: nothing of the real one is left in it but its name."""
        return replace(self, method=Sandbox(folder=f"{root}/{self.id}"), transfer=TransferOptions())


def sandbox_key(destination: str) -> str:
    """What tells a destination's sandbox from itself; no id holds a `/`."""
    return f"sandbox/{destination}"


def destination_name(destination: str) -> str:
    """The resource name of a destination's id."""
    return f"destinations/{destination}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
