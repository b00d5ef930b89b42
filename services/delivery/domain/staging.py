"""What it takes to put a produced file into the spool, and whether it may go there."""

from dataclasses import dataclass
from uuid import UUID

from chassis.errors import FieldProblem, InvalidInput
from services.delivery.domain.errors import EpochPassed, RunSealed
from services.delivery.domain.spool import SpoolFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToStage:
    """What a handler says of a file before it sends the bytes."""

    attempt: UUID
    epoch: int  #: try of the attempt
    ordinal: int  #: 0-based place among the attempt's files
    task: int
    run: int
    file_name: str
    site: str
    mode: str


def is_repeat(file: FileToStage, stored: SpoolFile | None, *, run_sealed: bool) -> bool:
    """True: the stored file is the answer. False: this one may be stored, in the place of an earlier epoch's.

    Raises `EpochPassed` for a try that has been overtaken, `RunSealed` where nothing may be added any more, and
    `InvalidInput` where the attempt is another run's.
    """
    if stored is not None and (stored.task, stored.run) != (file.task, file.run):
        problem = f"attempt {file.attempt} belongs to runs/{stored.run} of tasks/{stored.task}"
        raise InvalidInput(
            FieldProblem("header.attempt", f"{problem}; an attempt of another run has a UUID of its own")
        )
    if stored is not None and stored.unspooled:
        problem = f"file {file.ordinal} of the attempt was sent past the spool; give each its own place"
        raise InvalidInput(FieldProblem("header.ordinal", problem))
    if stored is not None and stored.epoch == file.epoch:
        return True
    if stored is not None and stored.epoch > file.epoch:
        raise EpochPassed(file.epoch, stored.epoch)
    if run_sealed:
        raise RunSealed(f"runs/{file.run}")
    return False
