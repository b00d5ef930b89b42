"""Reads files of the spool on their way out, and proves that they are what was staged."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chassis.operations import Execution
from services.delivery.application.ports import Spool
from services.delivery.domain.file_failures import SpoolFileDamaged
from services.delivery.domain.spool import SpoolFile

LONGEST_PIECE = 1 << 20
CHECKS_PER_SECOND = 10  #: of whether the work is to end, while a slow destination makes pieces wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For one batch. Pieces raise what `check` raises: a big or slow file does not keep a process that has to leave."""

    spool: Spool
    execution: Execution
    bandwidth_limit: int  #: bytes per second; 0: unlimited

    def whole(self, file: SpoolFile) -> bytes:
        """A small file. Raises `SpoolFileDamaged`."""
        try:
            content = b"".join(self.spool.read(file.task, file.id))
        except OSError as unreadable:
            raise _damaged(file) from unreadable
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise _damaged(file)
        return content

    def cut(self, content: bytes) -> Iterator[bytes]:
        """Pieces that do not take long."""
        longest = LONGEST_PIECE
        if self.bandwidth_limit:
            longest = min(longest, max(1, self.bandwidth_limit // CHECKS_PER_SECOND))
        for start in range(0, len(content), longest):
            self.execution.check()
            yield content[start : start + longest]

    def pieces(self, file: SpoolFile, start: int = 0) -> Iterator[bytes]:
        """The file's bytes from there on; read from its beginning, for the proof.

        Raises `SpoolFileDamaged` at the end, or where it cannot be read: said here, or the far end would be blamed.
        """
        digest, place = hashlib.sha256(), 0
        with ThreadPoolExecutor(1) as beside:  # whoever sends encrypts meanwhile
            hashed = beside.submit(digest.update, b"")
            try:
                for piece in self.spool.read(file.task, file.id):
                    self.execution.check()
                    hashed.result()
                    hashed = beside.submit(digest.update, piece)
                    yield from self.cut(piece[max(0, start - place) :])
                    place += len(piece)
            except OSError as unreadable:
                raise _damaged(file) from unreadable
            hashed.result()
        if digest.hexdigest() != file.sha256:
            raise _damaged(file)


def _damaged(file: SpoolFile) -> SpoolFileDamaged:
    return SpoolFileDamaged(file.file_name, f"UPDATE-{file.task}/{file.id}")
