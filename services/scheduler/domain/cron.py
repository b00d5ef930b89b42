"""Cron expressions, read once into sets and then asked for instants without walking minutes.

Five fields, or six with seconds first; `L`, `L-n`, `nW`, `LW` in day of month; `FRIL` and `FRI#2` in day of week; `?`
is `*` there. The days: where day of month and day of week are both restricted (neither begins with `*` or `?`), either
is enough, as cron has always done it; otherwise both must match. Ranges of hours, months and days of the week may run
past their end (`22-4`, `NOV-FEB`, `FRI-MON`), as people say them. `~` is a value picked for the task, so that many
tasks with one expression don't all begin at once: `~` in the whole field (in day of month up to 28), `a~b` between two,
`~/n` every n from a start that is picked.
"""

from dataclasses import dataclass
from functools import lru_cache

from services.scheduler.domain.cron_fields import (
    ANY,
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    Dice,
    parts,
    read_field,
    read_number,
    read_part,
)
from services.scheduler.domain.days import DayRule
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.wall import ClockTimes, WallPattern

MAX_EXPRESSION = 200
MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """An expression that can be read. Make it with `parse`."""

    expression: str  #: as written, spaces made single
    spread: bool  #: it picks values with `~`, so its times depend on the seed

    def pattern(self, seed: int) -> WallPattern:
        """Its days and times."""
        return _read(self.expression, seed if self.spread else 0)


def parse(expression: str) -> Cron:
    """Reads an expression; `BadTrigger` says which field is wrong and what to write."""
    if len(expression) > MAX_EXPRESSION:
        raise BadTrigger(f"has {len(expression)} characters; write at most {MAX_EXPRESSION}, or make two triggers")
    single = " ".join(expression.split())
    _read(single, 0)
    return Cron(expression=single, spread="~" in single)


@lru_cache(maxsize=16_384)
def _read(expression: str, seed: int) -> WallPattern:
    if expression.startswith("@"):
        if expression.lower() not in MACROS:
            raise BadTrigger(f"`{expression}` is not known; write one of {' '.join(MACROS)}, or five fields")
        words = MACROS[expression.lower()].split()
    else:
        words = expression.split()
    if len(words) not in (5, 6):
        fields = "1 field" if len(words) == 1 else f"{len(words)} fields"
        raise BadTrigger(
            f"`{expression}` has {fields}; write five: minute, hour, day of month, month, day of week"
            " (or six: second first)"
        )
    dice = Dice(seed=seed)
    second, minute, hour, day, month, weekday = words if len(words) == 6 else ("0", *words)
    seconds, minutes, hours = (
        read_field(word, of, dice) for word, of in ((second, SECOND), (minute, MINUTE), (hour, HOUR))
    )
    return WallPattern(
        days=_read_days(day, month, weekday, dice if "~" in day + month + weekday else ANY),
        times=ClockTimes(hours=hours, minutes=minutes, seconds=seconds),
    )


@lru_cache(maxsize=4096)
def _read_days(day: str, month: str, weekday: str, dice: Dice) -> DayRule:
    days, from_end, nearest, last_working_day = set[int](), set[int](), set[int](), False
    for place, part in parts(day):
        letters = part.upper()
        if letters == "LW":
            last_working_day = True
        elif letters == "L":
            from_end.add(0)
        elif letters.startswith("L-"):
            from_end.add(_read_back(letters[2:], part))
        elif letters.endswith("W"):
            nearest.add(read_number(part[:-1], DAY, part))
        else:
            days |= read_part(_star(part), place, DAY, dice)
    weekdays, nth, last = set[int](), set[tuple[int, int]](), set[int]()
    for place, part in parts(weekday):
        name, sharp, count = part.partition("#")
        if sharp:
            nth.add((_iso(read_number(name, WEEKDAY, part)), _read_count(count, part)))
        elif part.upper() == "L":
            raise BadTrigger(f"`{part}` ({WEEKDAY.name}): say the last which; write `FRIL` for the last Friday")
        elif part.upper().endswith("L"):
            last.add(_iso(read_number(part[:-1], WEEKDAY, part)))
        else:
            weekdays |= {_iso(number) for number in read_part(_star(part), place, WEEKDAY, dice)}
    return DayRule(
        months=frozenset(read_field(month, MONTH, dice)),
        days=frozenset(days),
        from_end=frozenset(from_end),
        nearest=frozenset(nearest),
        last_working_day=last_working_day,
        weekdays=frozenset(weekdays),
        nth=frozenset(nth),
        last=frozenset(last),
        either=not day.startswith(("*", "?")) and not weekday.startswith(("*", "?")),
    )


def _star(part: str) -> str:
    return "*" if part == "?" else part


def _iso(number: int) -> int:
    return number or 7


def _read_back(text: str, part: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2) or not 1 <= int(text) <= 30:
        raise BadTrigger(f"`{part}` ({DAY.name}): write `L` for the last day, `L-1` to `L-30` for the days before it")
    return int(text)


def _read_count(text: str, part: str) -> int:
    if text not in ("1", "2", "3", "4", "5"):
        raise BadTrigger(f"`{part}` ({WEEKDAY.name}): write which of the month, `#1` to `#5`, or `L` for the last")
    return int(text)
