from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from backroom.delivery.v1 import delivery_pb2 as api
from backroom.type.v1 import type_pb2
from chassis.errors import Unavailable
from tests.console.commands.conftest import Shop


class Source:
    """What a delivery service would say, file by file."""

    def __init__(self, shop: Shop, files: dict[str, bytes], message: str = "") -> None:
        self.files, self.message = files, message
        self.begun = api.FetchBegin()
        self.settled: dict[str, bool] = {}
        shop.answers["FetchFiles"] = self.answer  # type: ignore[assignment]  # a stream, where the others have one message

    def answer(self, words: Iterator[api.FetchFilesRequest]) -> Iterator[api.FetchFilesResponse]:
        self.begun = next(words).begin
        for name, content in self.files.items():
            file = f"fetched/{uuid5(UUID(int=1), name)}"
            digest = sha256(content).hexdigest()
            header = api.FetchedFile(file=file, file_name=name, size_bytes=len(content), sha256=digest)
            yield api.FetchFilesResponse(header=header)
            for start in range(0, len(content), 4):
                yield api.FetchFilesResponse(chunk=content[start : start + 4])
            yield api.FetchFilesResponse(end=api.StageFileEnd(size_bytes=len(content), sha256=digest))
            settled = next(words).settled
            assert settled.file == file
            self.settled[name] = settled.committed
            cleared = settled.committed and not self.message
            yield api.FetchFilesResponse(done=api.FetchDone(file=file, cleared=cleared, message=self.message))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_come_into_the_folder_and_are_committed(shop: Shop, into: Path) -> None:
    source = Source(shop, {"a.csv": b"a;b\n1;2\n", "empty.csv": b""})
    words = ["--pattern", "*.csv", "--archive", "done", "--limit", "5", "--site", "lyon", "--mode", "training"]
    result = shop("fetch", "bank", "--into", str(into), *words)
    assert result.exit_code == 0, result.output
    assert contents(into) == source.files
    assert source.settled == {"a.csv": True, "empty.csv": True}
    assert "a.csv (8 bytes): received" in result.stdout
    assert source.begun == api.FetchBegin(
        destination="destinations/bank",
        pattern="*.csv",
        stable_seconds=2,
        after_commit=api.FetchBegin.AFTER_COMMIT_ARCHIVE,
        archive_folder="done",
        max_files=5,
        site="lyon",
        mode=type_pb2.OPERATING_MODE_TRAINING,
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [("--delete", api.FetchBegin.AFTER_COMMIT_DELETE), ("--leave", api.FetchBegin.AFTER_COMMIT_LEAVE)],
)
def test_what_happens_at_the_source_is_chosen(shop: Shop, into: Path, option: str, value: int) -> None:
    source = Source(shop, {})
    result = shop("fetch", "destinations/bank", "--into", str(into), option)
    assert result.exit_code == 0, result.output
    assert "nothing to fetch" in result.stdout
    assert source.begun.after_commit == value


def test_only_one_thing_can_happen_at_the_source(shop: Shop, into: Path) -> None:
    assert shop("fetch", "bank", "--into", str(into), "--delete", "--leave").exit_code == 2
    assert shop.asked == []


def test_a_file_that_is_there_already_is_committed_again(shop: Shop, into: Path) -> None:
    (into / "a.csv").write_bytes(b"same")
    source = Source(shop, {"a.csv": b"same"})
    result = shop("fetch", "bank", "--into", str(into))
    assert (result.exit_code, source.settled) == (0, {"a.csv": True})
    assert "there already" in result.stdout


def test_a_file_in_the_way_stays_and_the_next_is_fetched(shop: Shop, into: Path) -> None:
    (into / "a.csv").write_bytes(b"mine")
    source = Source(shop, {"a.csv": b"theirs and longer", "b.csv": b"2"})
    result = shop("fetch", "bank", "--into", str(into))
    assert (result.exit_code, source.settled) == (1, {"a.csv": False, "b.csv": True})
    assert contents(into) == {"a.csv": b"mine", "b.csv": b"2"}
    assert "there is another a.csv" in result.stdout


def test_a_file_that_stays_at_its_source_is_said(shop: Shop, into: Path) -> None:
    Source(shop, {"a.csv": b"1"}, message="No right to write")
    result = shop("fetch", "bank", "--into", str(into))
    assert result.exit_code == 1
    assert "received, but not cleared at its source: No right to write" in result.stdout


def test_programs_get_one_json_document_a_line(shop: Shop, into: Path) -> None:
    Source(shop, {"a.csv": b"1"})
    result = shop("fetch", "bank", "--into", str(into), "--json")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    assert '"file_name": "a.csv"' in line


def test_a_refusal_is_one_clear_sentence(shop: Shop, into: Path) -> None:
    def refuse(words: object) -> object:
        raise Unavailable("destinations/bank is being fetched from by another call")

    shop.answers["FetchFiles"] = refuse
    result = shop("fetch", "bank", "--into", str(into))
    assert result.exit_code == 1
    assert "being fetched from by another call" in result.stderr
    assert "Traceback" not in result.output
