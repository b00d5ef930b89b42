"""Where pg_dump is: in the wheel that brings the embedded PostgreSQL, else on the PATH; never older than the server."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chassis.embedded import EmbeddedUnavailable
from chassis.embedded.programs import postgres_programs

VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
ANSWERS_WITHIN = 10.0  #: seconds


def find_pg_dump(server: int) -> Path | None:
    """A pg_dump that can read a server of this major version, or None where none is installed."""
    return next((path for path in _installed() if (_version(path) or 0) >= server), None)


def _installed() -> Iterator[Path]:
    with suppress(EmbeddedUnavailable):  # production has no wheel
        yield postgres_programs().path("pg_dump")
    found = shutil.which("pg_dump")
    if found is not None:
        yield Path(found)


def _version(path: Path) -> int | None:
    """The program's major version; None where it does not say."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=ANSWERS_WITHIN)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = VERSION.search(said.stdout)
    return int(found[1]) if found else None
