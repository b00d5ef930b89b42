"""Fields of imports, checked one by one; every mistake is noted under its path, and parsing goes on."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.money_pb2 import Money

from chassis.errors import FieldProblem, InvalidInput

PROBLEMS = 100  #: named in one answer
STORE = re.compile(r"\d{1,10}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}")
NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,6})?", re.ASCII)
ZERO = Decimal(0)
YEARS = range(1970, 2200)  #: that a sale can be of: any zone, any margin around it stays an instant
NO_DAY = date(YEARS.start, 1, 1)
NO_INSTANT = datetime(YEARS.start, 1, 1, tzinfo=UTC)
#: Bounds of one line, so that no code scanned as a quantity ends up in sums that no column holds.
MOST_UNITS = Decimal(10**6)
MOST_COST = Decimal(10**8)
FOUR_DECIMALS = 100_000  #: nanos of the smallest amount that is kept


@lru_cache(maxsize=65_536)
def _number(text: str) -> tuple[Decimal, int]:
    """A number and how many decimals it has; what is no number has more than any field allows."""
    if not NUMBER.fullmatch(text):
        return ZERO, 99
    return Decimal(text), len(text.partition(".")[2])


class Fields:
    """Reads fields; what is wrong is noted and answered as a value that lets parsing go on."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def wrong(self, path: str, what: str) -> None:
        """Notes a mistake."""
        self._problems.append(FieldProblem(path, what))
        if len(self._problems) >= PROBLEMS:
            self.check()

    def check(self) -> None:
        """Raises `InvalidInput` where something is wrong."""
        if self._problems:
            raise InvalidInput(*self._problems)

    def text(self, value: str, path: str, longest: int, *, least: int = 0) -> str:
        """A text that a person or a register wrote."""
        if len(value) > longest or len(value) < least or "\x00" in value:
            self.wrong(path, f"is to have {least} to {longest} characters, none of them NUL")
        return value

    def store(self, value: str, path: str) -> str:
        """A store's code."""
        if not STORE.fullmatch(value):
            self.wrong(path, f"{value[:30]!r} is not a store's code of 1 to 10 digits")
        return value

    def decimal(self, value: str, path: str, decimals: int) -> Decimal:
        """A number with at most so many decimals."""
        number, given = _number(value)
        if given > decimals:
            self.wrong(path, f"{value[:30]!r} is not a number with at most 12 digits and {decimals} decimals")
            return ZERO
        return number

    def units(self, value: str, path: str) -> Decimal:
        """A quantity, below zero for what comes back."""
        return self._below(value, path, 3, MOST_UNITS)

    def positive_units(self, value: str, path: str) -> Decimal:
        """A quantity above zero."""
        known = len(self._problems)
        units = self.units(value, path)
        if units <= 0 and len(self._problems) == known:
            self.wrong(path, "is to be above zero")
        return units

    def cost(self, value: str, path: str) -> Decimal:
        """What one unit was bought at; nothing where it was free."""
        cost = self._below(value, path, 6, MOST_COST)
        if cost < 0:
            self.wrong(path, "is not to be below zero")
        return cost

    def _below(self, value: str, path: str, decimals: int, most: Decimal) -> Decimal:
        number = self.decimal(value, path, decimals)
        if abs(number) >= most:
            self.wrong(path, f"{value[:30]!r} is too much for one line; it stays below {most:,}")
            return ZERO
        return number

    def money(self, value: Money, path: str, currency: str) -> Decimal:
        """An amount in the currency that is expected."""
        units, nanos = value.units, value.nanos
        if value.currency_code != currency:
            self.wrong(f"{path}.currency_code", f"{value.currency_code!r} is not the ticket's {currency!r}")
        if nanos % FOUR_DECIMALS or abs(nanos) > 999_999_999 or units * nanos < 0 or abs(units) >= 10**13:
            self.wrong(path, "is to have at most 13 digits and four decimals, all of one sign")
            return ZERO
        return Decimal(units * 10_000 + nanos // FOUR_DECIMALS).scaleb(-4)

    def currency(self, value: str, path: str) -> str:
        """A currency's code."""
        if not CURRENCY.fullmatch(value):
            self.wrong(path, f"{value[:30]!r} is not a currency such as EUR")
        return value

    def day(self, value: Date, path: str) -> date:
        """A business day."""
        try:
            day = date(value.year, value.month, value.day)
        except ValueError:
            self.wrong(path, "is not a day; give year, month and day")
            return NO_DAY
        self._year(day, path)
        return day

    def instant(self, value: Timestamp, path: str) -> datetime:
        """An instant, which must be given."""
        if not value.seconds and not value.nanos:
            self.wrong(path, "is missing; give when the register closed the ticket")
            return NO_INSTANT
        try:
            instant = value.ToDatetime(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.wrong(path, f"is not an instant of the years {YEARS.start} to {YEARS.stop - 1}")
            return NO_INSTANT
        self._year(instant, path)
        return instant

    def _year(self, value: date, path: str) -> None:
        if value.year not in YEARS:
            self.wrong(path, f"is of the year {value.year}; sales are of {YEARS.start} to {YEARS.stop - 1}")

    def size(self, rows: Collection[object], path: str, most: int) -> None:
        """A message that is not too big; checked before its rows are read."""
        if len(rows) > most:
            raise InvalidInput(FieldProblem(path, f"holds {len(rows):,} rows; send at most {most:,} in one message"))
