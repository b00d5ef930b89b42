"""From the clock on the wall to instants: what becomes of times that the clocks skip or show twice.

A zone is a row of pieces in which the clocks run evenly; between two of them they jump. Instants and wall times are
whole seconds counted from 1 January of the year 1 (`date.toordinal` × 86,400), so that a search costs no objects.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from services.scheduler.domain.days import HORIZON_YEARS
from services.scheduler.domain.wall import DAY, WallPattern

START = datetime(1, 1, 1, tzinfo=UTC)
#: No zone is asked for its clocks beyond these: `datetime` ends there.
FIRST, LAST = date(2, 1, 1).toordinal() * DAY, date(9999, 1, 1).toordinal() * DAY
HORIZON = HORIZON_YEARS * 366 * DAY


class DstRule(StrEnum):
    """What happens to times in the gap of spring and in the fold of autumn."""

    SKIP_GAP_FIRST_FOLD = "skip_gap_first_fold"  #: a time skipped does not fire; one shown twice fires the first time
    RUN_AFTER_GAP_FIRST_FOLD = "run_after_gap_first_fold"  #: times skipped fire once, when the gap ends (Debian's cron)
    LITERAL = "literal"  #: fires as often as the clocks show it: never in the gap, twice in the fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A span of instants in which the clocks run evenly."""

    start: int
    end: int  #: the first second after it
    offset: int  #: wall time minus instant
    before: int  #: the offset of the piece before it


def to_second(instant: datetime) -> int:
    """The second that an instant lies in."""
    instant = instant.astimezone(UTC)
    return instant.toordinal() * DAY + instant.hour * 3600 + instant.minute * 60 + instant.second


def to_instant(second: int) -> datetime:
    """The instant at which a second begins, in UTC."""
    return START + timedelta(seconds=second - DAY)


def shown_date(instant: datetime, zone: tzinfo) -> date:
    """The date that a calendar on the wall shows."""
    return instant.astimezone(zone).date()


def first_shown(
    pattern: WallPattern, zone: tzinfo, after: int, rule: DstRule, excluded: AbstractSet[date]
) -> int | None:
    """The first second later than `after` at which the pattern fires; None where the horizon has none."""
    at, last = max(after + 1, FIRST), LAST
    while at < last:
        piece = piece_at(zone, at)
        wall = at + piece.offset
        if rule is not DstRule.LITERAL:
            if at == piece.start and rule is DstRule.RUN_AFTER_GAP_FIRST_FOLD and _skips(piece, pattern, excluded):
                return at
            wall = max(wall, piece.start + piece.before)  # what the piece before has shown is not shown again
        found = pattern.first_from(wall, excluded)
        if found is None:
            return None
        second = found - piece.offset
        if second < piece.end:
            return second
        last = min(last, found + HORIZON)  # from the first time it could have fired: those before it are excluded
        # No offset reaches a day. So a wall time beyond `wall` is never shown again from two days on, and one not
        # before `found` is shown at earliest a day before it: the pieces between need no look.
        at = max(piece.end, found - DAY) if piece.end - at > 2 * DAY else piece.end
    return None


def _skips(piece: Piece, pattern: WallPattern, excluded: AbstractSet[date]) -> bool:
    """True where the pattern has a time in the gap before the piece, and the piece begins on no excluded day."""
    first, end = piece.start + piece.before, piece.start + piece.offset
    if first >= end or date.fromordinal(end // DAY) in excluded:
        return False
    found = pattern.first_from(first, excluded)
    return found is not None and found < end


def next_day(zone: tzinfo, at: int) -> int:
    """The first second after `at` at which the calendar may show another day, or the clocks jump."""
    piece = piece_at(zone, at)
    return min(piece.end, ((at + piece.offset) // DAY + 1) * DAY - piece.offset)


def piece_at(zone: tzinfo, second: int) -> Piece:
    """The piece that a second lies in, cut at the end of its year (UTC)."""
    for piece in _pieces(zone, date.fromordinal(second // DAY).year):
        if second < piece.end:
            return piece
    raise AssertionError("the pieces of a year reach its end")


@lru_cache(maxsize=4096)
def _pieces(zone: tzinfo, year: int) -> tuple[Piece, ...]:
    """The pieces of a year, in their order.

    A zone says its offset and not when it changes: one look a day finds each change (no two of any zone since 1970 lie
    less than six days apart), halving the day finds its second. It begins two days early, because what the clocks
    showed before a change matters for a day after it.
    """
    start, end = date(year, 1, 1).toordinal() * DAY, date(year + 1, 1, 1).toordinal() * DAY
    begin = start - 2 * DAY
    offset = before = _offset(zone, begin)
    pieces: list[Piece] = []
    for probe in range(begin + DAY, end + 1, DAY):
        probe = min(probe, end - 1)
        if (shown := _offset(zone, probe)) != offset:
            change = _change(zone, probe - DAY, probe, offset)
            pieces.append(Piece(start=begin, end=change, offset=offset, before=before))
            begin, before, offset = change, offset, shown
    pieces.append(Piece(start=begin, end=end, offset=offset, before=before))
    return tuple(piece for piece in pieces if piece.end > start)


def _change(zone: tzinfo, low: int, high: int, offset: int) -> int:
    """The first second in (low, high] at which the offset is another one."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: tzinfo, second: int) -> int:
    offset = to_instant(second).astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(seconds=1)
