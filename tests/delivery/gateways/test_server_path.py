"""Folders of the server."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from services.delivery.application.ports import Carrier, TemporaryMissing
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import (
    CarryFailed,
    FolderMissing,
    FolderNotAllowed,
    NoPermission,
    RefusedByServer,
)
from services.delivery.gateways.server_path import ServerPathCarrier, open_server_path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


@pytest.fixture
def carrier(root: Path) -> Iterator[Carrier]:
    with open_server_path(ServerPath(folder=str(root / "in" / "box")), [PurePosixPath(root)]) as opened:
        yield opened


def test_a_folder_is_made_below_its_root(carrier: Carrier, root: Path) -> None:
    carrier.check()
    assert not (root / "in").exists()
    assert carrier.prepare() is True
    assert carrier.write("a.part", [b"one", b"two"], 6) == 6
    carrier.rename("a.part", "a.csv")
    assert (root / "in" / "box" / "a.csv").read_bytes() == b"onetwo"
    assert (carrier.size("a.csv"), carrier.size("b.csv")) == (6, None)


def test_a_rename_replaces_and_a_repeated_one_says_that_there_is_nothing(carrier: Carrier, root: Path) -> None:
    carrier.write("a.part", [b"new"], 3)
    (root / "in" / "box" / "a.csv").write_bytes(b"old")
    carrier.rename("a.part", "a.csv")
    with pytest.raises(TemporaryMissing):
        carrier.rename("a.part", "a.csv")
    assert (root / "in" / "box" / "a.csv").read_bytes() == b"new"


def test_removing_what_is_not_there_is_fine(carrier: Carrier) -> None:
    carrier.remove("nothing")


def test_a_directory_of_the_files_name_is_refused(carrier: Carrier, root: Path) -> None:
    carrier.write("a.part", [b"new"], 3)
    (root / "in" / "box" / "a.csv").mkdir()
    with pytest.raises(RefusedByServer):
        carrier.rename("a.part", "a.csv")
    assert carrier.size("a.csv") == -1


@pytest.mark.parametrize("link", ["in", "in/box"])
def test_no_link_is_followed_on_the_way(root: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "outside" / "box").mkdir(parents=True)
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(tmp_path / "outside")
    with open_server_path(ServerPath(folder=str(root / "in" / "box")), [PurePosixPath(root)]) as carrier:
        with pytest.raises(FolderNotAllowed):
            carrier.prepare()
        with pytest.raises(FolderNotAllowed):
            carrier.check()
    assert list((tmp_path / "outside").rglob("*")) == [tmp_path / "outside" / "box"]


def test_a_link_of_the_temporarys_or_the_targets_name_is_not_followed(
    carrier: Carrier, root: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"kept")
    carrier.prepare()
    box = root / "in" / "box"
    (box / "a.part").symlink_to(secret)
    (box / "a.csv").symlink_to(secret)
    with pytest.raises(CarryFailed):
        carrier.write("a.part", [b"new"], 3)
    carrier.write("b.part", [b"new"], 3)
    carrier.rename("b.part", "a.csv")
    assert secret.read_bytes() == b"kept"
    assert (box / "a.csv").read_bytes() == b"new"
    assert not (box / "a.csv").is_symlink()


@pytest.mark.parametrize("folder", ["/etc", "/", "{root}/../x"])
def test_a_folder_outside_of_the_roots_is_refused_here_too(root: Path, folder: str) -> None:
    path = ServerPath(folder=folder.format(root=root))
    with open_server_path(path, [PurePosixPath(root)]) as carrier, pytest.raises(FolderNotAllowed):
        carrier.prepare()


def test_a_missing_root_is_not_made(root: Path) -> None:
    gone = root / "gone"
    with (
        open_server_path(ServerPath(folder=str(gone / "in")), [PurePosixPath(gone)]) as carrier,
        pytest.raises(FolderMissing),
    ):
        carrier.prepare()


def test_a_full_disk_is_named_and_its_room_given_back(carrier: Carrier, root: Path) -> None:
    carrier.prepare()
    box = root / "in" / "box"

    def chunks() -> Iterator[bytes]:
        yield b"some"
        raise OSError(28, os.strerror(28))

    with pytest.raises(CarryFailed) as caught:
        carrier.write("a.part", chunks(), 8)
    assert caught.value.reason == "DISK_FULL"
    assert list(box.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_is_told_before_anything_is_sent(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "in").mkdir(mode=0o500)
    # Where the tests run as root every folder can be written to, so the system's own answer stands in.
    monkeypatch.setattr(os, "access", lambda *args, **more: False)
    carrier = ServerPathCarrier(ServerPath(folder=str(root / "in")), [PurePosixPath(root)])
    with pytest.raises(NoPermission):
        carrier.check()
