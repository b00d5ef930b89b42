"""What somebody who watches a run has seen of it, and the lines of journals that tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.scheduler.domain.runs import Attempt, Run, run_name

OWN_JOURNAL = "scheduler"  #: the service whose journal is the scheduler's


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A thread of a journal: what a service writes of one piece of work."""

    service: str  #: key of the handler, or the scheduler
    correlation: str

    @property
    def key(self) -> str:
        return f"{self.service} {self.correlation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line of a journal."""

    track: Track
    number: int  #: ascending in its journal
    create_time: datetime
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """How a run looks from afar."""

    mark: str  #: another one where the run or an attempt of it has changed
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """How far somebody has come."""

    run: int
    mark: str = ""  #: stands for the run as it was last seen
    lines: Mapping[str, int] = field(default_factory=dict)  #: number of the last line seen, by the key of its track

    def after(self, track: Track) -> int:
        return self.lines.get(track.key, 0)

    def with_lines(self, lines: Sequence[LogLine]) -> "Bookmark":
        """Behind these, too."""
        seen = dict(self.lines)
        for line in lines:
            seen[line.track.key] = max(seen.get(line.track.key, 0), line.number)
        return Bookmark(run=self.run, mark=self.mark, lines=seen)


def tracks_of(run: int, attempts: Sequence[Attempt]) -> list[Track]:
    """Where a run and its attempts are told of. Delivery names a sending by its bare UUID."""
    names = [run_name(run)]
    tracks = [Track(service=OWN_JOURNAL, correlation=run_name(run))]
    for attempt in attempts:
        for name in (*names, f"operations/{attempt.id}", str(attempt.id)):
            track = Track(service=attempt.handler, correlation=name)
            if track not in tracks:
                tracks.append(track)
    return tracks


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What is new of a run."""

    run: Run | None  #: where it has changed
    attempts: Sequence[Attempt]  #: of its work; with the run
    lines: Sequence[LogLine]
    bookmark: Bookmark
    over: bool  #: it has ended, and nothing more will be told of it

    @property
    def new(self) -> bool:
        return self.run is not None or bool(self.lines)
