"""The fields of a cron expression: names, bounds, and how one of them is read into numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from services.scheduler.domain.errors import BadTrigger

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTH_NAMES = {name: number for number, name in enumerate(MONTHS, 1)}
DAY_NAMES = {name: number for number, name in enumerate(DAYS)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Field:
    """One field of an expression."""

    name: str
    least: int
    most: int
    size: int  #: how many values it has (Sunday is 0 and 7, one value)
    spread_most: int  #: `~` alone stays up to here
    wraps: bool = False  #: a range may run past its end, as 22-4 does for hours
    names: Mapping[str, int] = field(default_factory=dict)


SECOND = Field(name="second", least=0, most=59, size=60, spread_most=59)
MINUTE = Field(name="minute", least=0, most=59, size=60, spread_most=59)
HOUR = Field(name="hour", least=0, most=23, size=24, spread_most=23, wraps=True)
#: Every month has a 28th, so a task that is spread over the month never misses one.
DAY = Field(name="day of month", least=1, most=31, size=31, spread_most=28)
MONTH = Field(name="month", least=1, most=12, size=12, spread_most=12, wraps=True, names=MONTH_NAMES)
WEEKDAY = Field(name="day of week", least=0, most=7, size=7, spread_most=6, wraps=True, names=DAY_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """Picks for `~`: always the same for one seed, one field and one part of it."""

    seed: int

    def pick(self, count: int, of: Field, place: int) -> int:
        """A number from 0 to `count` - 1."""
        drawn = blake2b(f"{self.seed} {of.name} {place}".encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") % count


ANY = Dice(seed=0)  #: for what picks nothing: it is the same for every task, and read once


def parts(word: str) -> Iterator[tuple[int, str]]:
    """The parts of a list, each with its place."""
    return enumerate(word.split(","))


def read_field(word: str, of: Field, dice: Dice) -> tuple[int, ...]:
    """The numbers of a field without day letters, ascending."""
    return _read_field(word, of, dice if "~" in word else ANY)


@lru_cache(maxsize=4096)
def _read_field(word: str, of: Field, dice: Dice) -> tuple[int, ...]:
    return tuple(sorted(set().union(*(read_part(part, place, of, dice) for place, part in parts(word)))))


def read_part(part: str, place: int, of: Field, dice: Dice) -> frozenset[int]:
    """The numbers that one part of a list means."""
    span, slash, step_text = part.partition("/")
    step = _read_step(step_text, of, part) if slash else 1
    if "~" in span:
        low_text, _, high_text = span.partition("~")
        low = read_number(low_text, of, part) if low_text else of.least
        high = read_number(high_text, of, part) if high_text else max(low, of.spread_most)
        low, high = _ordered(low, high, of, part)
        start = low + dice.pick(min(step, high - low + 1) if slash else high - low + 1, of, place)
        numbers = range(start, high + 1, step) if slash else range(start, start + 1)
    elif span == "*":
        numbers = range(of.least, of.least + of.size, step)
    else:
        low_text, dash, high_text = span.partition("-")
        low = read_number(low_text, of, part)
        if slash and not dash:
            raise BadTrigger(f"`{part}` ({of.name}): a step needs a range; write `{low_text}-{of.most}/{step_text}`")
        low, high = _ordered(low, read_number(high_text, of, part) if dash else low, of, part)
        numbers = range(low, high + 1, step)
    return frozenset(of.least + (number - of.least) % of.size for number in numbers)


def read_number(text: str, of: Field, part: str) -> int:
    """The number that a number or a name stands for."""
    number = of.names.get(text.upper())
    if number is None and text.isascii() and text.isdigit() and len(text) <= 2:
        number = int(text)
    if number is None or not of.least <= number <= of.most:
        names = f" or a name such as {next(iter(of.names))}" if of.names else ""
        raise BadTrigger(f"`{part}` ({of.name}): write a number from {of.least} to {of.most}{names}")
    return number


def _ordered(low: int, high: int, of: Field, part: str) -> tuple[int, int]:
    if high >= low:
        return low, high
    if not of.wraps:
        raise BadTrigger(f"`{part}` ({of.name}) runs backwards; write two parts separated by a comma")
    return low, high + of.size


def _read_step(text: str, of: Field, part: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 2) or not 1 <= int(text) <= of.most:
        raise BadTrigger(f"`{part}` ({of.name}): the step must be a number from 1 to {of.most}")
    return int(text)
