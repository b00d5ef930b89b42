"""Gives the files of a group their names at the far end, and resolves renamings that an earlier try has recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis import telemetry
from chassis.file_names import alike
from services.delivery.application.far_ends import Carrier
from services.delivery.application.ledger import Batch, Ledger
from services.delivery.application.ports import Milestone
from services.delivery.domain.failures import CannotRename, FileFailed
from services.delivery.domain.file_failures import AlreadyThere, TemporaryMissing
from services.delivery.domain.grouping import first_free, names_to_try
from services.delivery.domain.spool import SpoolFile
from services.delivery.domain.transfer_options import Existing

MOST_TURNS = 20  #: at finding a free name, where others take them at the same time


@dataclass(slots=True, kw_only=True)
class Renamer:
    """For one batch."""

    ledger: Ledger
    batch: Batch
    carrier: Carrier

    def name(self) -> None:
        """Gives the batch's present group its names; what fails drops out of it."""
        files = self.batch.group
        names = self._free_names(files, ()) if self._existing is Existing.KEEP_BOTH else {}
        self._record({file.id: names.get(file.id) for file in self.batch.group})
        self.ledger.passed(Milestone.RENAMING_RECORDED, self.batch.group)
        self._rename(self.batch.group)
        self.ledger.passed(Milestone.RENAMED, self.batch.group)

    def resolve(self, *, believed: bool) -> None:
        """Repeats the renamings that are recorded for the group; what has to be sent again goes first in the next."""
        place = self.batch.destination.method.place
        here = [file for file in self.batch.group if believed and file.place == place]
        try:
            numbered = self._repeat(here)
        except CannotRename:
            if not self.batch.destination.transfer.write_directly:
                raise
            numbered = []
            self.ledger.forget_renaming(self.batch, here)  # it cannot have happened
        self.ledger.forget_renaming(self.batch, [file for file in self.batch.group if file not in here])
        if numbered:
            names = self._free_names(numbered, {alike(file.final_name) for file in numbered})
            self._rename(self._record(names))
        self.ledger.passed(Milestone.RENAMED, self.batch.group)

    @property
    def _existing(self) -> Existing:
        return self.batch.destination.transfer.existing

    def _keeps_both(self, file: SpoolFile) -> bool:
        return self._existing is Existing.KEEP_BOTH or file.target_name is not None

    def _rename(self, files: Sequence[SpoolFile]) -> None:
        """A renaming that nobody has asked for before: each answer is about this one."""
        refused: set[str] = set()
        for _ in range(MOST_TURNS):
            taken: list[SpoolFile] = []
            for file, answer in self._asked(files):
                if isinstance(answer, AlreadyThere) and self._keeps_both(file):
                    taken.append(file)
                elif answer is not None:
                    self.batch.drop(file, answer)
            if not taken:
                return
            refused |= {alike(file.final_name) for file in taken}
            files = self._record(self._free_names(taken, refused))
        for file in files:
            self.batch.drop(file, AlreadyThere(file.final_name))

    def _repeat(self, files: Sequence[SpoolFile]) -> list[SpoolFile]:
        """Answers those whose name somebody else has taken, and that get another.

        A server may look first whether the target is there, so that only the temporary tells whose it is. "There is no
        temporary" means that the renaming had happened, unless what bears the name is visibly another; where nothing
        does, its receiver has taken it away.
        """
        unclear: dict[UUID, FileFailed] = {}
        for file, answer in self._asked(files):
            if isinstance(answer, AlreadyThere | TemporaryMissing):
                unclear[file.id] = answer
            elif answer is not None:
                self.batch.drop(file, answer)
        asked = [file for file in files if file.id in unclear]
        if not asked:
            return []
        sizes = self.carrier.sizes([name for file in asked for name in (file.temporary_name, file.final_name)])
        numbered: list[SpoolFile] = []
        another: list[SpoolFile] = []
        for file in asked:
            if isinstance(unclear[file.id], AlreadyThere) and file.temporary_name in sizes:
                if self._keeps_both(file):
                    numbered.append(file)
                else:
                    self.batch.drop(file, AlreadyThere(file.final_name))
            elif sizes.get(file.final_name, file.size_bytes) != file.size_bytes:
                another.append(file)
        self.ledger.forget_renaming(self.batch, another)
        return numbered

    def _asked(self, files: Sequence[SpoolFile]) -> Iterable[tuple[SpoolFile, FileFailed | None]]:
        """The far end's answers."""
        answers: list[tuple[SpoolFile, FileFailed | None]] = []
        for replace in (True, False):
            some = [file for file in files if self._replaces(file) is replace]
            if some:
                with telemetry.span("delivery rename", destination=self.batch.destination.id, files=len(some)):
                    said = self.carrier.rename(
                        [(each.temporary_name, each.final_name) for each in some], replace=replace
                    )
                answers += zip(some, said, strict=True)
        return answers

    def _replaces(self, file: SpoolFile) -> bool:
        return self._existing is Existing.REPLACE and file.target_name is None

    def _record(self, names: dict[UUID, str | None]) -> Sequence[SpoolFile]:
        """Records the renamings of these files of the group, which are in it as they stand then."""
        if not names:
            return []
        recorded = {file.id: file for file in self.ledger.record_renaming(self.batch, names)}
        self.batch.group = [recorded.get(file.id, file) for file in self.batch.group]
        return list(recorded.values())

    def _free_names(self, files: Sequence[SpoolFile], refused: Iterable[str]) -> dict[UUID, str | None]:
        """A name for each file that nothing bears, None for its own; a file for which none is free drops out."""
        there = self.carrier.sizes([file.file_name for file in files])
        taken = {*refused, *map(alike, there)}
        names: dict[UUID, str | None] = {file.id: None for file in files if alike(file.file_name) not in taken}
        taken |= {alike(file.file_name) for file in self.batch.group if file.id in names}
        for file in files:
            if file.id in names:
                continue
            free = self._numbered(file, taken)
            if free is None:
                self.batch.drop(file, AlreadyThere(file.file_name))
            else:
                names[file.id] = free
                taken.add(alike(free))
        return names

    def _numbered(self, file: SpoolFile, taken: set[str]) -> str | None:
        for names in names_to_try(file.file_name):
            taken |= set(map(alike, self.carrier.sizes(names)))
            free = first_free(names, taken)
            if free is not None:
                return free
        return None
