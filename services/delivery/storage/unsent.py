"""Files that have not arrived, as people decide about them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.holding import held_back
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.storage.rows import file_from_row, is_among
from services.delivery.storage.tables import delivery, spool_file

WAITING = ("SEALED", "RENAMING", "PARKED")
# A parked file whose renaming was never resolved comes back as RENAMING: it is resolved before anything else.
AGAIN = sa.text(
    f"""
    UPDATE spool_file
    SET state = CASE WHEN state <> 'PARKED' THEN state WHEN place IS NULL THEN 'SEALED' ELSE 'RENAMING' END,
        tried = 0, next_attempt_time = NULL,
        mails = mails + CASE WHEN :named AND failure ->> 'reason' = 'MAIL_UNCERTAIN' THEN 1 ELSE 0 END
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('SEALED', 'RENAMING', 'PARKED') AND NOT unspooled
    RETURNING task, site, {held_back("spool_file")} AS held
    """  # noqa: S608 - made of constants
)
BEING_SENT = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM destination_lease AS lease JOIN operation ON operation.id = lease.operation
        WHERE lease.destination = :key AND operation.epoch = lease.epoch AND operation.state = 'running'
    )
    """
)

MAILED = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM delivery
        WHERE file = :file
            AND failure ->> 'reason' IN ('MAIL_WAITING', 'MAIL_REFUSED', 'MAIL_UNCERTAIN', 'MAIL_AWAY')
    )
    """
)


class Unsent:
    """Files that have not arrived, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def hold(self, files: Sequence[UUID]) -> Mapping[UUID, SpoolFile]:
        """Those of these files that there are; nobody moves them until the transaction ends."""
        query = sa.select(spool_file).where(is_among(files)).order_by(spool_file.c.id).with_for_update()
        return {row.id: file_from_row(row) for row in self._connection.execute(query)}

    def waiting_for(self, destination: str) -> Sequence[UUID]:
        """The files that wait to be sent to a destination, parked ones included."""
        query = (
            sa.select(spool_file.c.id)
            .where(
                spool_file.c.destination == destination,
                spool_file.c.state.in_(WAITING),
                sa.not_(spool_file.c.unspooled),
            )
            .order_by(spool_file.c.id)
        )
        return self._connection.execute(query).scalars().all()

    def again(self, files: Sequence[UUID], *, named: bool) -> tuple[int, Mapping[int, str]]:
        """Lets files go as if they had never failed; how many may go now, and the site of each task that has some.

        One whose message may have arrived goes as another message only where a person has named it.
        """
        rows = self._connection.execute(AGAIN, {"ids": list(files), "named": named}).all()
        going = [row for row in rows if not row.held]
        return len(going), {row.task: row.site for row in going}

    def being_sent(self, key: str) -> bool:
        """Whether somebody is sending to the destination (or sandbox) of this key just now."""
        sent: bool = self._connection.execute(BEING_SENT, {"key": key}).scalar_one()
        return sent

    def mailed(self, file: UUID) -> bool:
        """Whether a try of it has ended with a word of mail's, wherever its destination leads now."""
        mailed: bool = self._connection.execute(MAILED, {"file": file}).scalar_one()
        return mailed

    def discard(self, file: UUID) -> SpoolFile:
        """Gives it up. A try that nobody ended was broken off."""
        self._connection.execute(
            sa.update(delivery)
            .where(delivery.c.file == file, delivery.c.state == "UNDER_WAY")
            .values(state="BROKEN_OFF", end_time=sa.func.clock_timestamp())
        )
        statement = (
            sa.update(spool_file)
            .where(spool_file.c.id == file)
            .values(state=FileState.DISCARDED.value, place=None, next_attempt_time=None)
            .returning(spool_file)
        )
        return file_from_row(self._connection.execute(statement).one())
