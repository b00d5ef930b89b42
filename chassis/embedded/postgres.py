"""A real PostgreSQL of our own: its databases are made here, its life is that of every embedded server."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import errors, sql

from chassis.embedded.account import ENVIRONMENT, Account
from chassis.embedded.child import Child, launched, text_to_read
from chassis.embedded.errors import FolderRefused
from chassis.embedded.home import Home
from chassis.embedded.programs import Programs, postgres_programs
from chassis.embedded.server import HOST, EmbeddedServer

USER = "backroom"
DATABASE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # loopback is the only way in, and no path can be too long
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    "wal_level": "minimal",  # nobody replicates it, and a COPY into a new table is then not logged twice
    "max_wal_senders": "0",
    "max_wal_size": "2GB",  # a bulk load is not slowed by checkpoints
    "checkpoint_timeout": "15min",
    "log_min_messages": "warning",
}
#: For tests: a crash of the machine may lose everything. A crash of the server still loses nothing that was
#: committed, so
#: synchronous_commit stays on: without fsync it costs one write.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on loopback, with a password, UTF-8 and UTC. `fast` gives up durability, for tests."""

    program: ClassVar[str] = "postgres"
    pid_file: ClassVar[str] = "postmaster.pid"
    #: fast shutdown (sessions are ended), immediate (recovers at the next start), none at all
    endings = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Path, *, port: int | None = None, fast: bool = False) -> None:
        super().__init__(folder, port=port)
        self._fast = fast
        self._password = ""

    @staticmethod
    def binary(name: str) -> Path:
        """The path of pg_dump, psql and their like; run them with PGPASSWORD or the URL's password."""
        return postgres_programs().path(name)

    def url(self, name: str) -> str:
        """The address of a database, for SQLAlchemy; it holds the password."""
        return f"postgresql+psycopg://{USER}:{self._password}@{HOST}:{self.port}/{name}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make the database unless it is there, as a copy of the template if given, and answer its URL.

        Nobody may be connected to the template meanwhile.
        """
        # By files: two checkpoints instead of every page through the log, a third of the time for a small template.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(_checked(name)), sql.Identifier(_checked(template or "template1"))
        )
        with self._connect() as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if there is None:
                try:
                    connection.execute(statement)
                except errors.DuplicateDatabase:  # made by another session since we looked: it is there
                    return self.url(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Delete the database, ending its sessions, if it is there."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_checked(name)))
            )

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=HOST, port=self.port, user=USER, password=self._password, dbname="postgres", autocommit=True
        )

    def _programs(self) -> Programs:
        return postgres_programs()

    def _prepare(self, home: Home, account: Account) -> None:
        version = home.data / "PG_VERSION"
        if version.exists():
            found, ours = version.read_text().strip(), home.programs.version.split(".")[0]
            if found != ours:
                raise FolderRefused(
                    home.data,
                    f"is of PostgreSQL {found}, these programs are {ours}; dump and load it, or remove it",
                )
            if not (home.folder / "password").exists():
                raise FolderRefused(home.folder, "its password file is gone; put it back, or remove the folder")
        self._password = home.password()
        if not version.exists():
            self._initdb(home, account)

    def _initdb(self, home: Home, account: Account) -> None:
        data = home.make_data("data.new")
        words = [
            str(home.bin / "initdb"),
            f"--pgdata={data}",
            f"--username={USER}",
            "--auth=scram-sha-256",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            # The password is 192 random bits, which nothing needs to stretch: a connection costs a third of
            # the time.
            "--set=scram_iterations=1",
        ]
        if self._fast:
            words.append("--no-sync")
        command = launched(words, account, at_death=signal.SIGKILL)
        secret = text_to_read(self._password + "\n", account)
        log = home.open_log()
        try:
            start_of_log = os.fstat(log).st_size
            done = subprocess.run(
                command,
                stdin=secret,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                check=False,
                start_new_session=True,
            )
        finally:
            os.close(log)
            os.close(secret)
        if done.returncode != 0:
            raise self._failed(home, "could not make its data folder", home.end_of_log(start_of_log))
        home.data_is_whole("data.new")

    def _command(self, home: Home, port: int) -> tuple[list[str], str]:
        settings = SETTINGS | (FAST_SETTINGS if self._fast else {}) | {"port": str(port)}
        words = [str(home.bin / self.program), "-D", str(home.data)]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        return words, ""

    def _answers(self, home: Home, child: Child, port: int) -> bool:
        # Its own note says "ready" on the last line, as pg_ctl reads it; the first shows that it is our
        # child's.
        try:
            lines = (home.data / self.pid_file).read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready"


def _checked(name: str) -> str:
    if DATABASE_NAME.fullmatch(name) is None:
        raise ValueError(f"database name {name!r}: at most 63 of a-z, 0-9 and _, a letter first")
    return name
