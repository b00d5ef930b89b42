"""What holds for every test: a skipped one, or one expected to fail, fails the session; and the servers they use."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.database import Database
from chassis.embedded import EmbeddedPostgres, EmbeddedValkey, FolderInUse, FolderRefused
from chassis.migrations import migrate
from chassis.operations import Kind

SKIPPED = pytest.StashKey[list[str]]()
MEMORY, ROOM = Path("/dev/shm"), 2 << 30  # a file system of its own on Linux; bytes
IN_MEMORY = "backroom-tests-"
SERVERS = Path(__file__).with_name("servers")  #: tests that need Debian's servers: `make test-servers`


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SKIPPED] = []
    config.pluginmanager.register(SkipsFail(config.stash[SKIPPED]))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Tests against Debian's servers run where they are asked for by their path."""
    asked = [(config.invocation_params.dir / each.split("::")[0]).resolve() for each in config.args]
    return (collection_path == SERVERS and not any(each.is_relative_to(SERVERS) for each in asked)) or None


class SkipsFail:
    """Turns a session with skipped tests into a failed one, and names them."""

    def __init__(self, skipped: list[str]) -> None:
        self._skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._skipped and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for nodeid in self._skipped:
            terminalreporter.write_line(f"skipped, which counts as failed: {nodeid}", red=True)


class SilentBell:
    """A bell nobody hears: tests drain by hand."""

    def __init__(self, kinds: Mapping[str, Kind] | None = None) -> None:
        self.kinds = kinds
        self.rung: list[str] = []

    def lane_of(self, kind: str) -> str:
        return "default" if self.kinds is None else self.kinds[kind].lane

    def ring(self, lane: str, operations: int = 1) -> None:
        self.rung.append(lane)

    def close(self) -> None:
        """There is no broker to say goodbye to."""


@pytest.fixture
def bell() -> SilentBell:
    return SilentBell()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(in_memory() or tmp_path_factory.mktemp("postgres"), fast=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def in_memory() -> Path | None:
    """A folder in memory, where there is room for one. What a killed session has left there goes first.

    On a disk, making and dropping thousands of databases of hundreds of files takes longer than the tests themselves.
    """
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return None
    for left in MEMORY.glob(f"{IN_MEMORY}*"):
        with suppress(FolderInUse, FolderRefused):  # another session's, at work just now, or another user's
            EmbeddedPostgres(left).remove()
    return MEMORY / f"{IN_MEMORY}{uuid4().hex}" if shutil.disk_usage(MEMORY).free >= ROOM else None


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"))
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def templates(postgres: EmbeddedPostgres) -> Callable[[str | None], str]:
    """Migrates each service's schema once; databases of tests are copies."""

    @cache
    def template(migrations: str | None) -> str:
        name = f"template_{(migrations or 'chassis').replace('.', '_')}"
        database = Database(postgres.create_database(name), application_name="test-template")
        migrate(database, migrations)
        database.close()
        return name

    return template


@pytest.fixture
def make_database(
    postgres: EmbeddedPostgres, templates: Callable[[str | None], str]
) -> Iterator[Callable[[str | None], Database]]:
    """Makes fresh databases, migrated to what a service's migrations say; None has chassis' tables alone."""
    made: list[tuple[str, Database]] = []

    def make(migrations: str | None = None) -> Database:
        name = f"test_{uuid4().hex}"
        url = postgres.create_database(name, template=templates(migrations))
        database = Database(url, application_name=name, pool_size=10)
        made.append((name, database))
        return database

    yield make
    for name, database in made:
        database.close()
        postgres.drop_database(name)
