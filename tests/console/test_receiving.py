import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from console.receiving import Announced, NotReceived, Receiver

ID = "fetched/b7a40d60-2f0c-4f4e-9b67-6f6f7d7f9a10"


def announced(content: bytes = b"a;b\n", name: str = "a.csv") -> Announced:
    return Announced(id=ID, name=name, size_bytes=len(content), sha256=sha256(content).hexdigest())


def test_a_file_is_there_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    assert Receiver(tmp_path).receive(announced(), [b"a;", b"b\n"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"a;b\n"}


def test_the_same_file_a_second_time_is_committed_already(tmp_path: Path) -> None:
    Receiver(tmp_path).receive(announced(), [b"a;b\n"])
    assert not Receiver(tmp_path).receive(announced(), [b"a;b\n"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("other", [b"x;y\n", b"longer than it", b""])
def test_another_file_of_the_name_is_never_replaced(tmp_path: Path, other: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(other)
    with pytest.raises(NotReceived, match=r"another a\.csv"):
        Receiver(tmp_path).receive(announced(), [b"a;b\n"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": other}


def test_a_link_or_folder_of_the_name_is_another_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"a;b\n")
    (tmp_path / "a.csv").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "b.csv").mkdir()
    for name in ("a.csv", "b.csv"):
        with pytest.raises(NotReceived, match="another"):
            Receiver(tmp_path).receive(announced(name=name), [b"a;b\n"])


@pytest.mark.parametrize("content", [b"a;b", b"x;y\n", b"a;b\nand more", b""])
def test_what_is_not_what_was_announced_is_not_taken(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotReceived, match="did not arrive"):
        Receiver(tmp_path).receive(announced(), [content])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "..", ".", "", "a/b"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotReceived, match="no name"):
        Receiver(tmp_path).receive(announced(name=name), [b"a;b\n"])


def test_what_a_crash_left_is_in_nobodys_way(tmp_path: Path) -> None:
    left = tmp_path / ".backroom-b7a40d60-2f0c-4f4e-9b67-6f6f7d7f9a10"
    left.write_bytes(b"a;b\n")
    os.link(left, tmp_path / "a.csv")  # the process died between its name and the temporary's end
    assert not Receiver(tmp_path).receive(announced(), [b"a;b\n"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.csv": b"a;b\n"}
    left.write_bytes(b"half")
    assert Receiver(tmp_path).receive(announced(b"new", "b.csv"), [b"new"])
    assert not left.exists()


def test_a_file_that_is_not_taken_is_read_to_its_end(tmp_path: Path) -> None:
    ended = []

    def chunks() -> Iterator[bytes]:
        yield b"a"
        yield b"b"
        ended.append(True)

    with pytest.raises(NotReceived):
        Receiver(tmp_path / "missing").receive(announced(), chunks())
    assert ended == [True]
