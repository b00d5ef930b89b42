"""A carrier over a real folder to which things happen: refusals, lost connections, and the death of the process."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.failures import ConnectionLost, FileFailed
from services.delivery.domain.file_failures import RefusedByServer
from tests.delivery.witnesses import Died


class Fate(Enum):
    """What happens to one step of one file."""

    FINE = "fine"
    REFUSED = "refused"  #: not done, and the far end says so of this file
    LOST_BEFORE = "lost before"  #: not done, and the connection is gone
    LOST_AFTER = "lost after"  #: done, and the connection is gone before the answer
    DIED_BEFORE = "died before"
    DIED_AFTER = "died after"
    DIED_HALFWAY = "died halfway"  #: of a file that is being written


@dataclass
class BadLuck:
    """Asks for the fate of each step."""

    carrier: Carrier
    fate: Callable[[str], Fate]  #: of a step (`write`, `rename`, `remove`) of one file

    def __post_init__(self) -> None:
        self.resumes = self.carrier.resumes

    def prepare(self, *, make: bool) -> bool:
        return self.carrier.prepare(make=make)

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            before(fate := self.fate("remove"))
            if fate is Fate.REFUSED:
                raise RefusedByServer(name, "busy")
            self.carrier.remove([name])
            after(fate)

    def write(self, uploads: Sequence[Upload]) -> Sequence[Arrived | FileFailed]:
        answers: list[Arrived | FileFailed] = []
        for upload in uploads:
            before(fate := self.fate("write"))
            if fate is Fate.REFUSED:
                answers.append(RefusedByServer(upload.name, "no"))
                continue
            halved = replace(upload, chunks=half(upload)) if fate is Fate.DIED_HALFWAY else upload
            answers += self.carrier.write([halved])
            after(fate)
        return answers

    def sizes(self, names: Sequence[str]) -> Mapping[str, int]:
        return self.carrier.sizes(names)

    def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
        answers: list[FileFailed | None] = []
        for name, target in pairs:
            before(fate := self.fate("rename"))
            if fate is Fate.REFUSED:
                answers.append(RefusedByServer(target, "no"))
                continue
            answers += self.carrier.rename([(name, target)], replace=replace)
            after(fate)
        return answers

    def check(self, *, make: bool) -> None:
        self.carrier.check(make=make)


def before(fate: Fate) -> None:
    if fate is Fate.DIED_BEFORE:
        raise Died(fate.value)
    if fate is Fate.LOST_BEFORE:
        raise ConnectionLost("far.example", 22, fate.value)


def after(fate: Fate) -> None:
    if fate is Fate.DIED_AFTER:
        raise Died(fate.value)
    if fate is Fate.LOST_AFTER:
        raise ConnectionLost("far.example", 22, fate.value)


def half(upload: Upload) -> Iterator[bytes]:
    for chunk in upload.chunks:
        yield chunk[: len(chunk) // 2]
        raise Died(Fate.DIED_HALFWAY.value)
    raise Died(Fate.DIED_HALFWAY.value)
