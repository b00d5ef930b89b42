"""Embedded runs a real PostgreSQL and a real Valkey from wheels, as our own children on loopback; never in
production.
"""

from chassis.embedded.errors import (
    EmbeddedError,
    EmbeddedUnavailable,
    FolderInUse,
    FolderRefused,
    PortTaken,
    ServerFailed,
)
from chassis.embedded.postgres import EmbeddedPostgres
from chassis.embedded.valkey import EmbeddedValkey

__all__ = [
    "EmbeddedError",
    "EmbeddedPostgres",
    "EmbeddedUnavailable",
    "EmbeddedValkey",
    "FolderInUse",
    "FolderRefused",
    "PortTaken",
    "ServerFailed",
]
