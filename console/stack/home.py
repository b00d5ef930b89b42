"""The folder that a stack lives in: who may call, tokens, keys, logs, and the lock that makes it ours."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

from chassis.auth import Role, hash_token, new_token
from chassis.secrets import KeyRing
from console.stack.errors import TokenMissing, VarInUse
from console.stack.ports import SERVICES

PERSON = "admin"  #: the principal who stands for whoever started the stack
LOG_BOUND = 16 * 1024 * 1024  #: bytes; a longer log is set aside at the next start


class StackHome:
    """var/lock, principals.toml, keyring, tokens/, addresses.json, log/; all private to the person."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self._lock = -1

    def open(self) -> None:
        """Takes the folder, and makes what is missing in it."""
        # As root the servers run as a user without rights, who passes through here to their folders.
        self.var.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        self._take_lock()
        for name in ("tokens", "log"):
            (self.var / name).mkdir(exist_ok=True, mode=0o700)
        if not self.keyring.exists():
            KeyRing.create(self.keyring)
        self._make_principals()

    def close(self) -> None:
        """Lets another stack have the folder."""
        if self._lock != -1:
            os.close(self._lock)
            self._lock = -1

    @property
    def keyring(self) -> Path:
        return self.var / "keyring"

    @property
    def principals(self) -> Path:
        return self.var / "principals.toml"

    def token(self, name: str) -> Path:
        """The file with a principal's token."""
        return self.var / "tokens" / name

    def log(self, process: str) -> Path:
        """The file that a process writes to."""
        return self.var / "log" / f"{process}.log"

    def fresh_log(self, process: str) -> Path:
        """The same, once an overlong one was set aside."""
        path = self.log(process)
        if path.exists() and path.stat().st_size > LOG_BOUND:
            path.replace(path.with_suffix(".log.1"))
        return path

    def note_addresses(self, addresses: Mapping[str, str]) -> None:
        """Writes down where the services answer, for commands that are given no address."""
        write_private(self.var / "addresses.json", json.dumps(addresses, indent=2) + "\n")

    def _take_lock(self) -> None:
        handle = os.open(self.var / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode()
            os.close(handle)
            raise VarInUse(self.var, holder) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        self._lock = handle

    def _make_principals(self) -> None:
        names = (PERSON, *SERVICES)
        if self.principals.exists():  # people may have added to it: it stays as it is
            for name in names:
                if not self.token(name).exists():
                    raise TokenMissing(self.token(name), self.principals)
            return
        for name in names:
            if not self.token(name).exists():
                write_private(self.token(name), new_token()[0] + "\n")
        write_private(self.principals, "\n".join(self._principal(name) for name in names))

    def _principal(self, name: str) -> str:
        roles = [Role.ADMIN, Role.OPERATOR, Role.VIEWER] if name == PERSON else [Role.SERVICE]
        token_hash = hash_token(self.token(name).read_text(encoding="ascii").strip())
        return (
            "[[principal]]\n"
            f"name = {json.dumps(name)}\n"
            f"token_hashes = {json.dumps([token_hash])}\n"
            f"roles = {json.dumps([role.value for role in roles])}\n"
        )


def write_private(path: Path, text: str) -> None:
    """Writes a file whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
