"""Who may call: principals with token hashes, roles and rights, from a file that is read again on change."""

import enum
import hashlib
import secrets
import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.errors import BackroomError, NotAllowed, NotAuthenticated

log = structlog.get_logger()

LOOK_AGAIN = 1.0  #: seconds between two looks at the file


class Role(enum.Enum):
    """What a principal is trusted with. Each of the first three includes those before it."""

    VIEWER = "viewer"  #: reads
    OPERATOR = "operator"  #: changes what the shop works with
    ADMIN = "admin"  #: changes who and how
    SERVICE = "service"  #: another service: as viewer and operator, and may speak for an owner

    def covers(self, needed: "Role") -> bool:
        """Whether who has this role may do what `needed` is asked for."""
        return needed in _COVERED[self]


_COVERED = {
    Role.VIEWER: {Role.VIEWER},
    Role.OPERATOR: {Role.VIEWER, Role.OPERATOR},
    Role.ADMIN: {Role.VIEWER, Role.OPERATOR, Role.ADMIN},
    Role.SERVICE: {Role.VIEWER, Role.OPERATOR, Role.SERVICE},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who may call: a person or a service."""

    name: str
    roles: frozenset[Role]
    rights: frozenset[str] = frozenset()  #: rights per action, where an action asks for one
    stores: frozenset[str] = frozenset()  #: codes of the stores it is confined to; empty means every store
    locale: str = "fr"
    email: str = ""

    def has(self, role: Role) -> bool:
        """Whether one of its roles covers `role`."""
        return any(mine.covers(role) for mine in self.roles)

    def sees_store(self, code: str) -> bool:
        """Whether it may work on this store."""
        return not self.stores or code in self.stores


class PrincipalsRefused(BackroomError):
    """The file of principals cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    token_hashes: list[str] = []
    roles: list[Role] = Field(min_length=1)
    rights: list[str] = []
    stores: list[str] = []
    locale: str = "fr"
    email: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    principal: list[_Entry] = []


@dataclass(frozen=True, slots=True)
class _Snapshot:
    by_hash: dict[str, Principal]
    by_name: dict[str, Principal]
    stamp: tuple[int, int, int]  #: mtime in nanoseconds, size, inode


class Principals:
    """The principals of a file. A change is seen within a second; a broken one is logged and ignored."""

    def __init__(self, path: Path, *, look_again: float = LOOK_AGAIN) -> None:
        self._path = path
        self._look_again = look_again
        self._lock = threading.Lock()
        self._snapshot = _read(path)
        self._refused_stamp: tuple[int, int, int] | None = None
        self._looked = time.monotonic()

    def authenticate(self, token: str) -> Principal:
        """The principal who has this token; NotAuthenticated where nobody has."""
        if not token:
            raise NotAuthenticated("the call brings no token")
        principal = self._current().by_hash.get(hash_token(token))
        if principal is None:
            raise NotAuthenticated("nobody has this token")
        return principal

    def get(self, name: str) -> Principal | None:
        """The principal of this name, or None where it has gone."""
        return self._current().by_name.get(name)

    def with_role(self, role: Role) -> list[Principal]:
        """Those who have this very role, in the order of their names."""
        return sorted(
            (each for each in self._current().by_name.values() if role in each.roles), key=lambda each: each.name
        )

    def _current(self) -> _Snapshot:
        with self._lock:
            if time.monotonic() - self._looked >= self._look_again:
                self._looked = time.monotonic()
                self._reload()
            return self._snapshot

    def _reload(self) -> None:
        stamp: tuple[int, int, int] | None = None
        try:
            stamp = _stamp(self._path)
            if stamp in (self._snapshot.stamp, self._refused_stamp):
                return
            self._snapshot = _read(self._path)
        except (PrincipalsRefused, OSError) as error:
            self._refused_stamp = stamp
            log.error("principals file refused, the last good one stays", error=str(error))
        else:
            log.info("principals reloaded", principals=len(self._snapshot.by_name))


def new_token() -> tuple[str, str]:
    """A fresh token and its hash for the principals file."""
    token = secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    """How a token stands in the file. Tokens are long and random, so a plain hash cannot be guessed back."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> _Snapshot:
    try:
        stamp = _stamp(path)
        entries = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).principal
    except OSError as error:
        raise PrincipalsRefused(path, f"cannot be read ({error.strerror}); set BACKROOM_PRINCIPALS") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PrincipalsRefused(path, f"is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PrincipalsRefused(path, f"{where}: {first['msg']}") from None  # the cause shows token hashes
    by_hash: dict[str, Principal] = {}
    by_name: dict[str, Principal] = {}
    for entry in entries:
        principal = Principal(
            name=entry.name,
            roles=frozenset(entry.roles),
            rights=frozenset(entry.rights),
            stores=frozenset(entry.stores),
            locale=entry.locale,
            email=entry.email,
        )
        if entry.name in by_name:
            raise PrincipalsRefused(path, f"{entry.name} stands in it twice")
        by_name[entry.name] = principal
        for token_hash in entry.token_hashes:
            if not token_hash.startswith("sha256:") or len(token_hash) != 71:
                raise PrincipalsRefused(path, f"a token hash of {entry.name} is not sha256: and 64 hexadecimal digits")
            if token_hash in by_hash:
                raise PrincipalsRefused(path, f"{entry.name} and {by_hash[token_hash].name} have the same token")
            by_hash[token_hash] = principal
    return _Snapshot(by_hash, by_name, stamp)


def check_owner(principals: Principals, name: str) -> Principal:
    """The owner of a task's work. Raises `NotAllowed` where it has gone, or may not change what the shop works with."""
    owner = principals.get(name)
    if owner is None or not owner.has(Role.OPERATOR):
        raise NotAllowed(name or "an unnamed owner", "an owner with the role operator in the principals file")
    return owner
