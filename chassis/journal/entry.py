"""A line of a journal, as in the seeds' log: number, time, level, source, user, peer, correlation, text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TECHNICAL = "technical"  #: kept for days; every other name is a business journal, kept for years


class Level(StrEnum):
    """How much an entry matters."""

    INFORMATION = "information"  #: something was done
    WARNING = "warning"  #: something needs a look
    ERROR = "error"  #: something failed


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A line to write."""

    text: str
    source: str  #: part of the service that writes
    journal: str = TECHNICAL
    level: Level = Level.INFORMATION
    user: str = ""  #: principal on whose behalf
    peer: str = ""  #: network address of the caller
    correlation: str = ""  #: ties entries of one piece of work together


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line as it stands."""

    number: int
    create_time: datetime
    journal: str
    level: Level
    source: str
    user: str
    peer: str
    correlation: str
    text: str
