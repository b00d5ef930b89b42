"""The oracle: a walk over every instant of a span that looks at the clock on the wall, and at nothing else."""

from collections import defaultdict
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from services.scheduler.domain.dst import DstRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Times that the clocks skipped just before they showed entry number `place`."""

    place: int
    times: list[tuple[int, date]]


class Walk:
    """What the clocks of a zone show at each step of a span: second of the day, date, and whether it is a repeat."""

    def __init__(self, zone: tzinfo, start: datetime, end: datetime, step: timedelta) -> None:
        self.zone, self.start, self.step = zone, start, step
        self.showing: defaultdict[int, list[int]] = defaultdict(list)  #: second of the day to entries
        self.dates: list[date] = []
        self.folds: set[int] = set()
        self.gaps: list[Gap] = []
        at, before = start, None
        while at < end:
            shown = at.astimezone(zone)
            naive = shown.replace(tzinfo=None, fold=0)
            place = len(self.dates)
            if before is not None and naive - before > step:
                skipped = [before + step * n for n in range(1, (naive - before) // step)]
                self.gaps.append(Gap(place=place, times=[(second_of(each), each.date()) for each in skipped]))
            if shown.fold:
                self.folds.add(place)
            self.showing[second_of(naive)].append(place)
            self.dates.append(naive.date())
            before = naive
            at += step

    def fired(
        self,
        times: Set[int],
        on: Callable[[date], bool],
        rule: DstRule = DstRule.SKIP_GAP_FIRST_FOLD,
        excluded: Set[date] = frozenset(),
    ) -> list[datetime]:
        """Every instant of the span that shows one of the times on a day that matches, by the rule."""
        matching = {day for day in dict.fromkeys(self.dates) if day not in excluded and on(day)}
        places = {place for second in times for place in self.showing[second] if self.dates[place] in matching}
        if rule is not DstRule.LITERAL:
            places -= self.folds
        if rule is DstRule.RUN_AFTER_GAP_FIRST_FOLD:
            for gap in self.gaps:
                skipped = (second in times and day not in excluded and on(day) for second, day in gap.times)
                if any(skipped) and self.dates[gap.place] not in excluded:
                    places.add(gap.place)
        return [self.start + self.step * place for place in sorted(places)]


def second_of(shown: datetime) -> int:
    return shown.hour * 3600 + shown.minute * 60 + shown.second
