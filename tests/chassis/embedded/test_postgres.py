"""The life of an embedded PostgreSQL, against the real one."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from chassis.embedded import EmbeddedPostgres, EmbeddedUnavailable, FolderInUse, PortTaken
from chassis.embedded.account import server_account
from chassis.embedded.leftover import is_server_of
from chassis.embedded.programs import Programs, postgres_programs

OWNER_OF_A_SERVER = """
import sys, threading, time
from pathlib import Path
from chassis.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), fast=True)
starter = threading.Thread(target=server.start)
starter.start()
starter.join()
time.sleep(0.3)
print(server.pid, server.create_database("shop"), flush=True)
time.sleep(600)
"""

ORDINARY_USER = """
import os, sys
from pathlib import Path
from chassis.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]) / "postgres", fast=True) as server:
    server.create_database("shop")
    print(os.geteuid(), os.stat(f"/proc/{server.pid}").st_uid)
"""


@pytest.fixture(scope="module")
def server(module_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(module_folder / "postgres", fast=True)
    yield server
    server.remove()


@pytest.fixture
def postgres(server: EmbeddedPostgres) -> EmbeddedPostgres:
    """One folder for all tests, running; each test has a database of its own name."""
    server.start()
    return server


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        answer = connection.execute(question)
        return row[0] if answer.description and (row := answer.fetchone()) else None


def test_data_survives_a_stop_and_a_crash(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("shop")
    ask(url, "CREATE TABLE kept AS SELECT 'é' AS letter")
    postgres.start()
    postgres.stop()
    assert not postgres.is_running()
    postgres.stop()
    postgres.start()
    ask(url, "INSERT INTO kept VALUES ('ż')")
    postgres.kill()
    assert not postgres.is_running()
    postgres.start()
    assert ask(postgres.url("shop"), "SELECT string_agg(letter, '') FROM kept") == "éż"


def test_a_crash_with_a_query_at_work_is_recovered_from(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("shop").replace("+psycopg", "")
    busy = psycopg.connect(url)
    # Computes without ever looking up, so it outlives the postmaster and holds the shared memory.
    endless = "SELECT count(*) FROM generate_series(1, 100000000) AS a WHERE md5(a::text) = ''"
    busy.pgconn.send_query(endless.encode())
    time.sleep(0.1)
    postgres.kill()
    postgres.start()
    assert ask(postgres.url("shop"), "SELECT 1") == 1
    busy.close()


def test_the_server_speaks_utf8_and_utc_and_wants_the_password(postgres: EmbeddedPostgres) -> None:
    url = postgres.url("postgres")
    settings = "current_setting('server_encoding') || current_setting('TimeZone')"
    locale = "datlocprovider::text || datlocale"
    said = ask(url, f"SELECT {settings} || {locale} FROM pg_database WHERE datname = 'template1'")
    assert said == "UTF8UTCbC.UTF-8"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host="127.0.0.1", port=postgres.port, user="backroom", dbname="postgres", password="guess")
    secret = postgres.folder / "password"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text() in url


def test_databases_are_made_once_copied_from_templates_and_dropped(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("mould")
    ask(url, "CREATE TABLE cast_ (number int)")
    ask(postgres.create_database("copy", template="mould"), "INSERT INTO cast_ VALUES (1)")
    assert ask(postgres.create_database("copy"), "SELECT count(*) FROM cast_") == 1
    with psycopg.connect(postgres.url("copy").replace("+psycopg", "")):
        postgres.drop_database("copy")
    postgres.drop_database("copy")
    assert ask(url, "SELECT count(*) FROM pg_database WHERE datname = 'copy'") == 0
    with pytest.raises(ValueError, match="database name"):
        postgres.create_database('shop"; --')


def test_two_servers_live_side_by_side_and_a_taken_port_is_named(postgres: EmbeddedPostgres, open_folder: Path) -> None:
    other = EmbeddedPostgres(open_folder / "other", port=postgres.port, fast=True)
    with pytest.raises(PortTaken, match=str(postgres.port)):
        other.start()
    assert not other.is_running()
    with EmbeddedPostgres(open_folder / "other", fast=True) as free:
        assert free.port != postgres.port
        assert ask(free.url("postgres"), "SELECT 1") == 1


def test_a_free_port_that_somebody_took_meanwhile_is_replaced(postgres: EmbeddedPostgres) -> None:
    earlier = postgres.port
    postgres.stop()
    with socket.create_server(("127.0.0.1", earlier)):
        postgres.start()
        assert postgres.port != earlier


def test_a_folder_is_served_by_one_process(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
        EmbeddedPostgres(postgres.folder).start()
    assert ask(postgres.url("postgres"), "SELECT 1") == 1


def test_a_server_ends_with_a_killed_owner_and_the_folder_starts_again(open_folder: Path) -> None:
    folder = open_folder / "postgres"
    owner = subprocess.Popen([sys.executable, "-c", OWNER_OF_A_SERVER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    said = owner.stdout.readline().split()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    server = EmbeddedPostgres(folder, fast=True)
    server.start()
    assert not is_server_of(int(said[0]), folder / "data")
    assert ask(server.url("shop"), "SELECT current_database()") == "shop"
    server.remove()


def test_a_leftover_server_is_ended_and_replaced(postgres: EmbeddedPostgres) -> None:
    postgres.create_database("shop")
    postgres.stop()
    account = server_account()
    data = postgres.folder / "data"
    stray = subprocess.Popen(
        [str(postgres.binary("postgres")), "-D", str(data), "-c", f"port={postgres.port}",
         "-c", "unix_socket_directories="],
        user=account.uid, group=account.gid, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    while not (data / "postmaster.pid").exists():
        time.sleep(0.01)
    postgres.start()
    assert stray.wait(timeout=5) == 0, "a shutdown in order"
    assert postgres.pid != stray.pid
    assert ask(postgres.url("shop"), "SELECT 1") == 1


def test_a_stale_note_that_names_a_living_stranger_harms_nobody(postgres: EmbeddedPostgres) -> None:
    postgres.kill()
    account = server_account()
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=account.uid, group=account.gid)
    note = postgres.folder / "data" / "postmaster.pid"
    note.write_text(note.read_text().replace(note.read_text().split("\n")[0], str(stranger.pid), 1))
    postgres.start()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_private_checkout_is_served_with_its_programs_and_its_data_found_again(tmp_path: Path) -> None:
    programs = postgres_programs()
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for name in programs.needed:
        (private / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (programs.root / name).is_dir() else shutil.copy2
        copy(programs.root / name, private / name)

    class Private(EmbeddedPostgres):
        def _programs(self) -> Programs:
            return replace(programs, root=private)

    with Private(private / "postgres", fast=True) as server:
        ask(server.create_database("shop"), "CREATE TABLE kept AS SELECT 7 AS number")
        run = Path(f"/proc/{server.pid}/exe").readlink()
    with Private(private / "postgres", fast=True) as server:
        assert ask(server.url("shop"), "SELECT number FROM kept") == 7
        assert Path(f"/proc/{server.pid}/exe").readlink() == run
        place = Path(str(ask(server.url("shop"), "SHOW data_directory"))).parent
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    as_root = os.geteuid() == 0  # an ordinary user reaches its own folders, and everything stays there
    assert (place.is_relative_to(private), run.is_relative_to(private)) == (not as_root, not as_root)
    assert (place.stat().st_uid, stat.S_IMODE(place.stat().st_mode)) == (server_account().uid, 0o700)
    server.remove()
    assert not place.exists()
    assert run.exists() == (not as_root)


def test_an_ordinary_user_runs_the_server_as_itself(open_folder: Path) -> None:
    account = server_account()
    os.chown(open_folder, account.uid, account.gid)
    words = [sys.executable, "-c", ORDINARY_USER, str(open_folder)]
    if account.other:  # our Python may lie in root's home: the user may read everything, and is ordinary otherwise
        may_read = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
        words = [
            "setpriv",
            f"--reuid={account.uid}",
            f"--regid={account.gid}",
            "--clear-groups",
            *may_read,
            *words,
        ]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr, done.stdout.split()) == ("", [str(account.uid)] * 2)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(postgres: EmbeddedPostgres) -> None:
    assert os.getsid(postgres.pid) == postgres.pid
    assert os.getsid(postgres.pid) != os.getsid(0)


def test_client_programs_are_found_and_a_missing_one_says_what_to_install() -> None:
    said = subprocess.run([EmbeddedPostgres.binary("pg_dump"), "--version"], capture_output=True, text=True, check=True)
    assert " 18." in said.stdout
    with pytest.raises(EmbeddedUnavailable, match=r"backroom\[embedded\]"):
        EmbeddedPostgres.binary("pg_nothing")


def test_a_server_that_ends_by_itself_is_noticed_and_can_be_started_again(postgres: EmbeddedPostgres) -> None:
    os.kill(postgres.pid, signal.SIGTERM)
    end = time.monotonic() + 5
    while postgres.is_running() and time.monotonic() < end:
        time.sleep(0.01)
    assert not postgres.is_running()
    postgres.start()
    assert ask(postgres.url("postgres"), "SELECT 1") == 1
