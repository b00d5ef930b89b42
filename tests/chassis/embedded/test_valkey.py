"""The life of an embedded Valkey, against the real one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chassis.embedded import EmbeddedValkey, PortTaken
from chassis.embedded.leftover import is_server_of

OWNER_OF_A_SERVER = """
import sys, time
from pathlib import Path
from chassis.embedded import EmbeddedValkey
server = EmbeddedValkey(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
time.sleep(600)
"""


def ping(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return bool(client.ping())


def test_a_valkey_answers_to_its_url_alone_and_again_after_a_crash(open_folder: Path) -> None:
    with EmbeddedValkey(open_folder / "valkey") as server:
        url = server.url
        assert ping(url)
        with (
            redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        server.kill()
        assert not server.is_running()
        server.start()
        assert (server.url, ping(url)) == (url, True)
    assert not server.is_running()


def test_a_private_checkout_is_served_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    private = tmp_path / "checkout"
    private.mkdir(mode=0o700)
    with EmbeddedValkey(private / "valkey") as server:
        assert ping(server.url)
        with redis.Redis.from_url(server.url) as client:
            place = Path(client.config_get("dir")["dir"])
    server.remove()
    assert not place.exists()
    assert list(private.iterdir()) == []


def test_a_taken_port_is_named_and_a_free_one_is_found(open_folder: Path) -> None:
    with EmbeddedValkey(open_folder / "one") as one, pytest.raises(PortTaken, match=str(one.port)):
        EmbeddedValkey(open_folder / "two", port=one.port).start()
    with EmbeddedValkey(open_folder / "one") as one, EmbeddedValkey(open_folder / "two") as two:
        assert one.port != two.port
        assert ping(two.url)


def test_no_argument_and_no_environment_shows_the_password(open_folder: Path) -> None:
    with EmbeddedValkey(open_folder / "valkey") as server:
        password = (open_folder / "valkey" / "password").read_text()
        shown = "".join(Path(f"/proc/{server.pid}/{file}").read_text() for file in ("cmdline", "environ"))
        assert str(open_folder / "valkey" / "data") in shown
        assert password not in shown


def test_a_server_ends_with_a_killed_owner_and_the_folder_starts_again(open_folder: Path) -> None:
    folder = open_folder / "valkey"
    owner = subprocess.Popen([sys.executable, "-c", OWNER_OF_A_SERVER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    with EmbeddedValkey(folder) as server:
        assert not is_server_of(pid, folder / "data")
        assert ping(server.url)
        assert os.getsid(server.pid) == server.pid
