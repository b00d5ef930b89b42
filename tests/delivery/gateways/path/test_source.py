"""Folders of the server as sources."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest

from services.delivery.application.far_ends import Source
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import FolderMissing, FolderNotAllowed
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.path.source import open_path_source


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "root" / "partner" / "inbox"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def source(inbox: Path) -> Iterator[Source]:
    with open_path_source(ServerPath(folder=str(inbox)), [PurePosixPath(inbox.parents[1])]) as opened:
        yield opened


def names(source: Source) -> list[str]:
    return sorted(each.name for each in source.offered())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_regular_files_of_the_folder_are_offered(source: Source, inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.csv").write_bytes(b"1234")
    (inbox / ".hidden").write_bytes(b"")
    (inbox / "folder").mkdir()
    (inbox / "folder" / "below.csv").write_bytes(b"")
    (tmp_path / "secret").write_bytes(b"")
    (inbox / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(inbox / "pipe")
    assert names(source) == [".hidden", "a.csv"]
    assert names(source) == [".hidden", "a.csv"], "a second look sees the same"
    (offered,) = [each for each in source.offered() if each.name == "a.csv"]
    assert (offered.size_bytes, offered.container) == (4, "a.csv")
    assert offered.modify_time is not None
    assert source.settles


def test_a_key_changes_with_the_content_even_where_size_and_time_do_not(source: Source, inbox: Path) -> None:
    path = inbox / "a.csv"
    keys = set()
    for content in (b"1", b"2"):
        path.write_bytes(content)
        os.utime(path, (1000, 1000))
        keys.add(source.offered()[0].key)
    assert len(keys) == 2


def test_a_file_of_an_absurd_time_has_none(source: Source, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"")
    os.utime(inbox / "a.csv", (1 << 33, 1 << 33))
    (offered,) = source.offered()
    assert offered.modify_time is not None
    os.utime(inbox / "a.csv", (-(1 << 31), -(1 << 31)))
    assert len(source.offered()) == 1


def test_a_file_is_read_in_pieces(source: Source, inbox: Path) -> None:
    content = os.urandom(2_500_000)
    (inbox / "a.csv").write_bytes(content)
    (offered,) = source.offered()
    pieces = list(source.read(offered))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 1 << 20


def test_what_took_the_place_of_a_file_is_not_read(source: Source, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    path = inbox / "a.csv"
    path.write_bytes(b"1")
    (offered,) = source.offered()
    path.unlink()
    with pytest.raises(RefusedByServer):
        list(source.read(offered))
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(RefusedByServer):
        list(source.read(offered))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RefusedByServer):
        list(source.read(offered))  # and does not wait for a writer


def test_a_reading_that_is_given_up_leaves_nothing_open(source: Source, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"x" * 3_000_000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with closing(source.read(source.offered()[0])) as pieces:  # type: ignore[type-var]  # a generator
        next(pieces)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_an_archived_file_is_moved_and_never_over_another(source: Source, inbox: Path) -> None:
    for content in (b"1", b"2", b"3"):
        (inbox / "a.csv").write_bytes(content)
        source.archive("a.csv", "done/2017")
    assert not (inbox / "a.csv").exists()
    assert contents(inbox / "done" / "2017") == {"a.csv": b"1", "a (2).csv": b"2", "a (3).csv": b"3"}


def test_archiving_and_deleting_what_has_gone_is_fine(source: Source, inbox: Path) -> None:
    source.archive("a.csv", "done")
    source.delete("a.csv")
    assert list(inbox.iterdir()) == []


def test_a_file_is_deleted(source: Source, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"1")
    source.delete("a.csv")
    assert list(inbox.iterdir()) == []


def test_no_archive_is_reached_through_a_link(source: Source, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (inbox / "done").symlink_to(tmp_path / "outside")
    (inbox / "a.csv").write_bytes(b"1")
    with pytest.raises(FolderNotAllowed):
        source.archive("a.csv", "done")
    assert (inbox / "a.csv").exists()
    assert list((tmp_path / "outside").iterdir()) == []


def test_an_archive_that_is_a_file_is_refused_and_the_file_stays(source: Source, inbox: Path) -> None:
    (inbox / "done").write_bytes(b"")
    (inbox / "a.csv").write_bytes(b"1")
    with pytest.raises(FolderNotAllowed):
        source.archive("a.csv", "done")
    assert (inbox / "a.csv").exists()


def test_a_move_that_fails_gives_the_name_back(source: Source, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*what: object, **more: object) -> None:
        raise OSError(errno.EXDEV, "another disk")  # what a mounted archive answers; mounting needs more rights

    (inbox / "a.csv").write_bytes(b"1")
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(RefusedByServer, match="another disk"):
        source.archive("a.csv", "done")
    assert (inbox / "a.csv").exists()
    assert list((inbox / "done").iterdir()) == []


def test_a_folder_of_the_name_is_not_deleted(source: Source, inbox: Path) -> None:
    (inbox / "a.csv").mkdir()
    with pytest.raises(RefusedByServer):
        source.delete("a.csv")
    assert (inbox / "a.csv").is_dir()


@pytest.mark.parametrize("folder", ["/etc", "{root}/../outside", "{root}-beside"])
def test_nothing_is_fetched_from_outside_of_the_roots(inbox: Path, folder: str) -> None:
    root = inbox.parents[1]
    path = ServerPath(folder=folder.format(root=root))
    with pytest.raises(FolderNotAllowed), open_path_source(path, [PurePosixPath(root)]):
        raise AssertionError("it was opened")


def test_no_link_on_the_way_is_followed(inbox: Path) -> None:
    root = inbox.parents[1]
    (root / "short").symlink_to(inbox)
    path = ServerPath(folder=str(root / "short"))
    with pytest.raises(FolderNotAllowed), open_path_source(path, [PurePosixPath(root)]):
        raise AssertionError("it was opened")


def test_a_missing_folder_is_said_and_not_made(inbox: Path) -> None:
    path = ServerPath(folder=str(inbox / "missing"))
    with pytest.raises(FolderMissing), open_path_source(path, [PurePosixPath(inbox.parents[1])]):
        raise AssertionError("it was opened")
    assert not (inbox / "missing").exists()
