"""What a failed try does to files: when they are tried again, or that they are parked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.file_names import alike
from services.delivery.domain.backoff import next_attempt, spread_of
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.file_failures import (
    AlreadyThere,
    HashNotVerified,
    MailRefused,
    MailUncertain,
    NotVerified,
    SpoolFileDamaged,
    TemporaryMissing,
)
from services.delivery.domain.spool import Failure, FileState, SpoolFile

#: The far end has said that the file did not get its name: there is nothing left to resolve.
NOT_RENAMED = (AlreadyThere, TemporaryMissing)
#: What lies there cannot be built on.
NOT_TO_RESUME = (NotVerified, HashNotVerified, SpoolFileDamaged)


def files_to_send(files: Sequence[SpoolFile], held_back: Collection[UUID], now: datetime | None) -> list[SpoolFile]:
    """Those that may go: not held back by the mode of their site, and, where a time is given, due by then.

    A file waits for an older one of its name, or of one that some servers take for it: else that one would overwrite
    it later.
    """
    going: list[SpoolFile] = []
    waiting: set[str] = set()
    for file in files:
        early = now is not None and file.next_attempt_time is not None and file.next_attempt_time > now
        if alike(file.file_name) in waiting or file.id in held_back or early:
            waiting.add(alike(file.file_name))
        else:
            going.append(file)
    return going


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftThere:
    """Bytes of a file that a failed try has left at a far end, and acknowledged."""

    written: int
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTry:
    """Where a file stands after a try that failed."""

    file: UUID
    file_name: str
    state: FileState
    tried: int
    next_attempt_time: datetime | None  #: None once parked
    failure: Failure
    place: str | None  #: where a renaming stays recorded
    target_name: str | None
    written: int
    written_place: str | None
    mails: int


def plan_failed(
    files: Sequence[SpoolFile], errors: Mapping[UUID, CarryFailed], left: Mapping[UUID, LeftThere], now: datetime
) -> list[FailedTry]:
    """What the errors do to their files; `left` is what the tries are known to have written.

    A recorded renaming stays recorded, even in a parked file, unless the far end has said that it did not happen: only
    repeating it can tell. A message that may have arrived is parked at once: a person decides.
    """
    return [_failed(file, errors[file.id], left.get(file.id), now) for file in files]


def _failed(file: SpoolFile, error: CarryFailed, left: LeftThere | None, now: datetime) -> FailedTry:
    again = next_attempt(file.tried + 1, now, spread=spread_of(file.task))
    if isinstance(error, MailUncertain):
        again = None
    renaming = file.state is FileState.RENAMING and not isinstance(error, NOT_RENAMED)
    waiting = FileState.RENAMING if renaming else FileState.SEALED
    written, written_place = (file.written, file.written_place) if left is None else (left.written, left.place)
    if isinstance(error, NOT_TO_RESUME):
        written = 0
    return FailedTry(
        file=file.id,
        file_name=file.file_name,
        state=FileState.PARKED if again is None else waiting,
        tried=file.tried + 1,
        next_attempt_time=again,
        failure=Failure(reason=error.reason, facts=dict(error.facts)),
        place=file.place if renaming else None,
        target_name=file.target_name if renaming else None,
        written=written,
        written_place=written_place if written else None,
        mails=file.mails + isinstance(error, MailRefused),
    )
