"""Files on their way into the spool: the rows behind StageFile."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.staging import FileToStage
from services.delivery.storage.rows import file_from_row
from services.delivery.storage.sendings import lock_run
from services.delivery.storage.tables import sending, spool_file


class Staging:
    """The staged files of attempts, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def is_sealed(self, run: int) -> bool:
        """Whether the run's files are sealed. No sealing of it begins until the transaction ends."""
        lock_run(self._connection, run, shared=True)
        query = sa.select(sa.literal(value=True)).where(sending.c.run == run)
        return self._connection.execute(query).first() is not None

    def find(self, attempt: UUID, ordinal: int) -> SpoolFile | None:
        """What was staged under this key, of whatever epoch; locked."""
        query = (
            sa.select(spool_file)
            .where(spool_file.c.attempt == attempt, spool_file.c.ordinal == ordinal)
            .with_for_update()
        )
        row = self._connection.execute(query).first()
        return None if row is None else file_from_row(row)

    def add(self, identifier: UUID, file: FileToStage, size_bytes: int, sha256: str) -> SpoolFile | None:
        """Stores a file whose bytes are on disk; None where a twin was quicker."""
        statement = (
            insert(spool_file)
            .values(
                id=identifier,
                attempt=file.attempt,
                ordinal=file.ordinal,
                run=file.run,
                task=file.task,
                **_changing(file, size_bytes, sha256),
            )
            .on_conflict_do_nothing(index_elements=[spool_file.c.attempt, spool_file.c.ordinal])
            .returning(spool_file)
        )
        row = self._connection.execute(statement).first()
        return None if row is None else file_from_row(row)

    def replace(self, old: SpoolFile, identifier: UUID, file: FileToStage, size_bytes: int, sha256: str) -> SpoolFile:
        """Puts a later epoch's file in the place of an earlier one's."""
        statement = (
            sa.update(spool_file)
            .where(spool_file.c.id == old.id)
            .values(id=identifier, create_time=sa.func.now(), **_changing(file, size_bytes, sha256))
            .returning(spool_file)
        )
        return file_from_row(self._connection.execute(statement).one())


def _changing(file: FileToStage, size_bytes: int, sha256: str) -> dict[str, object]:
    return {
        "epoch": file.epoch,
        "site": file.site,
        "mode": file.mode,
        "file_name": file.file_name,
        "size_bytes": size_bytes,
        "sha256": sha256,
        "state": FileState.PROVISIONAL.value,
    }
