"""Real workers are killed at every milestone of a sending, and in mid-file; another one ends it as if nothing was."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Database
from chassis.embedded import EmbeddedValkey
from chassis.embedded.server import free_ports
from chassis.operations import OperationState
from chassis.secrets import KeyRing
from services.delivery.application.ports import Milestone
from services.delivery.domain.transfer_options import Existing
from tests.conftest import SilentBell
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House
from tests.waiting import until

ROOT = Path(__file__).parents[2]
OLD = b"yesterday;1\n" * 3000
DIRECTLY = {"write_directly": True}
KEEP_BOTH = {"existing": Existing.KEEP_BOTH}
RENAMING = {Milestone.RENAMING_RECORDED, Milestone.RENAMED}
MIB = 1 << 20

Begin = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def house(make_database: Callable[[str | None], Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Its files and secrets are those of the workers."""
    monkeypatch.setattr("tests.delivery.house.KEYRING", KeyRing.create(tmp_path / "keyring"))
    return House(make_database("services.delivery.storage.migrations"), SilentBell(), tmp_path)


@pytest.fixture
def begin(house: House, valkey: EmbeddedValkey, tmp_path: Path) -> Iterator[Begin]:
    """Starts a worker that dies at a milestone of a file, or lives."""
    (tmp_path / "principals.toml").touch()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BACKROOM_")}
    environment = ours | {
        "BACKROOM_DATABASE_URL": house.database.url,
        "BACKROOM_BROKER_URL": valkey.url,
        "BACKROOM_VAR": str(tmp_path),
        "BACKROOM_KEYRING": str(tmp_path / "keyring"),
        "BACKROOM_PRINCIPALS": str(tmp_path / "principals.toml"),
        "BACKROOM_LEASE": "3s",
        "BACKROOM_HEARTBEAT": "250ms",
        "BACKROOM_RELAY": "100ms",
    }
    begun: list[subprocess.Popen[bytes]] = []

    def start(*dies_at: str) -> subprocess.Popen[bytes]:
        ports = [f"127.0.0.1:{port}" for port in free_ports(2)]
        listens = dict(zip(("BACKROOM_HEALTH_LISTEN", "BACKROOM_METRICS_LISTEN"), ports, strict=True))
        command = [sys.executable, "-m", "tests.delivery.work_process", *dies_at]
        with (tmp_path / "work.log").open("ab") as log:
            begun.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=environment | listens, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            )
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait(10)


def all_is_over(house: House, attempts: list[UUID]) -> None:
    """Waits for it, and looks that nothing is left."""
    until(lambda: all(house.operation(each).state is OperationState.SUCCEEDED for each in attempts), seconds=30)
    house.sweep(orphan_age=timedelta(0))()
    assert house.on_disk() == []


@pytest.mark.parametrize(
    "options",
    [{}, {"concurrency": 1}, KEEP_BOTH, DIRECTLY],
    ids=["together", "one by one", "keep both", "directly"],
)
def test_whichever_step_kills_a_worker_each_file_arrives_once_and_whole(
    house: House, far_end: FarEnd, begin: Begin, options: Mapping[str, Any]
) -> None:
    """Each worker dies of the second of three files, in the place of which lies one of yesterday."""
    expected: dict[str, bytes] = {}
    attempts: list[UUID] = []
    (far_end.root / "in").mkdir()
    for run, milestone in enumerate((each for each in Milestone if options is not DIRECTLY or each not in RENAMING), 1):
        names = [f"{milestone.name}-{place}.csv" for place in range(3)]
        contents = {name: f"{name};{run}\n".encode() * 4000 for name in names}
        (far_end.root / "in" / names[1]).write_bytes(OLD)
        house.destination(name := f"shop-{run}", far_end.method(folder="in"), **options)
        files = [
            house.stage(contents[name], file_name=name, ordinal=place, run=run) for place, name in enumerate(names)
        ]
        attempts.append(house.seal(*files, destination=name, run=run))
        if options is KEEP_BOTH:
            contents |= {names[1]: OLD, f"{milestone.name}-1 (2).csv": contents[names[1]]}
        expected |= {f"in/{name}": content for name, content in contents.items()}
        assert begin(milestone.name, names[1]).wait(30) == -signal.SIGKILL
        for path, content in far_end.files().items():
            assert path.startswith("in/.backroom-") or options is DIRECTLY or content in (expected[path], OLD)
    begin()
    all_is_over(house, attempts)
    assert far_end.files() == expected
    assert set(house.states().values()) == {"DELIVERED"}


def test_a_worker_killed_in_mid_file_is_followed_by_one_that_goes_on_there(
    house: House, far_end: FarEnd, begin: Begin
) -> None:
    content = b"".join(number.to_bytes(8, "big") * (MIB // 8) for number in range(100))
    house.destination("shop", far_end.method(folder="in"))
    attempt = house.seal(house.stage(content, file_name="big.bin"), destination="shop")
    dying = begin()

    def late(number: int) -> None:
        if written() >= 80 * MIB:
            dying.kill()

    def written() -> int:
        return sum(path.stat().st_size for path in far_end.root.rglob("*.part"))

    far_end.behaviour.on_write = late
    assert dying.wait(60) == -signal.SIGKILL
    far_end.behaviour.on_write = lambda number: None
    (path,) = (far_end.root / "in").iterdir()
    assert path.name.startswith(".backroom-"), "not whole, not to be seen"
    begin()
    all_is_over(house, [attempt])
    assert house.count("SELECT resumed_offset FROM delivery WHERE attempt = 2") >= 8 * MIB
    assert {path: sha256(found).digest() for path, found in far_end.files().items()} == {
        "in/big.bin": sha256(content).digest()
    }
    assert house.history() == [("big.bin", 1, "BROKEN_OFF"), ("big.bin", 2, "DELIVERED")]
