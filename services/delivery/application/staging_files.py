"""Takes a produced file into the spool."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.errors import InvalidInput
from services.delivery.application.ports import OpenWork, Spool, Written
from services.delivery.application.spool_ports import Staging
from services.delivery.domain.errors import DeliveryError
from services.delivery.domain.spool import KEPT, SpoolFile
from services.delivery.domain.staging import FileToStage, is_repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """The file that counts, and the one whose place it took."""

    file: SpoolFile
    replaced: SpoolFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFile:
    """Bytes first, then the row: a crash in between leaves a file that no row names, which the sweeper takes away."""

    open_work: OpenWork
    spool: Spool

    def __call__(self, file: FileToStage, chunks: Iterable[bytes]) -> SpoolFile:
        """Answers the staged file; a repeat of (attempt, epoch, ordinal) answers the stored one and reads no bytes."""
        with self.open_work() as work:
            stored = work.staging.find(file.attempt, file.ordinal)
            if stored is not None and is_repeat(file, stored, run_sealed=False):  # whether it is, `store` asks
                return stored
        identifier = uuid4()
        written = self.spool.write(file.task, identifier, chunks)
        try:
            with self.open_work() as work:
                staged = store(work.staging, identifier, file, written)
        except (
            DeliveryError,
            InvalidInput,
        ):
            # Refused, so no row names it; after any other error a commit may yet have happened.
            self.spool.remove(file.task, identifier)
            raise
        if staged.replaced is not None and staged.replaced.state in KEPT:
            self.spool.remove(staged.replaced.task, staged.replaced.id)
        if staged.file.id != identifier:
            self.spool.remove(file.task, identifier)
        return staged.file


def store(staging: Staging, identifier: UUID, file: FileToStage, written: Written) -> Staged:
    """Stores the row; a twin of the same epoch that was quicker counts instead."""
    sealed = staging.is_sealed(file.run)
    if not sealed:
        added = staging.add(identifier, file, written.size_bytes, written.sha256)
        if added is not None:
            return Staged(file=added)
    stored = staging.find(file.attempt, file.ordinal)
    repeated = is_repeat(file, stored, run_sealed=sealed)
    assert stored is not None  # noqa: S101 - refused just now, or its row was in our way; tells mypy so
    if repeated:
        return Staged(file=stored)
    replacing = staging.replace(stored, identifier, file, written.size_bytes, written.sha256)
    return Staged(file=replacing, replaced=stored)
