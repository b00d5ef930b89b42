"""What must not lie in the database in clear: addresses that walk-in clients typed, passwords of servers."""

from typing import Protocol

from chassis.secrets import SecretUnreadable


class Sealer(Protocol):
    """Encrypts what must not lie about in clear."""

    def encrypt(self, secret: str) -> str:
        """What may be stored."""

    def decrypt(self, stored: str) -> str:
        """What was encrypted. Raises SecretUnreadable."""


def unsealed(sealer: Sealer, stored: str | None) -> str | None:
    """What was encrypted; None where it is gone, or the key ring lost its key."""
    try:
        return None if stored is None else sealer.decrypt(stored)
    except SecretUnreadable:  # its mail fails by itself; the others of the outbox do not wait for a key
        return None
