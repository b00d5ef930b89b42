"""A file sent past the spool: what may begin, and what a later try takes over from an earlier one.

          ┌──begin: another try, under a temporary name of its own──┐
          ▼                                                         │
       SENDING ──whole and verified──▶ RENAMING ──renamed──▶ DELIVERED, or at once where it is written directly
          └──────────failed, broken off───────┴────▶ DISCARDED ─────┘
                                                        └──found renamed by the next try──▶ DELIVERED

Nothing of it lies in the spool. A later try of the same attempt keeps the row and its id, so that the temporary names
of all tries are known until they are gone.
"""

from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput, Unavailable
from services.delivery.domain.destinations import Method, Postal
from services.delivery.domain.errors import EpochPassed
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.staging import FileToStage


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToSend:
    """What a handler says of a file before it sends the bytes."""

    file: FileToStage
    destination: str  #: id
    owner: str  #: principal with whose rights it is sent


def has_arrived(wanted: FileToSend, stored: SpoolFile) -> bool:
    """True: the stored file is the answer. False: a try may begin.

    Raises `EpochPassed` for a try that has been overtaken, and `InvalidInput` where the key is another file's.
    """
    file = wanted.file
    if (stored.task, stored.run) != (file.task, file.run):
        problem = f"attempt {file.attempt} belongs to runs/{stored.run} of tasks/{stored.task}"
        raise InvalidInput(
            FieldProblem("header.file.attempt", f"{problem}; an attempt of another run has a UUID of its own")
        )
    if not stored.unspooled:
        raise InvalidInput(
            FieldProblem(
                "header.file.ordinal", f"file {file.ordinal} of the attempt was staged; give each its own place"
            )
        )
    if stored.epoch > file.epoch:
        raise EpochPassed(file.epoch, stored.epoch)
    if stored.state is not FileState.DELIVERED:
        return False
    if (stored.file_name, stored.destination, stored.mode) != (file.file_name, wanted.destination, file.mode):
        arrived = f"file {file.ordinal} of the attempt has arrived at destinations/{stored.destination}"
        raise InvalidInput(
            FieldProblem("header.file.ordinal", f"{arrived} as {stored.file_name}; give each file a place of its own")
        )
    return True


def holds_messages(method: Method) -> bool:
    """Whether files become messages there: those are given whole, so nothing can be streamed into them."""
    return isinstance(method, Postal)


def may_have_arrived(stored: SpoolFile, wanted: FileToSend, place: str) -> bool:
    """Whether an earlier try was renaming the same file there when it ended: then that is asked first.

    Where nobody heard how it ended, the row is DISCARDED and keeps the place. Once a later sending has removed what was
    left there, a repeat of the renaming would tell nothing.
    """
    return (
        stored.state in {FileState.RENAMING, FileState.DISCARDED}
        and stored.place == place
        and stored.swept < stored.attempts
        and (stored.file_name, stored.destination, stored.mode)
        == (wanted.file.file_name, wanted.destination, wanted.file.mode)
    )


def in_doubt(destination: str, file_name: str) -> Unavailable:
    """Not a failure of the file, which would end its attempt: only another try of the same attempt finds out."""
    return Unavailable(f"{destination} broke off while {file_name} got its name; it may be there, the next try asks")
