"""The command line as a consumer of a real service."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.main import app
from tests.delivery.rpc.asking import create, folder, make_inbox
from tests.delivery.rpc.conftest import Served


@pytest.fixture
def inbox(served: Served) -> Path:
    return make_inbox(served)


def fetch(served: Served, into: Path, *words: str) -> Result:
    token = served.var / "token"
    token.write_text(served.tokens["operator"])
    into.mkdir(exist_ok=True)
    where = ["--address", f"delivery=127.0.0.1:{served.port}", "--token-file", str(token)]
    return CliRunner().invoke(app, [*where, "fetch", "shop", "--into", str(into), "--stable", "1", *words])


def test_files_come_in_and_leave_their_source(served: Served, inbox: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    files = {"a.csv": b"a;b\n" * 700_000, "b.csv": b""}
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    result = fetch(served, into, "--pattern", "*.csv")
    assert result.exit_code == 0, result.output
    assert {path.name: path.read_bytes() for path in into.iterdir()} == files
    assert [path.name for path in inbox.iterdir()] == ["archive"]
    assert "nothing to fetch" in fetch(served, into, "--pattern", "*.csv").stdout


def test_a_file_in_the_way_stays_at_its_source_until_it_is_out_of_it(
    served: Served, inbox: Path, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    into.mkdir()
    (into / "a.csv").write_bytes(b"mine")
    (inbox / "a.csv").write_bytes(b"theirs")
    refused = fetch(served, into, "--delete")
    assert (refused.exit_code, (into / "a.csv").read_bytes()) == (1, b"mine")
    (into / "a.csv").unlink()
    assert fetch(served, into, "--delete").exit_code == 0
    assert ((into / "a.csv").read_bytes(), list(inbox.iterdir())) == (b"theirs", [])


def test_a_missing_folder_is_one_clear_sentence(served: Served, tmp_path: Path) -> None:
    create(served, folder(served))
    result = fetch(served, tmp_path / "into")
    assert result.exit_code == 1
    assert "FOLDER_MISSING" in result.stderr
