"""Expressions drawn at random, each with what it means: told by the draw, never read from the text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

Day = Callable[[date], bool]
NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """An expression and its meaning."""

    text: str
    times: frozenset[int]  #: seconds of the day
    on: Day


def numbers(least: int, most: int, *, wraps: bool = False) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field of numbers: `*`, lists, ranges, steps."""
    number = st.integers(least, most)
    step = st.integers(1, most)

    def span(pair: tuple[int, int], by: int | None) -> tuple[str, frozenset[int]]:
        low, high = pair if wraps else (min(pair), max(pair))
        circle = list(range(low, high + 1)) if low <= high else [*range(low, most + 1), *range(least, high + 1)]
        return f"{low}-{high}" + (f"/{by}" if by else ""), frozenset(circle[:: by or 1])

    part = st.one_of(
        number.map(lambda n: (str(n), frozenset({n}))),
        st.builds(span, st.tuples(number, number), st.one_of(st.none(), step)),
        step.map(lambda by: (f"*/{by}", frozenset(range(least, most + 1, by)))),
    )
    listed = st.lists(part, min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), frozenset[int]().union(*(found for _, found in parts)))
    )
    return st.one_of(st.just(("*", frozenset(range(least, most + 1)))), listed)


def length(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


def working_day(number: int) -> Day:
    """Nearest from Monday to Friday in the month, by looking at all of them."""

    def on(day: date) -> bool:
        month = [day.replace(day=each) for each in range(1, length(day) + 1)]
        nearest = [each for each in month if each.weekday() < 5]
        return number <= len(month) and day == min(nearest, key=lambda each: abs(each.day - number))

    return on


def last_working_day(day: date) -> bool:
    later = [day.replace(day=each) for each in range(day.day + 1, length(day) + 1)]
    return day.weekday() < 5 and all(each.weekday() >= 5 for each in later)


def any_of(parts: list[tuple[str, Day]]) -> tuple[str, Day]:
    return ",".join(text for text, _ in parts), lambda day: any(on(day) for _, on in parts)


def by_number(found: tuple[str, frozenset[int]]) -> tuple[str, Day]:
    return found[0], lambda day: day.day in found[1]


def by_weekday(found: tuple[str, frozenset[int]]) -> tuple[str, Day]:
    return found[0], lambda day: day.isoweekday() % 7 in found[1]


SPECIAL_DAYS: st.SearchStrategy[tuple[str, Day]] = st.one_of(
    st.just(("L", lambda day: day.day == length(day))),
    st.integers(1, 30).map(lambda back: (f"L-{back}", lambda day: day.day == length(day) - back)),
    st.integers(1, 31).map(lambda number: (f"{number}W", working_day(number))),
    st.just(("LW", last_working_day)),
)
SPECIAL_WEEKDAYS: st.SearchStrategy[tuple[str, Day]] = st.one_of(
    st.tuples(st.integers(0, 6), st.integers(1, 5)).map(
        lambda pair: (
            f"{NAMES[pair[0]]}#{pair[1]}",
            lambda day: day.isoweekday() % 7 == pair[0] and (day.day - 1) // 7 + 1 == pair[1],
        )
    ),
    st.integers(0, 6).map(
        lambda weekday: (f"{weekday}L", lambda day: day.isoweekday() % 7 == weekday and day.day + 7 > length(day))
    ),
)


def mixed(
    plain: st.SearchStrategy[tuple[str, Day]], special: st.SearchStrategy[tuple[str, Day]]
) -> st.SearchStrategy[tuple[str, Day]]:
    everything: tuple[str, Day] = ("?", lambda day: True)
    return st.one_of(
        st.just(everything), plain, st.lists(st.one_of(plain, special), min_size=1, max_size=3).map(any_of)
    )


MONTH_DAYS = mixed(numbers(1, 31).map(by_number), SPECIAL_DAYS)
WEEKDAYS = mixed(numbers(0, 6, wraps=True).map(by_weekday), SPECIAL_WEEKDAYS)


@st.composite
def expressions(draw: st.DrawFn, *, seconds: bool = False) -> Drawn:
    """An expression of five fields, or of six."""
    second = draw(numbers(0, 59)) if seconds else ("0", frozenset({0}))
    minute, hour = draw(numbers(0, 59)), draw(numbers(0, 23, wraps=True))
    (day, by_month), (weekday, by_week) = draw(MONTH_DAYS), draw(WEEKDAYS)
    month = draw(numbers(1, 12, wraps=True))
    either = day[0] not in "*?" and weekday[0] not in "*?"

    def on(each: date) -> bool:
        found = by_month(each), by_week(each)
        return each.month in month[1] and (any(found) if either else all(found))

    fields = [*([second[0]] if seconds else []), minute[0], hour[0], day, month[0], weekday]
    times = frozenset(h * 3600 + m * 60 + s for h in hour[1] for m in minute[1] for s in second[1])
    return Drawn(text=" ".join(fields), times=times, on=on)
