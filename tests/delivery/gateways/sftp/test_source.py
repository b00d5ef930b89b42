"""SFTP servers as sources."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest
from asyncssh import sftp as asyncssh_sftp

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import CarryFailed, ConnectionLost, FolderMissing, TimedOut, TooManyFiles
from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.gateways.raw_names import container_of, raw_name
from services.delivery.gateways.sftp import source as sftp_source
from services.delivery.gateways.sftp.source import open_sftp_source
from services.delivery.gateways.sftp.wire import Asked
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.far_end import FarEnd
from tests.delivery.gateways.sftp.sending import WHOLE


@contextmanager
def source_of(method: Sftp) -> Iterator[Source]:
    with open_sftp_source(method, GATE, PATIENCE) as source:
        yield source


@pytest.fixture
def folder(far_end: FarEnd) -> Path:
    path = far_end.root / "out"
    path.mkdir()
    return path


def offered(source: Source, name: str) -> Offered:
    return next(one for one in source.offered() if one.name == name)


def read(source: Source, one: Offered, meanwhile: Callable[[], object]) -> None:
    """Reads a file to its end; something happens after its first bytes."""
    for number, _ in enumerate(source.read(one)):
        if number == 0:
            meanwhile()


def test_regular_files_are_offered_and_nothing_else(far_end: FarEnd, folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"12345")
    os.utime(folder / "a.csv", (1_500_000_000, 1_500_000_000))
    (folder / "box").mkdir()
    (folder / "link.csv").symlink_to("a.csv")
    os.mkfifo(folder / "pipe")
    (folder / ".backroom-1-2.part").write_bytes(b"is being written")
    with source_of(far_end.method(folder="out/")) as source:
        (one,) = source.offered()
    assert (one.name, one.container, one.size_bytes) == ("a.csv", "a.csv", 5)
    assert one.modify_time == datetime.fromtimestamp(1_500_000_000, UTC)


def test_the_key_changes_with_the_content(far_end: FarEnd, folder: Path) -> None:
    keys = set()
    with source_of(far_end.method(folder="out")) as source:
        for content, time in ((b"1", 1), (b"1", 1), (b"12", 1), (b"12", 2)):
            (folder / "a").write_bytes(content)
            os.utime(folder / "a", (time, time))
            keys.add(offered(source, "a").key)
    assert len(keys) == 3


def test_hundreds_of_files_are_offered(far_end: FarEnd, folder: Path) -> None:
    for number in range(350):
        (folder / f"{number}.csv").write_bytes(b"")
    with source_of(far_end.method(folder="out")) as source:
        assert {one.name for one in source.offered()} == {f"{number}.csv" for number in range(350)}


@pytest.mark.parametrize(
    ("bound", "value", "failure"), [("MOST_LISTED", 1 << 20, TooManyFiles), ("LONGEST_LISTING", 0.5, TimedOut)]
)
def test_a_listing_without_end_is_given_up(
    far_end: FarEnd,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    value: float,
    failure: type[CarryFailed],
) -> None:
    async def endless(server: asyncssh.SFTPServer, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        while True:
            yield asyncssh.SFTPName(b"a.csv", attrs=asyncssh.SFTPAttrs(size=1, permissions=0o100644))

    monkeypatch.setattr(sftp_source, bound, value)
    monkeypatch.setattr(asyncssh.SFTPServer, "scandir", endless)
    with source_of(far_end.method(folder="out")) as source, pytest.raises(failure):
        source.offered()


def test_an_answer_that_lists_nothing_ends_the_listing(
    far_end: FarEnd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def name_none(handler: object, packet: object) -> tuple[list[object], bool]:
        return [], False

    monkeypatch.setitem(asyncssh_sftp.SFTPServerHandler._packet_handlers, Asked.READDIR, name_none)
    with source_of(far_end.method(folder="out")) as source:
        assert source.offered() == []


def test_a_missing_folder_is_named(far_end: FarEnd) -> None:
    with source_of(far_end.method(folder="gone")) as source, pytest.raises(FolderMissing):
        source.offered()


@pytest.mark.parametrize("size", [0, 1, 300_000, 5 << 20])
def test_files_are_read_byte_for_byte(far_end: FarEnd, folder: Path, size: int) -> None:
    content = os.urandom(size)
    (folder / "a").write_bytes(content)
    with source_of(far_end.method(folder="out")) as source:
        one = offered(source, "a")
        assert b"".join(source.read(one)) == content
        assert b"".join(source.read(one)) == content


def test_a_name_that_is_no_utf8_is_read_and_archived_all_the_same(far_end: FarEnd, folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xe9t\xe9.csv"))).write_bytes(b"x")
    with source_of(far_end.method(folder="out")) as source:
        one = offered(source, "été.csv")
        assert one.container.isascii()
        assert b"".join(source.read(one)) == b"x"
        source.archive(one.container, "done")
        (Path(os.fsdecode(os.fsencode(folder) + b"/\xe9t\xe9.csv"))).write_bytes(b"y")
        source.archive(one.container, "done")
    assert {os.fsencode(path.name): path.read_bytes() for path in (folder / "done").iterdir()} == {
        b"\xe9t\xe9.csv": b"x",
        "été (2).csv".encode(): b"y",
    }


@pytest.mark.parametrize("name", ["a", "été", "bytes:61", "\udce9t\udce9"])
def test_every_name_has_a_form_that_can_be_stored_and_comes_back(name: str) -> None:
    assert raw_name(container_of(name)) == name
    container_of(name).encode()


def test_a_file_that_ends_too_early_is_not_taken_for_whole(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(WHOLE)
    with source_of(far_end.method(folder="out")) as source:
        one = offered(source, "a")
        with pytest.raises(NotVerified):
            read(source, one, lambda: os.truncate(folder / "a", 100))
        os.truncate(folder / "a", 50)
        with pytest.raises(NotVerified):
            list(source.read(one))
        assert len(source.offered()) == 1  # the session goes on


def test_a_file_that_grows_while_it_is_read_is_not_taken_for_whole(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(WHOLE)
    with source_of(far_end.method(folder="out")) as source:
        one = offered(source, "a")
        with pytest.raises(NotVerified):
            read(source, one, lambda: (folder / "a").write_bytes(WHOLE + b"more"))


def test_a_reader_that_stops_in_the_middle_leaves_a_usable_session(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(WHOLE)
    (folder / "b").write_bytes(b"b")
    with source_of(far_end.method(folder="out")) as source:
        reading = source.read(offered(source, "a"))
        next(iter(reading))
        reading.close()  # type: ignore[attr-defined]  # it is a generator
        assert b"".join(source.read(offered(source, "b"))) == b"b"


def test_a_file_that_cannot_be_opened_fails_alone(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(b"x")

    def refuse(request: str, name: str) -> None:
        if request == "open":
            raise asyncssh.SFTPPermissionDenied("not yours")

    with source_of(far_end.method(folder="out")) as source:
        one = offered(source, "a")
        far_end.behaviour.meets = refuse
        with pytest.raises(RefusedByServer, match="not yours"):
            list(source.read(one))
        (folder / "a").unlink()
        far_end.behaviour.meets = lambda request, name: None
        with pytest.raises(RefusedByServer):
            list(source.read(one))


def test_a_cut_line_is_told(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(WHOLE)
    with CuttingProxy(far_end.port) as proxy, source_of(far_end.method(folder="out", port=proxy.port)) as source:
        one = offered(source, "a")
        with pytest.raises(ConnectionLost):
            read(source, one, proxy.cut)


def test_archiving_makes_the_folder_and_never_replaces(far_end: FarEnd, folder: Path) -> None:
    with source_of(far_end.method(folder="out")) as source:
        for content in (b"1", b"2", b"3"):
            (folder / "a.csv").write_bytes(content)
            source.archive("a.csv", "done/2017")
        source.archive("a.csv", "done/2017")  # gone already
    assert far_end.files() == {
        "out/done/2017/a.csv": b"1",
        "out/done/2017/a (2).csv": b"2",
        "out/done/2017/a (3).csv": b"3",
    }


def test_deleting_is_done_once(far_end: FarEnd, folder: Path) -> None:
    (folder / "a").write_bytes(b"x")

    def refuse(request: str, name: str) -> None:
        if request == "remove":
            raise asyncssh.SFTPPermissionDenied("no")

    with source_of(far_end.method(folder="out")) as source:
        source.delete("a")
        source.delete("a")
        assert far_end.files() == {}
        far_end.behaviour.meets = refuse
        with pytest.raises(CarryFailed):
            source.delete("a")
