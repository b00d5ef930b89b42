"""Places that receive files."""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.delivery.domain.failures import SecretLost
from services.delivery.domain.host_keys import HostKeyPin

DEFAULT_SFTP_PORT = 22
KEY_SCHEME = "privkey://"
DESTINATION_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")


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
class Login:
    """What proves who we are. Never shown: its fields stay out of representations."""

    password: str | None = field(repr=False, default=None)
    private_key: str | None = field(repr=False, default=None)
    passphrase: str | None = field(repr=False, default=None)
    unreadable: bool = False  #: secrets are stored, but the key ring no longer opens them


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """An SFTP server."""

    host: str
    port: int
    user_name: str
    host_key: HostKeyPin
    folder: str  #: absolute or relative to the login's; empty: the login's
    login: Login

    @property
    def place(self) -> str:
        """Where files land, as one comparable value."""
        return _digest("sftp", self.host.lower(), str(self.port), self.user_name, self.folder)


Method = ServerPath | Sftp | Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A place that receives files, as people call it."""

    id: str
    display_name: str
    method: Method
    version: int  #: grows with each change by a person
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """Its resource name."""
        return destination_name(self.id)

    @property
    def protocol(self) -> str:
        """`server-path`, `sftp`, or `sandbox`."""
        match self.method:
            case ServerPath():
                return "server-path"
            case Sftp():
                return "sftp"
            case Sandbox():
                return "sandbox"

    @property
    def key(self) -> str:
        """Tells it from the others, and its sandbox from itself."""
        return sandbox_key(self.id) if isinstance(self.method, Sandbox) else self.id

    def in_sandbox(self, root: str) -> "Destination":
        """What stands for it in training mode: nothing of the real one is left in it but its name."""
        return replace(self, method=Sandbox(folder=f"{root}/{self.id}"))


def sandbox_key(destination: str) -> str:
    """What tells a destination's sandbox from itself; no id holds a `/`."""
    return f"sandbox/{destination}"


def destination_name(destination: str) -> str:
    """The resource name of a destination's id."""
    return f"destinations/{destination}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLogin:
    """Log in with the destination's private key."""

    private_key: str = field(repr=False)
    passphrase: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLogin:
    """Log in with a password."""

    password: str = field(repr=False)


def wants_key(password: str | None) -> bool:
    """Whether the password field holds the form `privkey://[name][:passphrase]` instead of a password."""
    return password is not None and password.startswith(KEY_SCHEME)


def ways_to_log_in(login: Login) -> tuple[KeyLogin | PasswordLogin, ...]:
    """The ways to try, in their order; empty where nothing usable is stored. Raises `SecretLost`."""
    if login.unreadable:
        raise SecretLost
    passphrase = login.passphrase
    password = login.password
    if password is not None and password.startswith(KEY_SCHEME):
        _, colon, typed = password.removeprefix(KEY_SCHEME).partition(":")
        passphrase, password = (typed if colon and typed else passphrase), None
    ways: list[KeyLogin | PasswordLogin] = []
    if login.private_key:
        ways.append(KeyLogin(private_key=login.private_key, passphrase=passphrase or None))
    if password:
        ways.append(PasswordLogin(password=password))
    return tuple(ways)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
