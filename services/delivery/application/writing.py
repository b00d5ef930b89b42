"""Writes a group of files to a folder, and verifies what arrived. A big one goes on where an earlier try stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.application.ledger import Batch, Ledger
from services.delivery.application.reading import Reader
from services.delivery.domain.failing import LeftThere
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.file_failures import SpoolFileDamaged
from services.delivery.domain.grouping import is_big, resumable, verified
from services.delivery.domain.spool import SpoolFile

COMMIT_EVERY = 10.0  #: seconds between two commits of how far a big file has come: what a crash may cost


@dataclass(slots=True, kw_only=True)
class Writer:
    """For one batch."""

    ledger: Ledger
    batch: Batch
    carrier: Carrier
    reader: Reader

    def write(self) -> None:
        """Writes the batch's present group; what fails drops out of it."""
        files = self.batch.group
        if is_big(files[0]):  # and alone
            self._stream(files[0])
            return
        self._clear(files)
        uploads = {file.id: upload for file in self.batch.group if (upload := self._small(file)) is not None}
        files = [file for file in self.batch.group if file.id in uploads]
        if files:
            self._judge(files, self.carrier.write([uploads[file.id] for file in files]))

    def _clear(self, files: Sequence[SpoolFile]) -> None:
        """Removes what older tries have left; a file whose temporary does not go is not written beside it."""
        older = {file.id: file.older_temporaries for file in files if file.older_temporaries}
        if not older:
            return
        try:
            self.carrier.remove([name for names in older.values() for name in names])
        except FileFailed:
            for file in [file for file in files if file.id in older]:
                try:
                    self.carrier.remove(older[file.id])
                except FileFailed as failure:
                    self.batch.drop(file, failure)

    def _small(self, file: SpoolFile) -> Upload | None:
        try:
            content = self.reader.whole(file)
        except SpoolFileDamaged as damaged:
            self.batch.drop(file, damaged)
            return None
        return Upload(name=self._name(file), size_bytes=file.size_bytes, chunks=self.reader.cut(content))

    def _stream(self, file: SpoolFile) -> None:
        start = self._resumed(file)
        upload = Upload(
            name=self._name(file), size_bytes=file.size_bytes, chunks=self.reader.pieces(file, start), start=start
        )
        if self._resumes:
            upload = replace(upload, written=_Told(self.ledger, self.batch, file))
        try:
            arrived = self.carrier.write([upload])
        except FileFailed as failure:  # of the spool: what its pieces raise goes through
            self.batch.drop(file, failure)
        else:
            self._judge([file], arrived)

    def _judge(self, files: Sequence[SpoolFile], answers: Sequence[Arrived | FileFailed]) -> None:
        for file, answer in zip(files, answers, strict=True):
            problem = _problem(file, answer)
            if problem is not None:
                self.batch.drop(file, problem)

    def _name(self, file: SpoolFile) -> str:
        return file.file_name if self.batch.destination.transfer.write_directly else file.temporary_name

    @property
    def _resumes(self) -> bool:
        return self.carrier.resumes and not self.batch.destination.transfer.write_directly

    def _resumed(self, file: SpoolFile) -> int:
        """Byte at which to go on. Nothing of an older try is left but what the present one goes on with."""
        older, place, found = file.older_temporaries, self.batch.destination.method.place, None
        if older and file.written and self._resumes:
            found = resumable(file, place, self.carrier.sizes(older))
        rest = [name for name in older if name != found]
        if rest:
            self.carrier.remove(rest)
        if found is not None:
            # Under the name of this try: one that lost its work and does not know it yet must not find it.
            (refused,) = self.carrier.rename([(found, file.temporary_name)], replace=True)
            if refused is None:
                with self.ledger.open_work(self.batch.execution.fence) as work:
                    work.spool.record_resumed(file.id, file.written)
                return file.written
            self.carrier.remove([found])
        if file.written:  # before anything is written that might be taken for it
            with self.ledger.open_work(self.batch.execution.fence) as work:
                work.spool.record_written(file.id, 0, place)
        return 0


def _problem(file: SpoolFile, answer: Arrived | FileFailed) -> FileFailed | None:
    return answer if isinstance(answer, FileFailed) else verified(file, answer.size_bytes, answer.sha256)


class _Told:
    """Hears how much of a file is at the far end, and commits it now and then."""

    def __init__(self, ledger: Ledger, batch: Batch, file: SpoolFile) -> None:
        self._ledger = ledger
        self._batch = batch
        self._file = file
        self._committed = ledger.stopwatch()

    def __call__(self, size: int) -> None:
        place = self._batch.destination.method.place
        self._batch.written[self._file.id] = LeftThere(written=size, place=place)
        now = self._ledger.stopwatch()
        if now - self._committed < COMMIT_EVERY:
            return
        with self._ledger.open_work(self._batch.execution.fence) as work:
            work.spool.record_written(self._file.id, size, place)
        self._committed = now
