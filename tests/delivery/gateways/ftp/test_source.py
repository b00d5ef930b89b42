"""Files fetched from a real FTP server of another make."""

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.failures import ConnectionLost, FolderMissing, NoPermission, TimedOut, TooManyFiles
from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.gateways.ftp import folder
from services.delivery.gateways.ftp import source as ftp_source
from services.delivery.gateways.ftp.source import open_ftp_source
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.ftp_end import FtpEnd

OpenEnd = Callable[..., FtpEnd]
WRITTEN = datetime(2026, 3, 1, 4, 30, 15, tzinfo=UTC)
LISTING_ONLY = ["MLSD", "MLST"]


def put(ftp_end: FtpEnd, name: str, content: bytes = b"x") -> None:
    path = ftp_end.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (WRITTEN.timestamp(), WRITTEN.timestamp()))


def named(source: Source, name: str) -> Offered:
    return next(each for each in source.offered() if each.name == name)


@pytest.mark.parametrize("without", [[], LISTING_ONLY], ids=["MLSD", "LIST"])
def test_the_regular_files_of_the_folder_are_offered(open_ftp_end: OpenEnd, without: list[str]) -> None:
    end = open_ftp_end(without=without)
    put(end, "box/two  words.csv", b"abc")
    put(end, "box/l'été.csv")
    put(end, "elsewhere")
    (end.root / "box" / "below").mkdir()
    with open_ftp_source(end.method(folder="box"), GATE, PATIENCE) as source:
        offered = {each.name: each for each in source.offered()}
        again = {each.name: each for each in source.offered()}
    assert offered.keys() == {"two  words.csv", "l'été.csv"}
    assert offered == again
    assert offered["two  words.csv"].size_bytes == 3
    assert offered["two  words.csv"].modify_time == WRITTEN
    assert offered["two  words.csv"].key != offered["l'été.csv"].key


@pytest.mark.parametrize("without", [LISTING_ONLY, [*LISTING_ONLY, "MDTM"]])
def test_links_are_left_out_of_listings(open_ftp_end: OpenEnd, without: list[str]) -> None:
    end = open_ftp_end(without=without)
    put(end, "a")
    (end.root / "link").symlink_to("a")
    with open_ftp_source(end.method(), GATE, PATIENCE) as source:
        (offered,) = source.offered()
    assert offered.name == "a"
    assert offered.modify_time == (WRITTEN if "MDTM" not in without else None)


def test_a_key_changes_with_the_content(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a", b"one")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        before = named(source, "a").key
        (ftp_end.root / "a").write_bytes(b"two")
        assert named(source, "a").key != before


@pytest.mark.parametrize("without", [[], LISTING_ONLY], ids=["MLSD", "LIST"])
def test_a_listing_that_is_too_long_is_given_up(
    open_ftp_end: OpenEnd, monkeypatch: pytest.MonkeyPatch, without: list[str]
) -> None:
    end = open_ftp_end(without=without)
    put(end, "a.csv")
    monkeypatch.setattr(ftp_source, "MOST_LISTED", 10)
    with open_ftp_source(end.method(), GATE, PATIENCE) as source, pytest.raises(TooManyFiles):
        source.offered()


@pytest.mark.parametrize("without", [[], LISTING_ONLY], ids=["MLSD", "LIST"])
def test_a_listing_that_trickles_without_end_is_given_up(
    open_ftp_end: OpenEnd, monkeypatch: pytest.MonkeyPatch, without: list[str]
) -> None:
    def endless(*what: object, **more: object) -> Iterator[bytes]:
        while True:
            time.sleep(0.001)
            yield b"type=file;size=1;modify=20260301043015; a.csv\r\n"

    monkeypatch.setattr(ftp_source, "LONGEST_LISTING", 0.5)
    for name in ("format_mlsx", "format_list"):
        monkeypatch.setattr(f"pyftpdlib.filesystems.AbstractedFS.{name}", endless)
    end = open_ftp_end(without=without)
    with open_ftp_source(end.method(), GATE, PATIENCE) as source, pytest.raises(TimedOut, match="data"):
        source.offered()


def test_times_that_are_told_too_slowly_are_not_asked_for_to_the_end(
    open_ftp_end: OpenEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(files: object, path: str) -> float:
        time.sleep(0.1)
        return Path(path).stat().st_mtime

    monkeypatch.setattr(ftp_source, "LONGEST_LISTING", 0.5)
    monkeypatch.setattr(ftp_source, "TIME_OF_ONE", 0.01)
    monkeypatch.setattr("pyftpdlib.filesystems.AbstractedFS.getmtime", slowly)
    end = open_ftp_end(without=LISTING_ONLY)
    for number in range(20):
        put(end, f"{number}.csv")
    with open_ftp_source(end.method(), GATE, PATIENCE) as source, pytest.raises(TimedOut, match="answer"):
        source.offered()
    assert 0 < end.verbs().count("MDTM") < 20


def test_a_missing_folder_is_not_made(ftp_end: FtpEnd) -> None:
    with pytest.raises(FolderMissing), open_ftp_source(ftp_end.method(folder="box"), GATE, PATIENCE):
        pytest.fail("there is nothing to fetch from")
    assert not (ftp_end.root / "box").exists()


def test_a_file_is_read_byte_for_byte_in_bounded_memory(ftp_end: FtpEnd) -> None:
    content = os.urandom(1 << 20)
    put(ftp_end, "a", content * 64)
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        offered = named(source, "a")
        tracemalloc.start()
        try:
            assert sum(map(len, source.read(offered))) == 64 << 20
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert b"".join(source.read(offered)) == content * 64
    assert peak < 8 << 20


def test_a_file_that_ends_too_soon_does_not_count(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a", b"whole")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        offered = named(source, "a")
        put(ftp_end, "a", b"cut")
        with pytest.raises(NotVerified):
            list(source.read(offered))


def test_a_file_that_the_server_takes_back_is_its_own_failure(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a")
    put(ftp_end, "b", b"next")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        first, second = named(source, "a"), named(source, "b")
        (ftp_end.root / "a").unlink()
        with pytest.raises(RefusedByServer):
            list(source.read(first))
        assert b"".join(source.read(second)) == b"next"


def test_a_connection_that_ends_in_the_middle_is_told(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a", bytes(32 << 20))
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        pieces = source.read(named(source, "a"))
        next(pieces)
        ftp_end.stop()
        with pytest.raises(ConnectionLost):
            list(pieces)


def test_whoever_stops_reading_may_go_on_with_the_next(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a", bytes(32 << 20))
    put(ftp_end, "b", b"next")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        first, second = named(source, "a"), named(source, "b")
        pieces = source.read(first)
        next(pieces)
        pieces.close()  # type: ignore[attr-defined]  # a generator's
        assert b"".join(source.read(second)) == b"next"


def test_a_file_is_archived_under_the_next_free_name(ftp_end: FtpEnd) -> None:
    put(ftp_end, "box/a.csv", b"new")
    put(ftp_end, "box/done")
    (ftp_end.root / "box" / "done").unlink()
    with open_ftp_source(ftp_end.method(folder="box"), GATE, PATIENCE) as source:
        source.archive("a.csv", "done/2026")
        put(ftp_end, "box/a.csv", b"newer")
        source.archive("a.csv", "done/2026")
        source.archive("a.csv", "done/2026")
        assert source.offered() == []
    assert ftp_end.files() == {"box/done/2026/a.csv": b"new", "box/done/2026/a (2).csv": b"newer"}


def test_a_file_that_is_not_moved_is_told(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        ftp_end.behaviour.answers = {"RNTO": "553 No"}
        with pytest.raises(RefusedByServer, match=r"\(553\) No"):
            source.archive("a", "done")
    assert ftp_end.files() == {"a": b"x"}


def test_a_folder_that_may_not_be_made_is_told(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(permissions="elradfw")
    put(end, "a")
    with open_ftp_source(end.method(), GATE, PATIENCE) as source, pytest.raises(NoPermission):
        source.archive("a", "done")


def test_a_file_is_deleted_and_missing_is_fine(ftp_end: FtpEnd) -> None:
    put(ftp_end, "a")
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        source.delete("a")
        source.delete("a")
        ftp_end.behaviour.answers = {"DELE": "550 No"}
        put(ftp_end, "b")
        with pytest.raises(RefusedByServer):
            source.delete("b")


@pytest.mark.parametrize("without", [[], LISTING_ONLY], ids=["MLSD", "LIST"])
def test_names_that_are_not_utf_8_go_back_as_they_came_and_change_no_other(
    open_ftp_end: OpenEnd, without: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "IDLE", 0.0)
    end = open_ftp_end(without=without)
    older, taken = os.fsdecode(b"\xe9t\xe9 \x80.csv"), os.fsdecode(b"d\xe9j\xe0.csv")
    for name in (older, taken, f"done €/{taken}"):
        put(end, name, b"x")
    put(end, "été €.txt", b"y")
    with CuttingProxy(end.port) as proxy, open_ftp_source(end.method(port=proxy.port), GATE, PATIENCE) as source:
        offered = {each.name: each for each in source.offered()}
        assert offered.keys() == {"été €.csv", "déjà.csv", "été €.txt"}
        "".join(f"{each.container}{each.key}" for each in offered.values()).encode()
        assert b"".join(source.read(offered["été €.csv"])) == b"x"
        proxy.cut()
        source.delete(offered["été €.csv"].container)
        source.archive(offered["déjà.csv"].container, "done €")
        with pytest.raises(RefusedByServer) as refused:
            list(source.read(offered["été €.csv"]))
        str(refused.value).encode()
    assert end.files() == {f"done €/{taken}": b"x", "done €/déjà (2).csv": b"x", "été €.txt": b"y"}


def test_whatever_a_file_is_called_it_is_offered_and_somebody_else_judges(ftp_end: FtpEnd) -> None:
    names = {"no\u00a0break.csv", "back\\slash", "bell\x07", "*?{a,b}[c].csv", "-l", "100%s%41.csv", "~root"}
    for name in names:
        put(ftp_end, name, name.encode())
    with open_ftp_source(ftp_end.method(), GATE, PATIENCE) as source:
        offered = {each.name: each for each in source.offered()}
        assert offered.keys() == names
        for name in names - {"bell\x07"}:
            assert b"".join(source.read(offered[name])) == name.encode()
            source.archive(offered[name].container, "done")
    assert ftp_end.files().keys() == {f"done/{name}" for name in names - {"bell\x07"}} | {"bell\x07"}


def test_a_name_that_begins_with_a_time_sets_none(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(without=LISTING_ONLY)
    put(end, "20260301043015 a.csv")
    with open_ftp_source(end.method(), GATE, PATIENCE) as source:
        (offered,) = source.offered()
    assert offered.modify_time == WRITTEN
    assert "MDTM ./20260301043015 a.csv" in end.behaviour.commands


@pytest.mark.parametrize("without", [[], LISTING_ONLY])
def test_what_may_only_be_read_is_never_taken_for_gone(open_ftp_end: OpenEnd, without: list[str]) -> None:
    """Else it would be fetched again and again, and nobody told."""
    end = open_ftp_end(permissions="elr", without=without)
    put(end, "a")
    with open_ftp_source(end.method(), GATE, PATIENCE) as source:
        with pytest.raises(RefusedByServer, match="privileges"):
            source.delete("a")
        with pytest.raises(RefusedByServer, match="privileges"):
            source.archive("a", "done")
        source.delete("b")
        source.archive("b", "done")
    assert end.files() == {"a": b"x"}
