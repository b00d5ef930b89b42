"""What a failed try does to files: when they are tried again, or that they are parked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.delivery.domain.backoff import next_attempt, spread_of
from services.delivery.domain.spool import Failure, FileState, SpoolFile


def files_to_send(files: Sequence[SpoolFile], held_back: Collection[UUID], now: datetime | None) -> list[SpoolFile]:
    """Those that may go: not held back by the mode of their site, and, where a time is given, due by then.

    A file waits for an older one of its name: else that one would overwrite it later.
    """
    going: list[SpoolFile] = []
    waiting: set[str] = set()
    for file in files:
        early = now is not None and file.next_attempt_time is not None and file.next_attempt_time > now
        if file.file_name in waiting or file.id in held_back or early:
            waiting.add(file.file_name)
        else:
            going.append(file)
    return going


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTry:
    """Where a file stands after a try that failed."""

    file: UUID
    file_name: str
    state: FileState
    tried: int
    next_attempt_time: datetime | None  #: None once parked
    failure: Failure


def plan_failed(files: Sequence[SpoolFile], failure: Failure, now: datetime) -> list[FailedTry]:
    """A recorded renaming stays recorded, even in a parked file: only repeating it can tell whether it happened."""
    tries: list[FailedTry] = []
    for file in files:
        again = next_attempt(file.tried + 1, now, spread=spread_of(file.task))
        waiting = FileState.RENAMING if file.state is FileState.RENAMING else FileState.SEALED
        tries.append(
            FailedTry(
                file=file.id,
                file_name=file.file_name,
                state=FileState.PARKED if again is None else waiting,
                tried=file.tried + 1,
                next_attempt_time=again,
                failure=failure,
            )
        )
    return tries
