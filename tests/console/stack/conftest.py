from collections.abc import Iterator
from pathlib import Path

import pytest

from console.stack.nursery import Nursery

PUPIL = """
import os, signal, sys, threading, time

word = sys.argv[1]
print(word, os.environ.get("PUPIL_COLOUR"), os.getsid(0) == os.getpid(), threading.active_count(), flush=True)
if word == "fail":
    sys.exit(7)
if word == "exit-in-order":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if word in ("stay", "exit-in-order"):
    while True:
        time.sleep(0.01)
"""


@pytest.fixture
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the module `pupil`, which every process started from here can import."""
    (tmp_path / "pupil.py").write_text(PUPIL)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.fixture
def nursery(lessons: Path) -> Iterator[Nursery]:
    nursery = Nursery(["json"], lessons / "nursery.log")
    nursery.begin()
    yield nursery
    nursery.close()
