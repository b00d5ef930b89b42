"""A big file goes on where an earlier try has stopped, as far as that is known to be at the far end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.delivery.application import writing
from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import ConnectionLost, FileFailed
from services.delivery.gateways.path import carrier
from services.delivery.gateways.path.carrier import ServerPathCarrier
from tests.delivery.bad_luck import BadLuck, Fate
from tests.delivery.house import House
from tests.delivery.witnesses import Died

MIB = 1 << 20
CONTENT = b"".join(bytes([number]) * MIB for number in range(9)) + b"the end"
SENT = 6 * MIB  #: when it breaks off


@dataclass
class Breaking(BadLuck):
    """Breaks off once, in the middle of a file, which stays there as far as it came."""

    breaks: list[type[BaseException]] = field(default_factory=list)
    after: int = SENT  #: bytes that are there then
    uploads: list[Upload] = field(default_factory=list)
    brings: list[int] = field(default_factory=list)  #: bytes of each write

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        (upload,) = uploads
        self.uploads.append(upload)
        self.brings.append(0)
        if not self.breaks:
            return self.carrier.write([replace(upload, chunks=self.counted(upload.chunks))])
        self.carrier.write([replace(upload, chunks=self.counted(upload.chunks, self.after - upload.start))])
        why = self.breaks.pop()
        raise ConnectionLost("far.example", 22, "reset") if why is ConnectionLost else why("gone")

    def counted(self, chunks: Iterable[bytes], most: int = 1 << 60) -> Iterator[bytes]:
        for chunk in chunks:
            if self.brings[-1] >= most:
                return
            self.brings[-1] += len(chunk)
            yield chunk


@pytest.fixture
def breaking(house: House, monkeypatch: pytest.MonkeyPatch) -> Breaking:
    """What carries the files of the house; its destination is there, and a big file is sealed for it."""
    monkeypatch.setattr(carrier, "TELL_EVERY", MIB)
    monkeypatch.setattr(writing, "COMMIT_EVERY", 4.0)
    house.stopwatch = count(0.0).__next__  # a second a MiB
    luck = Breaking(ServerPathCarrier(ServerPath(folder="/"), ()), lambda step: Fate.FINE)

    def around(carrier: Carrier) -> Carrier:
        luck.carrier = carrier  # each connection's
        return luck

    house.around = around
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    house.seal(house.stage(CONTENT, file_name="big.bin"), destination="shop")
    return luck


def break_off(house: House, breaking: Breaking, why: type[BaseException]) -> Path:
    """The first try; answers what it left."""
    breaking.breaks.append(why)
    if why is Died:
        with pytest.raises(Died):
            house.drain()
        house.takeover()
    else:
        house.drain()
        house.come()
    (left,) = house.outgoing.iterdir()
    assert left.stat().st_size == SENT
    return left


def resumed(house: House) -> list[int]:
    with house.database.begin() as connection:
        return list(connection.execute(sa.text("SELECT resumed_offset FROM delivery ORDER BY number")).scalars())


def arrived(house: House) -> bool:
    return {path.name: path.read_bytes() for path in house.outgoing.iterdir()} == {"big.bin": CONTENT}


@pytest.mark.parametrize(("why", "offset"), [(ConnectionLost, SENT), (Died, 4 * MIB)], ids=["lost", "died"])
def test_a_try_goes_on_at_what_the_one_before_is_known_to_have_brought(
    house: House, breaking: Breaking, why: type[BaseException], offset: int
) -> None:
    """A lost connection is told with the failure; of a dead process the last commit tells."""
    break_off(house, breaking, why)
    house.drain()
    assert arrived(house)
    assert resumed(house) == [0, offset]
    assert breaking.brings == [SENT, len(CONTENT) - offset]
    assert breaking.uploads[1].name != breaking.uploads[0].name
    assert house.count("SELECT written FROM spool_file") == 0


@pytest.mark.parametrize("fate", [Fate.DIED_BEFORE, Fate.DIED_AFTER, Fate.LOST_AFTER])
def test_a_death_while_the_older_temporary_gets_its_new_name_loses_nothing(
    house: House, breaking: Breaking, fate: Fate
) -> None:
    break_off(house, breaking, ConnectionLost)
    fates = [fate]
    breaking.fate = lambda step: fates.pop() if step == "rename" and fates else Fate.FINE
    if fate is Fate.LOST_AFTER:
        house.drain()
        house.come()
    else:
        with pytest.raises(Died):
            house.drain()
        house.takeover()
    house.drain()
    assert arrived(house)
    assert resumed(house)[-1] == SENT


def test_a_temporary_that_does_not_get_its_new_name_is_not_built_on(house: House, breaking: Breaking) -> None:
    break_off(house, breaking, ConnectionLost)
    fates = [Fate.REFUSED]
    breaking.fate = lambda step: fates.pop() if step == "rename" and fates else Fate.FINE
    breaking.breaks.append(Died)
    breaking.after = MIB
    with pytest.raises(Died):
        house.drain()
    assert house.count("SELECT written FROM spool_file") == 0  # or a longer file would be taken for what it was
    house.takeover()
    assert len(list(house.outgoing.iterdir())) == 1
    house.drain()
    assert arrived(house)
    assert [upload.start for upload in breaking.uploads] == [0, 0, 0]


@pytest.mark.parametrize("change", ["shorter", "gone", "moved", "cannot", "directly"])
def test_what_cannot_be_trusted_is_sent_from_its_beginning(house: House, breaking: Breaking, change: str) -> None:
    left = break_off(house, breaking, ConnectionLost)
    match change:
        case "shorter":
            left.write_bytes(CONTENT[: SENT - 1])
        case "gone":
            left.unlink()
        case "moved":
            (house.outgoing / "in").mkdir()
            left.rename(house.outgoing / "in" / left.name)
            house.change("shop", ServerPath(folder=f"{house.outgoing}/in"))
        case "cannot":
            house.around = lambda carrier: Unresuming(carrier, lambda step: Fate.FINE)
        case "directly":
            house.change("shop", ServerPath(folder=str(house.outgoing)), write_directly=True)
    house.drain()
    where = house.outgoing / "in" if change == "moved" else house.outgoing
    assert {path.name: path.read_bytes() for path in where.iterdir()} == {"big.bin": CONTENT}
    assert resumed(house) == [0, 0]


class Unresuming(BadLuck):
    """It cannot write after what is there."""

    def __post_init__(self) -> None:
        self.resumes = False


def test_a_second_break_goes_on_further_still(house: House, breaking: Breaking) -> None:
    break_off(house, breaking, Died)
    breaking.breaks.append(ConnectionLost)
    house.drain()
    house.come()
    house.drain()
    assert arrived(house)
    assert resumed(house) == [0, 4 * MIB, SENT]


def test_what_is_damaged_in_the_spool_is_told_at_the_end_and_never_built_on(house: House, breaking: Breaking) -> None:
    break_off(house, breaking, ConnectionLost)
    (spooled,) = (house.root / "TMP").rglob("*-*-*-*-*")
    spooled.write_bytes(CONTENT[:-1] + b"X")
    house.drain()
    assert house.meter.failures == ["CONNECTION_LOST", "SPOOL_FILE_DAMAGED"]
    assert not (house.outgoing / "big.bin").exists()
    assert house.count("SELECT written FROM spool_file") == 0
    spooled.write_bytes(CONTENT)
    house.come()
    house.drain()
    assert arrived(house)
    assert resumed(house) == [0, SENT, 0]


def test_an_arrival_with_another_hash_is_told_and_sent_again_whole(house: House, breaking: Breaking) -> None:
    class Lying(Breaking):
        def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
            super().write(uploads)
            return [Arrived(size_bytes=len(CONTENT), sha256="0" * 64)]

    break_off(house, breaking, ConnectionLost)
    house.around = lambda carrier: Lying(carrier, lambda step: Fate.FINE)
    house.drain()
    assert house.meter.failures[-1] == "HASH_NOT_VERIFIED"
    house.around = lambda carrier: Breaking(carrier, lambda step: Fate.FINE)
    house.come()
    house.drain()
    assert arrived(house)
    assert resumed(house) == [0, SENT, 0]
