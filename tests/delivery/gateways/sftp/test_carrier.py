"""The SFTP gateway against a real server of another make."""

import os

import asyncssh
import pytest

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import (
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    NoPermission,
    TimedOut,
)
from services.delivery.domain.file_failures import NotVerified, RefusedByServer, SpoolFileDamaged
from services.delivery.gateways.network import Patience
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.far_end import FarEnd, hide_extensions
from tests.delivery.gateways.sftp.sending import MEGABYTES, WHOLE, carrier_of, send, upload


def test_a_file_arrives_byte_for_byte(far_end: FarEnd) -> None:
    assert send(far_end, "été.csv", WHOLE + b"tail") == Arrived(size_bytes=5 * (1 << 20) + 4)
    assert far_end.files() == {"été.csv": WHOLE + b"tail"}


def test_many_files_of_all_lengths_arrive_at_once(far_end: FarEnd) -> None:
    contents = {f"{number}.csv": os.urandom(number * number) for number in range(300)}
    contents["big.csv"] = WHOLE
    with carrier_of(far_end) as carrier:
        outcomes = carrier.write([upload(name, content) for name, content in contents.items()])
    assert outcomes == [Arrived(size_bytes=len(content)) for content in contents.values()]
    assert far_end.files() == contents


def test_what_lies_under_a_name_is_replaced_even_where_it_was_longer(far_end: FarEnd) -> None:
    (far_end.root / "a.csv").write_bytes(b"a longer one")
    send(far_end, "a.csv", b"short")
    assert far_end.files() == {"a.csv": b"short"}


def test_a_server_that_names_no_limits_gets_writes_that_every_server_takes(
    far_end: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_extensions(monkeypatch, "limits", "fsync")
    assert send(far_end, "a.csv", WHOLE) == Arrived(size_bytes=len(WHOLE))
    assert far_end.behaviour.writes == len(WHOLE) // (32 * 1024)
    assert far_end.files() == {"a.csv": WHOLE}


@pytest.mark.parametrize("number", [1, 2, 11, 21])
def test_whichever_write_fails_the_file_fails_and_nothing_of_it_stays(far_end: FarEnd, number: int) -> None:
    far_end.behaviour.fail_write = number
    outcome = send(far_end, "a.csv", WHOLE)
    assert isinstance(outcome, RefusedByServer)
    assert "the disk says no" in str(outcome)
    assert far_end.behaviour.writes >= number
    assert far_end.files() == {}


def test_a_file_that_fails_does_not_stop_the_others(far_end: FarEnd) -> None:
    def refuse(request: str, name: str) -> None:
        if (request, name) in {("open", "b"), ("write", "d"), ("fsync", "f"), ("close", "g")}:
            raise asyncssh.SFTPFailure("no")

    far_end.behaviour.meets = refuse
    with carrier_of(far_end) as carrier:
        outcomes = carrier.write([upload(name, name.encode() * 1000) for name in "abcdefgh"])
        assert [type(outcome) for outcome in outcomes] == [
            RefusedByServer if name in "bdfg" else Arrived for name in "abcdefgh"
        ]
        assert carrier.write([upload("next", b"x")]) == [Arrived(size_bytes=1)]
    assert set(far_end.files()) == {"a", "c", "e", "h", "next"}


def test_what_the_spool_cannot_give_fails_that_file_alone(far_end: FarEnd) -> None:
    def chunks() -> list[bytes]:
        raise SpoolFileDamaged("b", "somewhere")

    with carrier_of(far_end) as carrier:
        outcomes = carrier.write(
            [
                upload("a", b"a"),
                upload("b", (piece for make in [chunks] for piece in make()), size=9),
                upload("c", b"c"),
            ]
        )
    assert [type(outcome) for outcome in outcomes] == [Arrived, SpoolFileDamaged, Arrived]
    assert far_end.files() == {"a": b"a", "c": b"c"}


def test_what_else_the_chunks_raise_goes_through(far_end: FarEnd) -> None:
    def chunks() -> list[bytes]:
        raise OSError("the spool's own disk")

    with carrier_of(far_end) as carrier, pytest.raises(OSError, match="own disk"):
        carrier.write([upload("b", (piece for make in [chunks] for piece in make()), size=9)])


@pytest.mark.parametrize(
    "answer",
    [
        asyncssh.SFTPFailure("No space left on device"),
        asyncssh.SFTPFailure("Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_named_and_ends_the_batch(far_end: FarEnd, answer: asyncssh.SFTPError) -> None:
    far_end.behaviour.fail_write = 3
    far_end.behaviour.failure = lambda: answer
    with carrier_of(far_end) as carrier:
        with pytest.raises(DiskFull):
            carrier.write([upload("a.csv", WHOLE), upload("b.csv", WHOLE)])
        assert far_end.files() == {}  # the room is freed for the next
        assert carrier.write([upload("c.csv", b"small")]) == [Arrived(size_bytes=5)]


def test_a_server_with_one_word_for_all_is_asked_for_its_room(far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: bytes) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1000, 0, 0, 1000, 10, 10, 0, 255))

    far_end.behaviour.fail_write = 1
    far_end.behaviour.failure = lambda: asyncssh.SFTPFailure("Failure")
    assert isinstance(send(far_end, "a.csv", b"x"), RefusedByServer)
    monkeypatch.setattr(os, "statvfs", full)
    far_end.behaviour.writes = 0
    with pytest.raises(DiskFull):
        send(far_end, "a.csv", b"x")


def test_a_folder_that_takes_nothing_is_named(far_end: FarEnd) -> None:
    def refuse(request: str, name: str) -> None:
        if request == "open":
            raise asyncssh.SFTPPermissionDenied("not here")

    far_end.behaviour.meets = refuse
    with pytest.raises(NoPermission, match="not here"):
        send(far_end, "a.csv", b"x")


def test_a_folder_that_has_gone_is_named(far_end: FarEnd) -> None:
    with carrier_of(far_end.method(folder="gone")) as carrier, pytest.raises(FolderMissing):
        carrier.write([upload("a.csv", b"x")])


@pytest.mark.parametrize("answer", [asyncssh.SFTPNoSuchFile("gone"), asyncssh.SFTPPermissionDenied("no")])
def test_a_server_that_lets_nobody_look_is_believed_without_a_size(far_end: FarEnd, answer: asyncssh.SFTPError) -> None:
    def hide(request: str, name: str) -> None:
        if request in {"fstat", "stat", "lstat"} and name:
            raise answer

    far_end.behaviour.meets = hide
    with carrier_of(far_end) as carrier:
        assert carrier.write([upload("a.part", b"x")]) == [Arrived(size_bytes=None)]
        assert carrier.sizes(["a.part"]) == {}
        assert carrier.rename([("a.part", "a.csv")], replace=True) == [None]
    assert far_end.files() == {"a.csv": b"x"}


def test_sizes_tell_files_folders_and_what_is_not_there(far_end: FarEnd) -> None:
    (far_end.root / "folder").mkdir()
    (far_end.root / "a").write_bytes(b"12345")
    with carrier_of(far_end) as carrier:
        assert carrier.sizes(["a", "folder", "missing"]) == {"a": 5, "folder": -1}


def test_files_are_removed_and_missing_is_fine(far_end: FarEnd) -> None:
    for name in "abc":
        (far_end.root / name).write_bytes(b"x")
    with carrier_of(far_end) as carrier:
        carrier.remove(["a", "missing", "c"])
    assert far_end.files() == {"b": b"x"}


def test_what_cannot_be_removed_is_told_unless_it_is_not_there(far_end: FarEnd) -> None:
    def refuse(request: str, name: str) -> None:
        if request == "remove":
            raise asyncssh.SFTPPermissionDenied("nobody deletes here")

    far_end.behaviour.meets = refuse
    (far_end.root / "a").write_bytes(b"x")
    with carrier_of(far_end) as carrier:
        carrier.remove(["missing"])
        with pytest.raises(NoPermission, match="nobody deletes here"):
            carrier.remove(["a"])


def test_a_folder_is_made_part_by_part(far_end: FarEnd) -> None:
    with carrier_of(far_end.method(folder="in/box/")) as carrier:
        carrier.check(make=True)
        assert not (far_end.root / "in").exists()
        with pytest.raises(FolderMissing):
            carrier.prepare(make=False)
        with pytest.raises(FolderMissing):
            carrier.check(make=False)
        assert carrier.prepare(make=True) is True
        assert carrier.prepare(make=True) is False
        assert carrier.prepare(make=False) is False
        carrier.check(make=False)
        carrier.write([upload("a.csv", b"x")])
    assert far_end.files() == {"in/box/a.csv": b"x"}


def test_a_file_in_the_folders_place_is_named(far_end: FarEnd) -> None:
    (far_end.root / "in").write_bytes(b"")
    with carrier_of(far_end.method(folder="in")) as carrier, pytest.raises(FolderMissing):
        carrier.check(make=True)


def test_a_broken_file_goes_on_where_it_was(far_end: FarEnd) -> None:
    content = os.urandom(40 << 20)
    told: list[int] = []
    with CuttingProxy(far_end.port, cut_after=36 << 20) as proxy:
        with carrier_of(far_end.method(port=proxy.port)) as carrier, pytest.raises(ConnectionLost):
            carrier.write([upload("a.part", content, written=told.append)])
        assert proxy.cuts == 1
    lies = (far_end.root / "a.part").read_bytes()
    assert 8 << 20 <= told[-1] <= len(lies) < len(content)
    assert told == sorted(told)
    assert lies[: told[-1]] == content[: told[-1]]
    with carrier_of(far_end) as carrier:
        assert carrier.resumes
        assert carrier.write([upload("a.part", content, start=told[-1])]) == [Arrived(size_bytes=len(content))]
    assert far_end.files() == {"a.part": content}


def test_what_is_shorter_than_it_was_is_not_written_after(far_end: FarEnd) -> None:
    (far_end.root / "a.part").write_bytes(b"12")
    with carrier_of(far_end) as carrier:
        (outcome,) = carrier.write([upload("a.part", b"12345678", start=4)])
    assert isinstance(outcome, NotVerified)
    assert far_end.files() == {}  # a hole in it would have the right length


def test_a_server_that_is_down_refuses_the_connection(far_end: FarEnd) -> None:
    far_end.stop()
    with pytest.raises(ConnectionRefused), carrier_of(far_end):
        pytest.fail("the session must not open")


def test_a_server_that_dies_in_the_middle_is_told_as_a_lost_connection(far_end: FarEnd) -> None:
    far_end.behaviour.on_write = lambda number: far_end.drop() if number == 7 else None
    with carrier_of(far_end) as carrier, pytest.raises(ConnectionLost):
        carrier.write([upload("a.csv", WHOLE)])


def test_a_server_that_falls_silent_is_waited_for_so_long_only(far_end: FarEnd) -> None:
    far_end.behaviour.silent_from = 3
    patience = Patience(greeting=5, login=5, answer=0.5)
    with carrier_of(far_end.method(), patience) as carrier, pytest.raises(TimedOut):
        carrier.write([upload("a.csv", WHOLE)])


def test_a_network_that_swallows_everything_is_waited_for_so_long_only(far_end: FarEnd) -> None:
    patience = Patience(greeting=5, login=5, answer=0.5)
    with CuttingProxy(far_end.port) as proxy, carrier_of(far_end.method(port=proxy.port), patience) as carrier:
        carrier.check(make=True)
        proxy.silent = True
        with pytest.raises(TimedOut):
            carrier.write([upload("a.csv", b"".join(MEGABYTES) * 4)])
