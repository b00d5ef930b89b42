"""Between the wire's small types and Python's: instants, days, decimals, money, names, masks, JSON."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal as DecimalMessage
from google.type.money_pb2 import Money

from chassis.errors import FieldProblem, InvalidInput

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]

NANO = Decimal("0.000000001")
DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
LONGEST_REASON = 500  #: characters
EXACT_INTEGER = 2**53  #: JSON numbers are doubles; beyond it they skip whole numbers


class Problems:
    """Collects everything that is wrong with a request, so that a person sees it at once."""

    def __init__(self) -> None:
        self._problems: list[FieldProblem] = []

    def add(self, field: str, description: str) -> None:
        """Notes one problem."""
        self._problems.append(FieldProblem(field, description))

    def extend(self, error: InvalidInput, prefix: str = "") -> None:
        """Notes the problems of another check, below `prefix`."""
        for problem in error.problems:
            self.add(f"{prefix}{problem.field}", problem.description)

    def __bool__(self) -> bool:
        return bool(self._problems)

    def check(self) -> None:
        """Raises InvalidInput where something was noted."""
        if self._problems:
            raise InvalidInput(*self._problems)


def timestamp(value: datetime | None) -> Timestamp | None:
    """An aware instant for the wire; None stays absent."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("an instant has a zone")
    message = Timestamp()
    message.FromDatetime(value.astimezone(UTC))
    return message


def instant(message: Timestamp, field: str = "") -> datetime | None:
    """An instant from the wire, aware UTC; None for the zero of an absent one."""
    if message.seconds == 0 and message.nanos == 0:
        return None
    try:
        return message.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(FieldProblem(field, "is not an instant between the years 1 and 9999")) from None


def date_message(value: date | None) -> Date | None:
    """A day for the wire; None stays absent."""
    return None if value is None else Date(year=value.year, month=value.month, day=value.day)


def parse_date(message: Date, field: str) -> date:
    """A whole day from the wire."""
    try:
        return date(message.year, message.month, message.day)
    except (ValueError, OverflowError):
        raise InvalidInput(
            FieldProblem(field, f"{message.year}-{message.month}-{message.day} is not a day; give year, month and day")
        ) from None


def decimal_message(value: Decimal) -> DecimalMessage:
    """A decimal for the wire, digit by digit, without exponent."""
    return DecimalMessage(value=f"{value:f}")


def parse_decimal(message: DecimalMessage, field: str) -> Decimal:
    """A decimal from the wire; an empty one is refused."""
    if len(message.value) > 60 or not DECIMAL.fullmatch(message.value):
        raise InvalidInput(FieldProblem(field, f"{message.value[:60]!r} is not a decimal number such as 12.50"))
    try:
        return Decimal(message.value)
    except InvalidOperation:
        raise InvalidInput(FieldProblem(field, f"{message.value!r} is not a decimal number such as 12.50")) from None


def money_message(value: Decimal, currency: str) -> Money:
    """An amount for the wire. More than nine decimals cannot cross and are a ValueError."""
    units = int(value)
    nanos = (value - units) / NANO
    if nanos != int(nanos):
        raise ValueError(f"{value} has more than nine decimals")
    return Money(currency_code=currency, units=units, nanos=int(nanos))


def parse_money(message: Money, field: str) -> tuple[Decimal, str]:
    """An amount and its currency from the wire."""
    problems = Problems()
    if not re.fullmatch(r"[A-Z]{3}", message.currency_code):
        problems.add(f"{field}.currency_code", f"{message.currency_code!r} is not a currency such as EUR")
    if abs(message.nanos) > 999_999_999 or message.units * message.nanos < 0:
        problems.add(f"{field}.nanos", "is beyond 999,999,999 or has another sign than units")
    problems.check()
    return Decimal(message.units) + message.nanos * NANO, message.currency_code


def parse_names(pattern: str, value: str, field: str) -> tuple[str, ...]:
    """The parts of a resource name that stand for the braces of `stores/{store}/registers/{register}`."""
    literal = re.split(r"\{(\w+)\}", pattern)
    expression = "".join(f"({_part(piece)})" if index % 2 else re.escape(piece) for index, piece in enumerate(literal))
    match = re.fullmatch(expression, value)
    if match is None:
        raise InvalidInput(FieldProblem(field, f"{value[:100]!r} does not look like {pattern}"))
    return match.groups()


def parse_name(pattern: str, value: str, field: str) -> str:
    """The one part of a resource name that stands for the braces of `tasks/{number}`."""
    (part,) = parse_names(pattern, value, field)
    return part


def parse_uuid(value: str, field: str) -> uuid.UUID:
    """A UUID."""
    try:
        return uuid.UUID(value)
    except ValueError:
        raise InvalidInput(FieldProblem(field, f"{value[:50]!r} is not a UUID")) from None


def parse_reason(value: str, field: str) -> str:
    """Why somebody gives something up, without blanks around it."""
    reason = value.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise InvalidInput(FieldProblem(field, f"say why in one line of 1 to {LONGEST_REASON} characters"))
    return reason


def _part(name: str) -> str:
    match name:
        case "number":
            return r"[1-9][0-9]{0,17}"
        case "uuid":
            return r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        case _:
            return r"[^/\x00]{1,255}"


def struct_to_json(message: Struct) -> dict[str, JSON]:
    """A Struct as JSON; whole numbers are ints, since the wire knows doubles only."""
    return {key: _whole(value) for key, value in MessageToDict(message).items()}


def json_to_struct(value: Mapping[str, JSON]) -> Struct:
    """JSON as a Struct. Whole numbers that a double cannot hold are a ValueError: carry them as text."""
    message = Struct()
    message.update({key: _checked(each) for key, each in value.items()})
    return message


def _whole(value: JSON) -> JSON:
    match value:
        case float() if value.is_integer() and abs(value) <= EXACT_INTEGER:
            return int(value)
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {key: _whole(each) for key, each in value.items()}
        case _:
            return value


def _checked(value: JSON) -> JSON:
    match value:
        case bool() | None | str() | float():
            return value
        case int():
            if abs(value) > EXACT_INTEGER:
                raise ValueError(f"{value} is too big for a JSON number; carry it as text")
            return value
        case list():
            return [_checked(each) for each in value]
        case dict():
            return {key: _checked(each) for key, each in value.items()}


def check_mask(mask: FieldMask, allowed: Iterable[str], field: str = "update_mask") -> frozenset[str]:
    """The paths to update. An empty mask or `*` means all that may be; anything else is refused by name."""
    names = frozenset(allowed)
    paths = frozenset(mask.paths)
    if not paths or paths == {"*"}:
        return names
    problems = Problems()
    for path in sorted(paths - names):
        problems.add(field, f"{path} cannot be updated; these can: {', '.join(sorted(names))}")
    problems.check()
    return paths
