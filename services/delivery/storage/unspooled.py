"""Files sent past the spool, and the tries at them. No operation fences these: each move names the try it is of."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.delivery.domain.errors import EpochPassed
from services.delivery.domain.spool import Failure, FileState, SpoolFile
from services.delivery.domain.unspooled import FileToSend
from services.delivery.storage.rows import file_from_row, stored_failure
from services.delivery.storage.streams import HOLD_KEY
from services.delivery.storage.tables import delivery, spool_file

# Whoever sends such a file holds it in a session of its own: where nobody does, the process has gone.
ABANDONED = sa.text(
    f"""
    WITH gone AS MATERIALIZED (
        SELECT id FROM spool_file
        WHERE unspooled AND state IN ('SENDING', 'RENAMING') AND pg_try_advisory_xact_lock({HOLD_KEY})
        FOR UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE delivery SET state = 'BROKEN_OFF', end_time = clock_timestamp()
        FROM gone WHERE delivery.file = gone.id AND delivery.state = 'UNDER_WAY'
    )
    UPDATE spool_file SET state = 'DISCARDED' FROM gone WHERE spool_file.id = gone.id
    """  # noqa: S608 - made of constants
)


class Unspooled:
    """Such files, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, identifier: UUID, wanted: FileToSend) -> SpoolFile | None:
        """Begins the first try at a file; None where a twin was quicker."""
        statement = (
            insert(spool_file)
            .values(
                id=identifier,
                attempt=wanted.file.attempt,
                ordinal=wanted.file.ordinal,
                run=wanted.file.run,
                task=wanted.file.task,
                unspooled=True,
                attempts=1,
                **_of_a_try(wanted),
            )
            .on_conflict_do_nothing(index_elements=[spool_file.c.attempt, spool_file.c.ordinal])
            .returning(spool_file)
        )
        row = self._connection.execute(statement).first()
        return None if row is None else self._noted(file_from_row(row))

    def begin(self, file: SpoolFile, wanted: FileToSend) -> SpoolFile:
        """Begins another try in the place of an earlier one, whose own moves come to nothing from now on."""
        self._end_tries(file.id, "BROKEN_OFF")
        statement = (
            sa.update(spool_file)
            .where(spool_file.c.id == file.id)
            .values(
                attempts=spool_file.c.attempts + 1,
                create_time=sa.func.now(),
                place=None,
                target_name=None,
                failure=sa.null(),
                **_of_a_try(wanted),
            )
            .returning(spool_file)
        )
        return self._noted(file_from_row(self._connection.execute(statement).one()))

    def record_renaming(self, file: SpoolFile, size_bytes: int, sha256: str, place: str, name: str | None) -> SpoolFile:
        """Says, before it is asked for, that the file may from now on bear its real name there, or this one instead."""
        return self._move(
            file,
            FileState.RENAMING,
            size_bytes=size_bytes,
            sha256=sha256,
            place=place,
            target_name=name,
            swept=spool_file.c.attempts - 1,
        )

    def deliver(self, file: SpoolFile, size_bytes: int, sha256: str, name: str | None) -> SpoolFile:
        """It has arrived under its name, or this one instead."""
        arrived = self._move(
            file,
            FileState.DELIVERED,
            size_bytes=size_bytes,
            sha256=sha256,
            target_name=name,
            place=None,
            swept=spool_file.c.attempts,
            deliver_time=sa.func.clock_timestamp(),
        )
        self._end_tries(file.id, "DELIVERED")
        return arrived

    def discard(self, file: SpoolFile, failure: Failure | None, *, swept: int) -> SpoolFile:
        """It failed as a whole; without a failure it was broken off. Temporaries up to the try `swept` are gone."""
        kept = sa.null() if failure is None else stored_failure(failure)
        discarded = self._move(file, FileState.DISCARDED, swept=swept, failure=kept)
        self._end_tries(file.id, "BROKEN_OFF" if failure is None else "FAILED", failure=kept)
        return discarded

    def discard_abandoned(self) -> int:
        """Discards those whose process has gone; answers how many."""
        return self._connection.execute(ABANDONED).rowcount

    def _move(self, file: SpoolFile, to: FileState, **values: object) -> SpoolFile:
        """Raises `EpochPassed` where another try has taken its place, or nobody believed in this one any more."""
        statement = (
            sa.update(spool_file)
            .where(
                spool_file.c.id == file.id,
                spool_file.c.epoch == file.epoch,
                spool_file.c.attempts == file.attempts,
                spool_file.c.state.in_(["SENDING", "RENAMING"]),
            )
            .values(state=to.value, **values)
            .returning(spool_file)
        )
        row = self._connection.execute(statement).first()
        if row is None:
            newest = self._connection.execute(sa.select(spool_file.c.epoch).where(spool_file.c.id == file.id)).scalar()
            raise EpochPassed(file.epoch, file.epoch if newest is None else newest)
        return file_from_row(row)

    def _noted(self, file: SpoolFile) -> SpoolFile:
        self._connection.execute(
            sa.insert(delivery).values(file=file.id, attempt=file.attempts, destination=file.destination)
        )
        return file

    def _end_tries(self, file: UUID, state: str, **values: object) -> None:
        self._connection.execute(
            sa.update(delivery)
            .where(delivery.c.file == file, delivery.c.state == "UNDER_WAY")
            .values(state=state, end_time=sa.func.clock_timestamp(), **values)
        )


def _of_a_try(wanted: FileToSend) -> dict[str, object]:
    return {
        "epoch": wanted.file.epoch,
        "site": wanted.file.site,
        "mode": wanted.file.mode,
        "file_name": wanted.file.file_name,
        "destination": wanted.destination,
        "size_bytes": 0,
        "sha256": "",
        "state": FileState.SENDING.value,
    }
