"""The journal: the numbered log that people read, written in the transaction of what it tells of."""

from chassis.journal.entry import Entry, Level, NewEntry
from chassis.journal.writer import JournalWriter

__all__ = ["Entry", "JournalWriter", "Level", "NewEntry"]
