"""What goes together in a sending: which files, how far they may be resumed, and what they are called."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from chassis.file_names import alike
from services.delivery.domain.failures import FileFailed
from services.delivery.domain.file_failures import HashNotVerified, NotVerified
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.transfer_options import BYTES_AT_ONCE, MOST_NAMES, numbered

FIRST_NAMES = 8  #: numbered names that are asked for at once at first; twice as many each further time


def next_group(files: Sequence[SpoolFile], at_once: int) -> Sequence[SpoolFile]:
    """The files that go together next, from the front: never two that some servers would take for one another.

    Recorded renamings are resolved together, and apart from files that have to be written. A file that is bigger than
    what a group may hold goes alone.
    """
    names: set[str] = set()
    size = 0
    for place, file in enumerate(files[:at_once]):
        resolved = file.state is FileState.RENAMING
        size += 0 if resolved else file.size_bytes
        if place and (
            resolved is not (files[0].state is FileState.RENAMING)
            or alike(file.file_name) in names
            or size > BYTES_AT_ONCE
        ):
            return files[:place]
        names.add(alike(file.file_name))
    return files[:at_once]


def is_big(file: SpoolFile) -> bool:
    """Whether it goes alone, as a stream; smaller ones are read whole before anything of them is sent."""
    return file.size_bytes > BYTES_AT_ONCE


def verified(file: SpoolFile, size_bytes: int | None, sha256: str | None) -> FileFailed | None:
    """What is wrong with a file as the far end says it has arrived; where it says nothing, it took each write."""
    if size_bytes is not None and size_bytes != file.size_bytes:
        return NotVerified(file.file_name, file.size_bytes, size_bytes)
    if sha256 is not None and sha256.lower() != file.sha256:
        return HashNotVerified(file.file_name)
    return None


def resumable(file: SpoolFile, place: str, sizes: Mapping[str, int]) -> str | None:
    """The temporary of an earlier try that the present one goes on with at `file.written`, where there is one.

    `sizes` are those of the older temporaries that are there. The newest that is long enough is the one: a try that
    does not go on with what it finds takes back what was recorded before it writes.
    """
    if not 0 < file.written <= file.size_bytes or file.written_place != place:
        return None
    return next((name for name in reversed(file.older_temporaries) if sizes.get(name, -1) >= file.written), None)


def names_to_try(name: str) -> Iterator[Sequence[str]]:
    """A name that is taken, with the next numbers: a few at first, then more at once."""
    number, many = 2, FIRST_NAMES
    while number <= MOST_NAMES:
        yield [numbered(name, each) for each in range(number, min(number + many, MOST_NAMES + 1))]
        number, many = number + many, many * 2


def first_free(names: Sequence[str], taken: Collection[str]) -> str | None:
    """The first that nothing bears; `taken` are names as `alike` sees them."""
    return next((name for name in names if alike(name) not in taken), None)
