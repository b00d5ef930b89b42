"""A real serving process: files larger than its memory go through it, and one that is killed leaves nothing behind."""

import signal
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.delivery.v1 import delivery_pb2_grpc
from chassis.auth import Role, new_token
from chassis.database import Database
from chassis.embedded import EmbeddedValkey
from chassis.errors import Unavailable
from chassis.rpc.client import open_channel
from chassis.secrets import KeyRing
from chassis.staging import DeliveryStager
from services.delivery.storage.work import DeliveryWork
from tests.conftest import SilentBell
from tests.delivery.house import KEYRING
from tests.delivery.streaming import Serving, a_try
from tests.waiting import until

MIB = 1 << 20
LARGE = 500  #: MiB
SLOW = 150 * MIB  #: bytes a second, less than are made
UNDER_WAY = 20 * MIB  #: bytes that may be on their way between handler and far end
ROOM = 60 * MIB  #: bytes that may be in memory beyond those of an idle process


@pytest.fixture
def database(make_database: Callable[[str | None], Database]) -> Database:
    return make_database("services.delivery.storage.migrations")


@pytest.fixture
def tokens(tmp_path: Path) -> dict[str, str]:
    made = {role.value: new_token() for role in (Role.SERVICE, Role.OPERATOR)}
    (tmp_path / "principals.toml").write_text(
        "\n".join(
            f'[[principal]]\nname = "{role}"\nroles = ["{role}"]\ntoken_hashes = ["{digest}"]\n'
            for role, (_, digest) in made.items()
        )
    )
    return {role: token for role, (token, _) in made.items()}


@pytest.fixture
def serving(database: Database, valkey: EmbeddedValkey, tokens: dict[str, str], tmp_path: Path) -> Iterator[Serving]:
    KeyRing.create(tmp_path / "keyring")
    environment = {
        "BACKROOM_DATABASE_URL": database.url,
        "BACKROOM_BROKER_URL": valkey.url,
        "BACKROOM_VAR": str(tmp_path / "var"),
        "BACKROOM_KEYRING": str(tmp_path / "keyring"),
        "BACKROOM_PRINCIPALS": str(tmp_path / "principals.toml"),
        "BACKROOM_DRAIN_NOTICE": "50ms",
    }
    serving = Serving(environment, tmp_path / "serve.log")
    serving.start()
    yield serving
    serving.end(signal.SIGKILL)


@pytest.fixture
def channel(serving: Serving, tokens: dict[str, str]) -> Iterator[Callable[[str], grpc.Channel]]:
    opened: list[grpc.Channel] = []

    def make(role: str) -> grpc.Channel:
        opened.append(open_channel(f"127.0.0.1:{serving.port}", token=lambda: tokens[role]))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def there(channel: Callable[[str], grpc.Channel], tmp_path: Path) -> Path:
    """The folder that files are sent to."""
    folder = tmp_path / "var" / "outgoing" / "safe"
    delivery_pb2_grpc.DeliveryServiceStub(channel("operator")).CreateDestination(
        pb.CreateDestinationRequest(
            destination_id="shop",
            destination=pb.Destination(display_name="Safe", server_path=pb.ServerPath(folder=str(folder))),
            request_id=str(uuid4()),
        )
    )
    return folder


def test_a_file_of_half_a_gigabyte_goes_through_in_little_memory_as_fast_as_its_far_end_takes_it(
    serving: Serving, channel: Callable[[str], grpc.Channel], there: Path, database: Database
) -> None:
    limit = pb.Destination(name="destinations/shop", transfer_options=pb.TransferOptions(bandwidth_limit=SLOW))
    delivery_pb2_grpc.DeliveryServiceStub(channel("operator")).UpdateDestination(
        pb.UpdateDestinationRequest(
            destination=limit,
            update_mask=FieldMask(paths=["transfer_options.bandwidth_limit"]),
            request_id=str(uuid4()),
        )
    )
    idle, zeros, ahead = serving.most_memory(), bytes(MIB), [0]

    def pieces() -> Iterator[bytes]:
        for made in range(LARGE):
            if made % 50 == 49:
                arrived = sum(path.stat().st_size for path in there.iterdir())
                ahead.append(made * MIB - arrived)
            yield zeros

    sent = DeliveryStager(channel("service")).send(a_try(database), 0, "zeros", pieces())
    assert (there / "zeros").stat().st_size == sent.size_bytes == LARGE * MIB
    digest = sha256()
    for _ in range(LARGE):
        digest.update(zeros)
    assert sent.sha256 == digest.hexdigest()
    assert max(ahead) < UNDER_WAY
    assert serving.most_memory() - idle < ROOM


def test_one_that_is_killed_in_the_middle_leaves_nothing_once_the_next_epoch_has_sent_the_file(
    serving: Serving, channel: Callable[[str], grpc.Channel], there: Path, database: Database
) -> None:
    on = threading.Event()

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(MIB)
        until(lambda: there.is_dir() and any(path.stat().st_size for path in there.iterdir()))
        serving.end(signal.SIGKILL)
        on.wait(0.5)
        yield bytes(MIB)

    with pytest.raises(Unavailable):
        DeliveryStager(channel("service")).send(a_try(database), 0, "base.dump", pieces())
    (left,) = there.iterdir()
    assert left.name.startswith(".backroom-")
    serving.start()
    DeliveryStager(channel("service")).send(a_try(database, epoch=2), 0, "base.dump", [b"whole"])
    (path,) = there.iterdir()
    assert (path.name, path.read_bytes()) == ("base.dump", b"whole")


def test_what_a_killed_one_was_sending_is_discarded_by_the_sweep_and_cleared_by_the_next_file(
    serving: Serving, channel: Callable[[str], grpc.Channel], there: Path, database: Database
) -> None:
    def discarded() -> int:
        with DeliveryWork(database, SilentBell(), KEYRING) as work:
            return work.unspooled.discard_abandoned()

    swept: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield bytes(MIB)
        until(lambda: there.is_dir() and any(there.iterdir()))
        swept.append(discarded())
        serving.end(signal.SIGKILL)
        yield bytes(MIB)

    with pytest.raises(Unavailable):
        DeliveryStager(channel("service")).send(a_try(database), 0, "base.dump", pieces())
    assert swept == [0]  # while it was alive
    until(lambda: discarded() == 1)
    serving.start()
    other = a_try(database, attempt=str(uuid4()), run=5)
    DeliveryStager(channel("service")).send(other, 0, "other.dump", [b"other"])
    assert [path.name for path in there.iterdir()] == ["other.dump"]


def test_one_that_is_told_to_stop_ends_its_files_whole_or_not_at_all(
    serving: Serving, channel: Callable[[str], grpc.Channel], there: Path, database: Database
) -> None:
    stopping = threading.Event()

    def pieces() -> Iterator[bytes]:
        for number in range(400):
            if number == 20:
                threading.Thread(target=serving.end).start()
            yield bytes(MIB)
            stopping.wait(0.02)

    with pytest.raises(Unavailable):
        DeliveryStager(channel("service")).send(a_try(database), 0, "base.dump", pieces())
    until(lambda: serving.process is None, seconds=25)
    assert list(there.iterdir()) == []
