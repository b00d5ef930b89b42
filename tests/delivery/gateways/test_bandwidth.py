"""A connection kept below so many bytes per second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest

from services.delivery.application.far_ends import Arrived, Carrier, Parcel, Upload
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import FolderMissing, NoPermission
from services.delivery.gateways.bandwidth import (
    BURST,
    Bucket,
    ThrottledCarrier,
    ThrottledPost,
    ThrottledSource,
    throttled,
    throttled_source,
)
from services.delivery.gateways.path.carrier import open_server_path
from services.delivery.gateways.path.source import open_path_source
from tests.delivery.parcels import parcel_of


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.longest = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.longest = max(self.longest, seconds)


def bucket(clock: Clock, limit: int) -> Bucket:
    return Bucket(limit, clock=clock, sleep=clock.sleep)


@contextmanager
def folder(tmp_path: Path, below: str = "") -> Iterator[Carrier]:
    with open_server_path(ServerPath(folder=str(tmp_path / below)), [PurePosixPath(tmp_path)]) as carrier:
        yield carrier


def test_bytes_pass_no_faster_than_the_limit_and_all_of_them(tmp_path: Path) -> None:
    clock, content = Clock(), bytes(range(256)) * 40
    with folder(tmp_path) as plain:
        slow = ThrottledCarrier(plain, bucket(clock, 1024))
        files = [Upload(name=name, size_bytes=len(content), chunks=[content]) for name in ("a", "b")]
        assert slow.write(files) == [Arrived(size_bytes=len(content))] * 2
    assert 2 * len(content) / 1024 - BURST <= clock.now - 100 <= 2 * len(content) / 1024
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": content, "b": content}


def test_no_single_wait_is_long(tmp_path: Path) -> None:
    clock = Clock()
    pieces = list(bucket(clock, 1000).paced([bytes(5000)]))
    assert max(map(len, pieces)) == 100
    assert clock.longest <= 0.11


def test_a_pause_earns_a_short_burst_only(tmp_path: Path) -> None:
    clock = Clock()
    slow = bucket(clock, 1000)
    slow.take(1000)
    clock.now += 3600
    before = clock.now
    slow.take(int(1000 * BURST))
    assert clock.now == before
    slow.take(1000)
    assert clock.now - before >= 0.99


def test_what_is_below_one_byte_a_piece_still_goes(tmp_path: Path) -> None:
    assert list(bucket(Clock(), 3).paced([b"abc"])) == [b"a", b"b", b"c"]


def test_a_destination_without_a_limit_is_left_as_it_is(tmp_path: Path) -> None:
    with throttled(folder(tmp_path), 0) as carrier:
        assert not isinstance(carrier, ThrottledCarrier)


def test_all_else_goes_through(tmp_path: Path) -> None:
    with throttled(folder(tmp_path), 1 << 20) as slow:
        assert slow.resumes
        assert slow.prepare(make=True) is False
        slow.write([Upload(name="a", size_bytes=1, chunks=[b"x"])])
        assert slow.rename([("a", "b")], replace=False) == [None]
        assert slow.sizes(["a", "b"]) == {"b": 1}
        slow.remove(["b"])
        slow.check(make=False)
    with throttled(folder(tmp_path, "missing"), 1 << 20) as slow:
        slow.check(make=True)
        with pytest.raises(FolderMissing):
            slow.check(make=False)
    assert list(tmp_path.iterdir()) == []


class Keeping:
    """A post that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def deliver(self, parcel: Parcel) -> None:
        self.kept.append(b"".join(parcel.chunks()))

    def verify(self, probe: str) -> list[str]:
        return [probe]

    def check(self) -> None:
        raise NoPermission("/", "asked")


def test_messages_are_paced_as_files_are() -> None:
    clock, content, post = Clock(), bytes(range(256)) * 40, Keeping()
    slow = ThrottledPost(post, bucket(clock, 1024))
    for name in ("a", "b"):
        slow.deliver(parcel_of(name, [content]))
    assert post.kept == [content, content]
    assert 2 * len(content) / 1024 - BURST <= clock.now - 100 <= 2 * len(content) / 1024
    assert slow.verify("probe") == ["probe"]
    with pytest.raises(NoPermission):
        slow.check()


def test_what_is_fetched_comes_no_faster_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(bytes(3000))
    inbox = ServerPath(folder=str(tmp_path))
    with throttled_source(open_path_source(inbox, [PurePosixPath(tmp_path)]), 10_000) as source:
        (offered,) = source.offered()
        begun = time.monotonic()
        assert b"".join(source.read(offered)) == bytes(3000)
        assert 0.3 - BURST <= time.monotonic() - begun < 5
        assert source.settles
        for chunk in source.read(offered):  # given up half-way: nothing stays open
            assert len(chunk) == 1000
            break
        source.archive("a.csv", "archive")
        assert (tmp_path / "archive" / "a.csv").stat().st_size == 3000
        (tmp_path / "b.csv").touch()
        source.delete("b.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["archive"]


def test_a_destination_without_a_limit_is_fetched_from_as_it_is(tmp_path: Path) -> None:
    inbox = ServerPath(folder=str(tmp_path))
    with throttled_source(open_path_source(inbox, [PurePosixPath(tmp_path)]), 0) as source:
        assert not isinstance(source, ThrottledSource)
