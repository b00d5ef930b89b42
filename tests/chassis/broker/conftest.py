"""The broker of these tests: Valkey."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.embedded import EmbeddedValkey


@pytest.fixture
def broker_server(valkey: EmbeddedValkey) -> EmbeddedValkey:
    return valkey


@pytest.fixture
def mortal_broker(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """One that a test may kill."""
    server = EmbeddedValkey(tmp_path / "valkey")
    server.start()
    yield server
    server.remove()
