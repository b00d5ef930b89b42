"""A folder of the server, as a person types it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.drafts.fields import LONGEST_FOLDER, has_controls, problem

FOLDER = "server_path.folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPathDraft:
    """Its fields, unchecked."""

    folder: str = ""

    def problems(self, roots: Sequence[PurePosixPath]) -> list[FieldProblem]:
        """What is wrong with it."""
        if has_controls(self.folder) or not 1 <= len(self.folder) <= LONGEST_FOLDER:
            return [problem(FOLDER, f"give a path of 1 to {LONGEST_FOLDER} characters without control characters")]
        folder = PurePosixPath(self.folder)
        if not folder.is_absolute() or ".." in folder.parts:
            return [problem(FOLDER, "give an absolute path without `..`")]
        if root_of(folder, roots) is None:
            allowed = ", ".join(str(root) for root in roots)
            return [problem(FOLDER, f"it must lie below one of the allowed roots: {allowed}")]
        return []

    def method(self) -> ServerPath:
        """The folder, once there are no problems."""
        return ServerPath(folder=str(PurePosixPath(self.folder)))


def root_of(folder: PurePosixPath, roots: Sequence[PurePosixPath]) -> PurePosixPath | None:
    """The root that a folder lies in, by its name alone."""
    if ".." in folder.parts:
        return None
    return next((root for root in roots if folder.is_relative_to(root)), None)
