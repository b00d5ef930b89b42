"""Keeps the spool clean: what nothing names, what nobody sealed, what nobody would send."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from services.delivery.application.failing_tries import retry_of
from services.delivery.application.ports import OpenWork, Spool

AT_ONCE = 1000


class Found(Protocol):
    """Something that lies in the spool's folder."""

    @property
    def file(self) -> UUID | None: ...

    def remove(self) -> None:
        """Takes it away. Gone already is fine."""


class Lying(Protocol):
    """Looks through the spool's folder."""

    def older_than(self, age: timedelta, now: datetime) -> Iterator[Found]:
        """What has lain there for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did."""

    orphans: int  #: files on disk that no row needs
    stale: int  #: files that no manifest has named
    adopted: int  #: tasks that got an operation to send their files
    broken: int  #: files sent past the spool whose process has gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """The healer of what a crash can leave between disk and database."""

    open_work: OpenWork
    spool: Spool
    lying: Lying
    orphan_age: timedelta  #: longer than any upload takes between its first byte and its row
    stale_age: timedelta  #: longer than any run waits between its files and its sealing

    def __call__(self) -> Swept:
        """One sweep. Two at once do no harm."""
        with self.open_work() as work:
            now = work.now()
            stale = work.upkeep.discard_stale(self.stale_age)
            broken = work.unspooled.discard_abandoned()
            adopted = work.retries.forgotten()
            work.operations.add_many([retry_of(task, site) for task, site in adopted])
        for task, file in stale:
            self.spool.remove(task, file)
        return Swept(orphans=self._remove_orphans(now), stale=len(stale), adopted=len(adopted), broken=broken)

    def _remove_orphans(self, now: datetime) -> int:
        removed = 0
        for found in batches(self.lying.older_than(self.orphan_age, now)):
            with self.open_work() as work:
                kept = work.upkeep.kept(each.file for each in found if each.file is not None)
            for each in found:
                if each.file not in kept:
                    each.remove()
                    removed += 1
        return removed


def batches(found: Iterable[Found]) -> Iterator[Sequence[Found]]:
    """So many at a time."""
    rest = iter(found)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch
