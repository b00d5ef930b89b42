"""A file of the spool: its states, the moves between them, and the name it bears while it is being written.

PROVISIONAL ──seal──▶ SEALED ──begin──▶ SENDING ──verified──▶ RENAMING ──renamed──▶ DELIVERED
     │                  ▲ ▲                │                     │ ▲
     ▼ drop             │ └─────fail───────┘                     └─┘ fail: the record stays, to be resolved
 DISCARDED              └─────what bears its name is not it──────┘

Where nothing is renamed (messages, and files that are written under their names at once), SENDING leads to DELIVERED.
From SEALED, SENDING and RENAMING the last failure leads to PARKED. A parked file rejoins the task's next
sending, or goes before a newer file of its name, as SEALED, or as RENAMING where a renaming is recorded that
nobody has resolved. A person may discard what has not arrived.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID


class FileState(Enum):
    """Where a file is on its way."""

    PROVISIONAL = "PROVISIONAL"  #: on disk; dropped unless a manifest names it
    SEALED = "SEALED"  #: to be sent
    SENDING = "SENDING"  #: being written at the far end under a temporary name
    RENAMING = "RENAMING"  #: written and verified; being renamed at the far end
    DELIVERED = "DELIVERED"  #: arrived; no longer in the spool
    PARKED = "PARKED"  #: gave up after the last try; goes again with the task's next sending
    DISCARDED = "DISCARDED"  #: dropped: not in the manifest, or given up by a person


MOVES: Mapping[FileState, frozenset[FileState]] = {
    FileState.PROVISIONAL: frozenset({FileState.SEALED, FileState.DISCARDED}),
    FileState.SEALED: frozenset({FileState.SEALED, FileState.SENDING, FileState.PARKED, FileState.DISCARDED}),
    #: to SENDING again: a successor's own try; to DELIVERED: where nothing is renamed
    FileState.SENDING: frozenset(
        {
            FileState.SENDING,
            FileState.RENAMING,
            FileState.DELIVERED,
            FileState.SEALED,
            FileState.PARKED,
            FileState.DISCARDED,
        }
    ),
    FileState.RENAMING: frozenset(
        {FileState.RENAMING, FileState.DELIVERED, FileState.SEALED, FileState.PARKED, FileState.DISCARDED}
    ),
    FileState.PARKED: frozenset({FileState.SEALED, FileState.RENAMING, FileState.DISCARDED}),
    FileState.DELIVERED: frozenset(),
    FileState.DISCARDED: frozenset(),
}

#: States in which a file has still to be sent, and its bytes must be on disk.
ON_ITS_WAY = frozenset({FileState.SEALED, FileState.SENDING, FileState.RENAMING})
#: States in which a file's bytes lie in the spool.
KEPT = ON_ITS_WAY | {FileState.PROVISIONAL, FileState.PARKED}


def may_move(origin: FileState, target: FileState) -> bool:
    """Whether a file may go from one state to the other."""
    return target in MOVES[origin]


#: The mode of what is practised with ("mode école"): such a file goes to a sandbox, never to its destination.
TRAINING = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why the last try failed: a stable reason, and the facts that fill its sentence."""

    reason: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolFile:
    """A produced file, from the moment it is on disk."""

    id: UUID
    attempt: UUID  #: attempt of the run that produced it
    epoch: int  #: try of that attempt; a later one's file takes the place of an earlier one's
    ordinal: int  #: place among the attempt's files
    task: int
    run: int
    site: str
    mode: str  #: in which it is sent: normal, isolated, training
    file_name: str  #: at the far end
    size_bytes: int
    sha256: str
    state: FileState
    destination: str | None  #: id; None while provisional
    attempts: int  #: tries in all; names the temporary file, so it only grows
    tried: int  #: failed tries since it was sealed or rejoined; decides the pause and the parking
    swept: int  #: temporary files of tries up to this one are known to be gone at the far end
    place: str | None  #: digest of where a renaming is recorded; None where none is
    target_name: str | None  #: that it gets at the far end where it could not have its own
    written: int  #: bytes that the last try is known to have left at the far end under its temporary name
    written_place: str | None  #: digest of where they lie; None where none do
    mails: int  #: messages with it that were refused; the next try is another message
    unspooled: bool  #: sent past the spool: its bytes never lie on disk
    failure: Failure | None
    next_attempt_time: datetime | None
    create_time: datetime
    deliver_time: datetime | None

    @property
    def training(self) -> bool:
        """Whether it goes to a sandbox."""
        return self.mode == TRAINING

    @property
    def final_name(self) -> str:
        """The name that it gets, or has got, at the far end."""
        return self.target_name or self.file_name

    @property
    def temporary_name(self) -> str:
        """The name of the present try at the far end."""
        return temporary_name(self.id, self.attempts)

    @property
    def older_temporaries(self) -> tuple[str, ...]:
        """Names that earlier tries may have left there."""
        return tuple(temporary_name(self.id, number) for number in range(self.swept + 1, self.attempts))

    @property
    def all_temporaries(self) -> tuple[str, ...]:
        """Names that tries may have left there, the present one's included."""
        return (*self.older_temporaries, self.temporary_name) if self.attempts > self.swept else ()


def temporary_name(file: UUID, attempt: int) -> str:
    """A name that no two tries share, so that a process that lost its work never writes into its successor's file."""
    return f".backroom-{file}-{attempt}.part"
