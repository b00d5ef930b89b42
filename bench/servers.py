"""The servers that a benchmark measures on: durable as `backroom up` runs them, fresh, and gone afterwards."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from chassis.embedded import EmbeddedPostgres, EmbeddedValkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """One PostgreSQL and one Valkey, for our side and for everybody it is compared with."""

    folder: Path  #: a place for files, gone afterwards
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey

    def settle(self) -> None:
        """Writes out what earlier work left dirty, so that nobody pays for another's."""
        with psycopg.connect(dsn_of(self.postgres.url("postgres")), autocommit=True) as connection:
            connection.execute("CHECKPOINT")

    @property
    def pids(self) -> Mapping[str, int]:
        """Their process numbers, by name."""
        return {"postgres": self.postgres.pid, "valkey": self.valkey.pid}

    def remember_commits(self) -> None:
        """Has every transaction's commit kept with its time, so that a row tells when others could see it."""
        with psycopg.connect(dsn_of(self.postgres.url("postgres")), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        self.postgres.stop()
        self.postgres.start()


@contextmanager
def started() -> Iterator[Servers]:
    """Starts both; ends and deletes them."""
    with tempfile.TemporaryDirectory() as folder:
        postgres, valkey = EmbeddedPostgres(Path(folder) / "postgres"), EmbeddedValkey(Path(folder) / "valkey")
        try:
            postgres.start()
            valkey.start()
            yield Servers(folder=Path(folder), postgres=postgres, valkey=valkey)
        finally:
            valkey.remove()
            postgres.remove()


def dsn_of(url: str) -> str:
    """The address as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")
