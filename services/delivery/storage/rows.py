"""How files of the spool lie in their rows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.delivery.domain.spool import Failure, FileState, SpoolFile
from services.delivery.storage.tables import spool_file


def file_from_row(row: sa.Row[Any]) -> SpoolFile:
    """The file of a row of `spool_file`."""
    return SpoolFile(
        id=row.id,
        attempt=row.attempt,
        epoch=row.epoch,
        ordinal=row.ordinal,
        task=row.task,
        run=row.run,
        site=row.site,
        mode=row.mode,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        state=FileState(row.state),
        destination=row.destination,
        attempts=row.attempts,
        tried=row.tried,
        swept=row.swept,
        place=row.place,
        target_name=row.target_name,
        written=row.written,
        written_place=row.written_place,
        mails=row.mails,
        unspooled=row.unspooled,
        failure=failure_of(row.failure),
        next_attempt_time=row.next_attempt_time,
        create_time=row.create_time,
        deliver_time=row.deliver_time,
    )


def failure_of(stored: Any) -> Failure | None:
    """The failure that a column holds."""
    return None if stored is None else Failure(reason=stored["reason"], facts=stored["facts"])


def stored_failure(failure: Failure) -> dict[str, object]:
    """What the column holds."""
    return {"reason": failure.reason, "facts": dict(failure.facts)}


def is_among(files: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """Whether a row of `spool_file` is of one of these: as one value, for a statement takes 65,535 at most."""
    return spool_file.c.id == sa.any_(sa.literal(list(files), sa.ARRAY(postgresql.UUID())))
