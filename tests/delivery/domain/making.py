"""Makes files of the spool for tests of decisions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.delivery.domain.spool import FileState, SpoolFile

NOW = datetime(2017, 1, 31, 22, tzinfo=UTC)
PLAIN = SpoolFile(
    id=UUID(int=0),
    attempt=UUID(int=1),
    epoch=1,
    ordinal=0,
    task=7,
    run=4,
    site="default",
    mode="normal",
    file_name="a.csv",
    size_bytes=1,
    sha256="",
    state=FileState.SEALED,
    destination="shop",
    attempts=0,
    tried=0,
    swept=0,
    place=None,
    target_name=None,
    written=0,
    written_place=None,
    mails=0,
    unspooled=False,
    failure=None,
    next_attempt_time=None,
    create_time=NOW,
    deliver_time=None,
)


def file(name: str = "a.csv", **values: Any) -> SpoolFile:
    """A file like no other, with these values."""
    return replace(PLAIN, id=uuid4(), file_name=name, **values)
