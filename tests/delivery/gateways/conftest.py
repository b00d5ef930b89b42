"""Servers that gateways are tried on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.delivery.ftp_end import FtpEnd


@pytest.fixture
def open_ftp_end(tmp_path: Path) -> Iterator[Callable[..., FtpEnd]]:
    """Starts FTP servers, as `FtpEnd` is told."""
    started: list[FtpEnd] = []

    def start(**how: object) -> FtpEnd:
        end = FtpEnd(tmp_path / "far", **how)  # type: ignore[arg-type]  # the test's shorthand
        end.start()
        started.append(end)
        return end

    yield start
    for end in started:
        end.stop()


@pytest.fixture
def ftp_end(open_ftp_end: Callable[..., FtpEnd]) -> FtpEnd:
    return open_ftp_end()
