"""Folders of the server."""

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import CarryFailed, FolderMissing, FolderNotAllowed, NoPermission
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, SpoolFileDamaged, TemporaryMissing
from services.delivery.gateways.path import carrier as server_path
from services.delivery.gateways.path import exclusive_rename
from services.delivery.gateways.path.carrier import ServerPathCarrier, open_server_path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


@pytest.fixture
def carrier(root: Path) -> Iterator[Carrier]:
    with open_server_path(ServerPath(folder=str(root / "in" / "box")), [PurePosixPath(root)]) as opened:
        yield opened


@pytest.fixture
def box(root: Path, carrier: Carrier) -> Path:
    """The folder, prepared."""
    carrier.prepare(make=True)
    return root / "in" / "box"


@pytest.fixture(params=["in one step", "by a second link"])
def exclusively(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Linux renames without replacing, and as is done where a file system cannot."""
    if request.param == "in one step":
        return

    def cannot(*arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

    monkeypatch.setattr(exclusive_rename, "renameat2", lambda: cannot)


def upload(name: str, *chunks: bytes) -> Upload:
    return Upload(name=name, size_bytes=sum(map(len, chunks)), chunks=chunks)


def test_a_folder_is_made_below_its_root(carrier: Carrier, root: Path) -> None:
    carrier.check(make=True)
    assert not (root / "in").exists()
    assert carrier.prepare(make=True) is True
    assert carrier.write([upload("a.part", b"one", b"two"), upload("b.part")]) == [
        Arrived(size_bytes=6),
        Arrived(size_bytes=0),
    ]
    assert carrier.rename([("a.part", "a.csv"), ("b.part", "b.csv")], replace=True) == [None, None]
    assert (root / "in" / "box" / "a.csv").read_bytes() == b"onetwo"
    assert carrier.sizes(["a.csv", "b.csv", "c.csv"]) == {"a.csv": 6, "b.csv": 0}
    assert carrier.prepare(make=True) is False


def test_a_folder_that_must_be_there_is_not_made(carrier: Carrier, root: Path) -> None:
    with pytest.raises(FolderMissing):
        carrier.prepare(make=False)
    with pytest.raises(FolderMissing):
        carrier.check(make=False)
    assert list(root.iterdir()) == []
    (root / "in" / "box").mkdir(parents=True)
    assert carrier.prepare(make=False) is False
    carrier.check(make=False)


def test_more_files_than_are_open_at_once_all_arrive(carrier: Carrier, box: Path) -> None:
    names = [f"{number}.part" for number in range(2 * server_path.OPEN_AT_ONCE + 1)]
    assert carrier.write([upload(name, name.encode()) for name in names]) == [
        Arrived(size_bytes=len(name)) for name in names
    ]
    assert {path.name: path.read_text() for path in box.iterdir()} == {name: name for name in names}


def test_a_rename_replaces_and_a_repeated_one_says_that_there_is_nothing(carrier: Carrier, box: Path) -> None:
    carrier.write([upload("a.part", b"new")])
    (box / "a.csv").write_bytes(b"old")
    assert carrier.rename([("a.part", "a.csv")], replace=True) == [None]
    (answer,) = carrier.rename([("a.part", "a.csv")], replace=True)
    assert isinstance(answer, TemporaryMissing)
    assert (box / "a.csv").read_bytes() == b"new"


@pytest.mark.usefixtures("exclusively")
def test_a_rename_that_must_not_replace_leaves_what_is_there(carrier: Carrier, box: Path) -> None:
    carrier.write([upload("a.part", b"new"), upload("b.part", b"other")])
    (box / "a.csv").write_bytes(b"old")
    taken, renamed, missing = carrier.rename(
        [("a.part", "a.csv"), ("b.part", "b.csv"), ("c.part", "a.csv")], replace=False
    )
    assert isinstance(taken, AlreadyThere)
    assert renamed is None
    assert isinstance(missing, TemporaryMissing)
    assert {path.name: path.read_bytes() for path in box.iterdir()} == {
        "a.part": b"new",
        "a.csv": b"old",
        "b.csv": b"other",
    }


@pytest.mark.usefixtures("exclusively")
def test_a_rename_that_died_between_its_two_links_is_ended_by_its_repeat(carrier: Carrier, box: Path) -> None:
    carrier.write([upload("a.part", b"new")])
    os.link(box / "a.part", box / "a.csv")
    assert carrier.rename([("a.part", "a.csv")], replace=False) == [None]
    assert [path.name for path in box.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("replace", [True, False])
def test_a_folder_that_went_after_it_was_opened_does_not_count_as_a_renaming_that_had_happened(
    carrier: Carrier, box: Path, replace: bool
) -> None:
    carrier.write([upload("a.part", b"x")])
    (box / "a.part").unlink()
    box.rmdir()
    with pytest.raises(FolderMissing):
        carrier.rename([("a.part", "a.csv")], replace=replace)


def test_a_folder_that_another_machine_took_away_does_not_count_either(
    carrier: Carrier, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*names: object, **folders: object) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    carrier.write([upload("a.part", b"x")])
    monkeypatch.setattr(os, "replace", stale)
    with pytest.raises(FolderMissing, match="Stale"):
        carrier.rename([("a.part", "a.csv")], replace=True)


def test_folders_that_cannot_be_synced_are_fine(carrier: Carrier, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    carrier.prepare(make=True)
    carrier.write([upload("a.part", b"x")])
    assert carrier.rename([("a.part", "a.csv")], replace=True) == [None]
    assert (root / "in" / "box" / "a.csv").read_bytes() == b"x"


@pytest.mark.parametrize("reader", [False, True])
def test_a_pipe_of_the_files_name_is_refused_at_once_and_stays(carrier: Carrier, box: Path, reader: bool) -> None:
    os.mkfifo(box / "a.csv")
    descriptor = os.open(box / "a.csv", os.O_RDONLY | os.O_NONBLOCK) if reader else None
    refused, arrived = carrier.write([upload("a.csv", b"x"), upload("b.csv", b"x")])
    assert isinstance(refused, RefusedByServer)
    assert arrived == Arrived(size_bytes=1)
    assert (box / "a.csv").is_fifo()
    if descriptor is not None:
        assert os.read(descriptor, 1) == b""
        os.close(descriptor)


def test_removing_what_is_not_there_is_fine(carrier: Carrier, box: Path) -> None:
    (box / "a").write_bytes(b"")
    carrier.remove(["nothing", "a"])
    assert list(box.iterdir()) == []


def test_a_directory_of_the_files_name_is_refused_and_the_others_are_renamed(carrier: Carrier, box: Path) -> None:
    carrier.write([upload("a.part", b"new"), upload("b.part", b"new")])
    (box / "a.csv").mkdir()
    refused, renamed = carrier.rename([("a.part", "a.csv"), ("b.part", "b.csv")], replace=True)
    assert isinstance(refused, RefusedByServer)
    assert renamed is None
    assert carrier.sizes(["a.csv"]) == {"a.csv": -1}


@pytest.mark.parametrize("link", ["in", "in/box"])
def test_no_link_is_followed_on_the_way(root: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "outside" / "box").mkdir(parents=True)
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(tmp_path / "outside")
    with open_server_path(ServerPath(folder=str(root / "in" / "box")), [PurePosixPath(root)]) as carrier:
        with pytest.raises(FolderNotAllowed):
            carrier.prepare(make=True)
        with pytest.raises(FolderNotAllowed):
            carrier.check(make=True)
    assert list((tmp_path / "outside").rglob("*")) == [tmp_path / "outside" / "box"]


def test_a_link_of_the_temporarys_or_the_targets_name_is_not_followed(
    carrier: Carrier, box: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"kept")
    (box / "a.part").symlink_to(secret)
    (box / "a.csv").symlink_to(secret)
    with pytest.raises(CarryFailed):
        carrier.write([upload("a.part", b"new")])
    carrier.write([upload("b.part", b"new")])
    carrier.rename([("b.part", "a.csv")], replace=True)
    assert secret.read_bytes() == b"kept"
    assert (box / "a.csv").read_bytes() == b"new"
    assert not (box / "a.csv").is_symlink()


@pytest.mark.parametrize("folder", ["/etc", "/", "{root}/../x"])
def test_a_folder_outside_of_the_roots_is_refused_here_too(root: Path, folder: str) -> None:
    path = ServerPath(folder=folder.format(root=root))
    with open_server_path(path, [PurePosixPath(root)]) as carrier, pytest.raises(FolderNotAllowed):
        carrier.prepare(make=True)


def test_a_missing_root_is_not_made(root: Path) -> None:
    gone = root / "gone"
    with (
        open_server_path(ServerPath(folder=str(gone / "in")), [PurePosixPath(gone)]) as carrier,
        pytest.raises(FolderMissing),
    ):
        carrier.prepare(make=True)


def test_a_full_disk_is_named_and_its_room_given_back(carrier: Carrier, box: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"some"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CarryFailed) as caught:
        carrier.write([upload("a.part", b"whole"), Upload(name="b.part", size_bytes=8, chunks=chunks())])
    assert caught.value.reason == "DISK_FULL"
    assert list(box.iterdir()) == []


def test_a_file_that_fails_is_taken_away_and_the_others_arrive(carrier: Carrier, box: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"some"
        raise SpoolFileDamaged("b.csv", "UPDATE-7/x")

    first, failed, last = carrier.write(
        [upload("a.part", b"a"), Upload(name="b.part", size_bytes=8, chunks=chunks()), upload("c.part", b"c")]
    )
    assert (first, last) == (Arrived(size_bytes=1), Arrived(size_bytes=1))
    assert isinstance(failed, SpoolFileDamaged)
    assert sorted(path.name for path in box.iterdir()) == ["a.part", "c.part"]


def test_what_cannot_be_opened_for_writing_is_not_removed(
    carrier: Carrier, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box / "a.csv").write_bytes(b"another's")
    opened: Callable[..., int] = os.open

    def refusing(path: str, *more: int, **options: int) -> int:
        if path == "a.csv":  # root may open everything: the system's own answer stands in
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *more, **options)

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(NoPermission):
        carrier.write([upload("a.csv", b"ours")])
    assert (box / "a.csv").read_bytes() == b"another's"


def test_a_file_goes_on_where_it_stopped_and_tells_how_far_it_has_come(
    carrier: Carrier, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_path, "TELL_EVERY", 4)
    (box / "a.part").write_bytes(b"abcdXX")
    told: list[int] = []
    rest: Iterable[bytes] = [b"ef", b"gh", b"i"]
    answers = carrier.write([Upload(name="a.part", size_bytes=9, chunks=rest, start=4, written=told.append)])
    assert answers == [Arrived(size_bytes=9)]
    assert told == [8]
    assert (box / "a.part").read_bytes() == b"abcdefghi"
    carrier.write([upload("a.part", b"new")])
    assert (box / "a.part").read_bytes() == b"new"


def test_a_folder_that_may_not_be_written_to_is_told_before_anything_is_sent(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "in").mkdir(mode=0o500)
    # Where the tests run as root every folder can be written to, so the system's own answer stands in.
    monkeypatch.setattr(os, "access", lambda *args, **more: False)
    carrier = ServerPathCarrier(ServerPath(folder=str(root / "in")), [PurePosixPath(root)])
    with pytest.raises(NoPermission):
        carrier.check(make=True)
