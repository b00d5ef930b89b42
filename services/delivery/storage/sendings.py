"""What was sealed: one row a run, and the rows of its files."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa

from services.delivery.domain.sealing import Manifest, SealPlan
from services.delivery.domain.spool import TRAINING, FileState, SpoolFile
from services.delivery.storage.rows import file_from_row, is_among
from services.delivery.storage.tables import sending, spool_file

# A parked file whose renaming was never resolved comes back as RENAMING: it is resolved before anything else.
# What is practised with and what is real are worlds apart.
REJOIN = """
    UPDATE spool_file SET state = CASE WHEN place IS NULL THEN 'SEALED' ELSE 'RENAMING' END,
           tried = 0, next_attempt_time = NULL
    WHERE task = :task AND state = 'PARKED' AND (mode = 'training') = :training
"""
REJOIN_ALL = sa.text(REJOIN)
REJOIN_OLDER = sa.text(
    f"""
    {REJOIN} AND destination = :destination AND EXISTS (
        SELECT FROM spool_file AS newer
        WHERE newer.task = spool_file.task AND newer.destination = spool_file.destination
          AND (newer.mode = 'training') = :training
          AND newer.state IN ('SEALED', 'SENDING', 'RENAMING') AND NOT newer.unspooled
          AND lower(normalize(newer.file_name, NFC)) = lower(normalize(spool_file.file_name, NFC))
          AND (newer.nominal_time, newer.run) > (spool_file.nominal_time, spool_file.run)
    )
    """
)


class Sendings:
    """The sealing of runs, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, run: int) -> None:
        """Lets nothing be staged or sealed for the run until the transaction ends."""
        lock_run(self._connection, run, shared=False)

    def find(self, attempt: UUID, run: int) -> tuple[Manifest, int] | None:
        """What was sealed under this attempt or for this run, and how many files were to be sent then."""
        query = sa.select(sending).where(sa.or_(sending.c.attempt == attempt, sending.c.run == run))
        row = self._connection.execute(query.order_by((sending.c.attempt == attempt).desc())).first()
        if row is None:
            return None
        manifest = Manifest(
            attempt=row.attempt,
            task=row.task,
            run=row.run,
            destination=row.destination,
            files=tuple(row.files),
            nominal_time=row.nominal_time,
            site="",
            mode="",
            owner="",
            traceparent="",
        )
        return manifest, row.file_count

    def files_of(self, run: int, named: Iterable[UUID]) -> Mapping[UUID, SpoolFile]:
        """The run's files and those of these names, locked."""
        query = sa.select(spool_file).where(
            sa.or_(spool_file.c.run == run, is_among(named)), sa.not_(spool_file.c.unspooled)
        )
        rows = self._connection.execute(query.order_by(spool_file.c.id).with_for_update())
        return {row.id: file_from_row(row) for row in rows}

    def apply(self, manifest: Manifest, plan: SealPlan) -> int:
        """Seals, drops, lets the task's parked files rejoin; answers how many files of the task are to be sent now."""
        self._connection.execute(
            sa.update(spool_file)
            .where(is_among(plan.seal))
            .values(
                state=FileState.SEALED.value,
                site=manifest.site,  # the scheduler knows; a handler may not have said
                mode=manifest.mode,
                destination=manifest.destination,
                nominal_time=manifest.nominal_time,
                seal_time=sa.func.now(),
            )
        )
        self._connection.execute(
            sa.update(spool_file).where(is_among(plan.drop)).values(state=FileState.DISCARDED.value)
        )
        self._connection.execute(REJOIN_ALL, {"task": manifest.task, "training": manifest.training})
        waiting = sa.select(sa.func.count()).where(
            spool_file.c.task == manifest.task,
            spool_file.c.state.in_(["SEALED", "SENDING", "RENAMING"]),
            sa.not_(spool_file.c.unspooled),
            (spool_file.c.mode == TRAINING) == manifest.training,
        )
        count: int = self._connection.execute(waiting).scalar_one()
        self._connection.execute(
            sa.insert(sending).values(
                attempt=manifest.attempt,
                task=manifest.task,
                run=manifest.run,
                destination=manifest.destination,
                files=list(manifest.files),
                file_count=count,
                nominal_time=manifest.nominal_time,
            )
        )
        return count

    def rejoin_older(self, task: int, destination: str, *, training: bool) -> None:
        """Lets parked files go before a newer one of their name: later they would overwrite it."""
        self._connection.execute(REJOIN_OLDER, {"task": task, "destination": destination, "training": training})


def lock_run(connection: sa.Connection, run: int, *, shared: bool) -> None:
    """Staging holds a run shared, sealing holds it alone, until their transactions end."""
    lock = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
    connection.execute(sa.select(lock(sa.func.hashtextextended(f"delivery run {run}", 0))))
