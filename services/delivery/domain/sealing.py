"""What a sealing does to the files of a run, decided before anything is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.errors import FieldProblem, InvalidInput
from services.delivery.domain.spool import FileState, SpoolFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the scheduler wants sent."""

    attempt: UUID  #: under which the sending is reported; also the repeat key
    task: int
    run: int
    destination: str
    files: Sequence[UUID]
    nominal_time: datetime
    site: str
    owner: str  #: principal with whose rights the files are sent
    traceparent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlan:
    """Files to seal, and files to drop, of one run."""

    seal: Sequence[UUID]
    drop: Sequence[UUID]


def plan_seal(manifest: Manifest, files: Mapping[UUID, SpoolFile]) -> SealPlan:
    """Seals the manifest's files and drops the run's other provisional ones.

    `files` are those of the run and those the manifest names. A name that is unknown, another run's or no longer
    provisional is refused, each by its place: then nothing is sealed.
    """
    problems = [
        FieldProblem(f"files[{place}]", problem)
        for place, identifier in enumerate(manifest.files)
        if (problem := _problem(manifest, identifier, place, files)) is not None
    ]
    if problems:
        raise InvalidInput(*problems)
    wanted = set(manifest.files)
    drop = [
        file.id
        for file in files.values()
        if file.run == manifest.run and file.state is FileState.PROVISIONAL and file.id not in wanted
    ]
    return SealPlan(seal=tuple(manifest.files), drop=tuple(drop))


def _problem(manifest: Manifest, identifier: UUID, place: int, files: Mapping[UUID, SpoolFile]) -> str | None:
    file = files.get(identifier)
    if file is None:
        return f"files/{identifier} is not in the spool; name the files that the attempt's outcome names"
    if file.run != manifest.run or file.task != manifest.task:
        return f"files/{identifier} belongs to runs/{file.run} of tasks/{file.task}, not to this run"
    if file.state is not FileState.PROVISIONAL:
        return f"files/{identifier} is {file.state.value}; only a provisional file can be sealed"
    if identifier in manifest.files[:place]:
        return f"files/{identifier} is named twice"
    return None
