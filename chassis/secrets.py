"""Secrets at rest: encrypted with the first key of a ring, readable with every key of it."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from chassis.errors import BackroomError


class KeyRingRefused(BackroomError):
    """The file of keys cannot be used."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class SecretUnreadable(BackroomError):
    """A stored secret was encrypted with a key that the ring has no more."""

    def __init__(self) -> None:
        super().__init__(
            "a stored secret cannot be read with the keys at hand; put its key back or enter the secret again"
        )


class KeyRing:
    """Fernet keys. To rotate: put a new key first, restart, `rotate` what is stored, drop the old key."""

    def __init__(self, keys: list[Fernet]) -> None:
        self._ring = MultiFernet(keys)

    @classmethod
    def load(cls, path: Path) -> "KeyRing":
        """Reads one key a line; `#` begins a comment."""
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRingRefused(path, f"cannot be read ({type(error).__name__}); set BACKROOM_KEYRING") from error
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise KeyRingRefused(path, "holds no key; make one with KeyRing.create")
        try:
            return cls([Fernet(key) for key in keys])
        except ValueError:
            raise KeyRingRefused(path, "holds a line that is no key") from None  # the cause may show the line

    @classmethod
    def create(cls, path: Path) -> "KeyRing":
        """Writes a ring of one new key, readable by its owner only; never over a ring that exists."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise KeyRingRefused(path, "exists already; its keys may still be needed") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return cls.load(path)

    def encrypt(self, secret: str) -> str:
        """What may be stored."""
        return self._ring.encrypt(secret.encode()).decode("ascii")

    def decrypt(self, stored: str) -> str:
        """What was encrypted."""
        try:
            return self._ring.decrypt(stored.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable from None

    def rotate(self, stored: str) -> str:
        """The same secret under the first key."""
        try:
            return self._ring.rotate(stored.encode()).decode("ascii")
        except InvalidToken:
            raise SecretUnreadable from None
