"""A place in the temporary folder is believed only when it is surely ours."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.embedded.account import Account
from chassis.embedded.place import find_place, make_place, remove_place

MYSELF = Account(uid=os.geteuid(), gid=os.getegid(), name="myself", other=False)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "data.place"
    make_place(file, MYSELF, version="1", fill=lambda folder: (folder / "kept").touch()).close()
    place = where(file)
    yield file
    if place.is_symlink():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)


def where(record: Path) -> Path:
    return Path(json.loads(record.read_text())["path"])


def believed(record: Path) -> bool:
    found = find_place(record, MYSELF, version="1")
    if found is not None:
        found.close()
    return found is not None


def test_a_place_is_found_again_with_what_it_holds(record: Path) -> None:
    assert believed(record)
    assert (where(record) / "kept").exists()


def test_a_link_in_its_stead_is_not_believed_and_what_it_points_to_is_not_deleted(record: Path, tmp_path: Path) -> None:
    moved = where(record).rename(tmp_path / "moved")
    where(record).symlink_to(moved)
    assert not believed(record)
    remove_place(record, MYSELF)
    assert (moved / "kept").exists()


def test_an_open_folder_is_not_believed(record: Path) -> None:
    where(record).chmod(0o755)
    assert not believed(record)


def test_a_folder_of_somebody_else_is_not_believed(record: Path) -> None:
    another = Account(uid=MYSELF.uid + 1, gid=MYSELF.gid, name="another", other=True)
    assert find_place(record, another, version="1") is None


def test_another_token_or_a_link_to_one_is_not_believed(record: Path, tmp_path: Path) -> None:
    token = where(record) / ".place"
    right = token.read_text()
    token.write_text("0" * 32)
    assert not believed(record)
    token.unlink()
    (tmp_path / "token").write_text(right)
    token.symlink_to(tmp_path / "token")
    assert not believed(record)


def test_a_copy_of_another_version_is_not_used(record: Path) -> None:
    assert find_place(record, MYSELF, version="2") is None


def test_an_unfinished_place_is_not_believed_and_can_be_removed(tmp_path: Path) -> None:
    record = tmp_path / "data.place"

    def crash(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_place(record, MYSELF, version="1", fill=crash)
    place = where(record)
    assert not believed(record)
    remove_place(record, MYSELF)
    assert not place.exists()
    assert not record.exists()


def test_a_place_that_is_gone_is_forgotten(record: Path) -> None:
    shutil.rmtree(where(record))
    assert not believed(record)
    remove_place(record, MYSELF)
    assert not record.exists()
