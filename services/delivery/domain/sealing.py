"""What a sealing does to the files of a run, decided before anything is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.errors import FieldProblem, InvalidInput
from chassis.file_names import alike
from services.delivery.domain.spool import TRAINING, FileState, SpoolFile


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
    mode: str  #: of the site when the run started: normal, isolated, training
    owner: str  #: principal with whose rights the files are sent
    traceparent: str

    @property
    def training(self) -> bool:
        """Whether its files go to a sandbox."""
        return self.mode == TRAINING


@dataclass(frozen=True, slots=True, kw_only=True)
class SealPlan:
    """Files to seal, and files to drop, of one run."""

    seal: Sequence[UUID]
    drop: Sequence[UUID]


def plan_seal(manifest: Manifest, files: Mapping[UUID, SpoolFile]) -> SealPlan:
    """Seals the manifest's files and drops the run's other provisional ones.

    `files` are those of the run and those the manifest names. A name that is unknown, another run's or no longer
    provisional is refused, each by its place, and so is the second of two that would bear one name at the far end,
    where it would overwrite the first: then nothing is sealed.
    """
    problems: list[FieldProblem] = []
    places: dict[UUID | str, int] = {}
    for place, identifier in enumerate(manifest.files):
        problem = _problem(manifest, identifier, files)
        file = files.get(identifier)
        if problem is None and file is not None:
            twin = places.setdefault(alike(file.file_name), place)
            if places.setdefault(identifier, place) != place:
                problem = f"files/{identifier} is named twice"
            elif twin != place:
                said = f"files[{twin}] bears the name {file.file_name} too, or one that some servers take for it"
                problem = f"{said}; give each file of a run a name of its own"
        if problem is not None:
            problems.append(FieldProblem(f"files[{place}]", problem))
    if problems:
        raise InvalidInput(*problems)
    wanted = set(manifest.files)
    drop = [
        file.id
        for file in files.values()
        if file.run == manifest.run and file.state is FileState.PROVISIONAL and file.id not in wanted
    ]
    return SealPlan(seal=tuple(manifest.files), drop=tuple(drop))


def _problem(manifest: Manifest, identifier: UUID, files: Mapping[UUID, SpoolFile]) -> str | None:
    file = files.get(identifier)
    if file is None:
        return f"files/{identifier} is not in the spool; name the files that the attempt's outcome names"
    if file.run != manifest.run or file.task != manifest.task:
        return f"files/{identifier} belongs to runs/{file.run} of tasks/{file.task}, not to this run"
    if file.state is not FileState.PROVISIONAL:
        return f"files/{identifier} is {file.state.value}; only a provisional file can be sealed"
    if file.training and not manifest.training:
        return f"files/{identifier} was made in training mode; it can only be sent in training mode"
    return None
