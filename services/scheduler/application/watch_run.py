"""Somebody watches a run: each look brings what is new of it, and of what handlers write of it."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from chassis.errors import UnknownResource
from services.scheduler.application.ports import Journals, OpenWork, Work
from services.scheduler.domain.runs import Attempt, Purpose, Run, run_name
from services.scheduler.domain.watching import OWN_JOURNAL, Bookmark, Glimpse, LogLine, tracks_of

MOST_LINES = 500  #: of one journal in one look


class Watch:
    """The looks of one watcher. One that finds nothing new costs two small statements."""

    def __init__(self, open_work: OpenWork, journals: Journals, bookmark: Bookmark) -> None:
        self._open_work = open_work
        self._journals = journals
        self._bookmark = bookmark
        self._attempts: Sequence[Attempt] = ()
        self._told: set[UUID] = set()  #: attempts that had ended when their handlers were last asked for lines
        self._loaded = False

    def look(self, *, ask_handlers: bool) -> Glimpse:
        """What is new since the last look; handlers are asked for their lines only now and then, and at the end."""
        number = self._bookmark.run
        with self._open_work() as work:
            glance = work.watching.glance(number)
            if glance is None:
                raise UnknownResource(run_name(number))
            changed = glance.mark != self._bookmark.mark
            if changed or not self._loaded:
                self._load(work)
            run = work.runs.get(number) if changed else None
            lines = list(self._own_lines(work))
        if ask_handlers or glance.ended:
            lines += self._handlers_lines()
        ended = glance.ended and len(lines) < MOST_LINES
        marked = Bookmark(run=number, mark=glance.mark, lines=self._bookmark.lines)
        self._bookmark = marked.with_lines(lines)
        return Glimpse(
            run=run,
            attempts=self._work_attempts(run),
            lines=sorted(lines, key=lambda line: line.create_time),
            bookmark=self._bookmark,
            over=ended,
        )

    def _load(self, work: Work) -> None:
        number = self._bookmark.run
        found = [work.attempts.of_runs([number], purpose).get(number, []) for purpose in Purpose]
        self._attempts = [attempt for attempts in found for attempt in attempts]
        self._loaded = True

    def _work_attempts(self, run: Run | None) -> Sequence[Attempt]:
        return [] if run is None else [each for each in self._attempts if each.purpose is Purpose.WORK]

    def _own_lines(self, work: Work) -> Sequence[LogLine]:
        tracks = [track for track in tracks_of(self._bookmark.run, self._attempts) if track.service == OWN_JOURNAL]
        return work.watching.lines({track: self._bookmark.after(track) for track in tracks}, MOST_LINES)

    def _handlers_lines(self) -> Iterator[LogLine]:
        """An attempt that has ended is asked about once more, and then no longer."""
        asked = [each for each in self._attempts if each.id not in self._told]
        full: set[str] = set()
        for track in tracks_of(self._bookmark.run, asked):
            if track.service == OWN_JOURNAL:
                continue
            lines = self._journals.lines(track, self._bookmark.after(track), MOST_LINES)
            if len(lines) == MOST_LINES:
                full.add(track.service)
            yield from lines
        self._told |= {each.id for each in asked if each.end_time is not None and each.handler not in full}
