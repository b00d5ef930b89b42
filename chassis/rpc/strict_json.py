"""Reads JSON that people or other releases wrote into a message: strictly, and every mistake named by its path."""

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import EXACT_INTEGER, JSON, Problems, json_to_struct

FILE = "file"  #: what problems of a whole document are named by
DEEPEST = 30  #: levels of lists and objects; a message that holds more cannot cross the wire
WHOLE = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
}

Note = Callable[[str, str], None]  #: a path, and what is wrong there


class Doubled(dict[str, JSON]):
    """An object in which names stand twice."""

    def __init__(self, pairs: list[tuple[str, JSON]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a text something stands, for people: both count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class FewProblems(Problems):
    """Keeps the first problems and counts the others: a document of a million mistakes takes no room for them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._room, self._more = most, 0

    def add(self, field: str, description: str) -> None:
        """Notes one problem, while there is room."""
        if self._room:
            self._room -= 1
            super().add(field, description)
        else:
            self._more += 1

    def check(self) -> None:
        """Raises InvalidInput where something was noted; the last problem says how many more there are."""
        if self._more:
            super().add(FILE, f"{self._more} more problems stand after these")
        super().check()


def load_json(content: bytes, field: str = FILE) -> JSON:
    """The document. Raises `InvalidInput` with the place where it is not UTF-8, or not JSON, or breaks off."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        raise InvalidInput(
            FieldProblem(field, f"is not UTF-8 at {_place(before)}; save it as UTF-8, or copy it again")
        ) from None
    try:
        document: JSON = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidInput(FieldProblem(field, _not_json(text, error))) from None
    except RecursionError:
        raise InvalidInput(FieldProblem(field, f"is nested more than {DEEPEST} levels deep")) from None
    except ValueError as error:  # a number of thousands of digits, or NaN
        raise InvalidInput(FieldProblem(field, f"is not JSON: {error}")) from None
    return document


def check_json(value: JSON, path: str, note: Note, level: int = 0) -> None:
    """Notes what no message can hold, whatever its fields: names that stand twice, torn characters, too many levels."""
    if level > DEEPEST:
        note(path, f"is nested more than {DEEPEST} levels deep")
        return
    match value:
        case str():
            if not _whole(value):
                note(path, "holds half of a character; write it whole")
        case float():
            if not math.isfinite(value):
                note(path, "is too large a number")
        case list():
            for place, each in enumerate(value):
                check_json(each, f"{path}[{place}]", note, level + 1)
        case dict():
            for name in value.twice if isinstance(value, Doubled) else ():
                note(below(path, name), "stands twice in its object; leave one out")
            for name, each in value.items():
                if not _whole(name):
                    note(path, "a name holds half of a character; write it whole")
                check_json(each, below(path, name), note, level + 1)


def read_message(value: JSON, message: Message, path: str, note: Note, allowed: Collection[str] | None = None) -> None:
    """Fills the message from an object whose names are those of its fields, of `allowed` ones only where given.

    What cannot be read is noted and left out. Enums are written by name, instants and durations as in JSON everywhere.
    """
    if not isinstance(value, Mapping):
        note(path, f"is {_kind(value)}; write an object")
        return
    fields = message.DESCRIPTOR.fields_by_name
    names = tuple(fields) if allowed is None else tuple(name for name in fields if name in allowed)
    for name, given in value.items():
        here = below(path, name)
        if name not in names:
            note(here, f"is not a field here; the fields are {', '.join(names)}")
            continue
        field = cast(FieldDescriptor, fields[name])  # the stubs name the C class beside it
        choice = field.containing_oneof
        if choice is not None and message.WhichOneof(choice.name) is not None:
            note(here, f"stands beside {message.WhichOneof(choice.name)}; write only one of them")
        elif not field.is_repeated:
            _read_one(given, message, field, here, note)
        elif not isinstance(given, list):
            note(here, f"is {_kind(given)}; write a list")
        else:
            for place, each in enumerate(given):
                _read_one(each, message, field, f"{here}[{place}]", note)


def below(path: str, name: str) -> str:
    """The path of a field of whatever stands at a path."""
    return f"{path}.{name}" if path else name


def _read_one(value: JSON, message: Message, field: FieldDescriptor, path: str, note: Note) -> None:
    """One value into its field, or onto the end of it."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        target = getattr(message, field.name)
        part: Message = target.add() if field.is_repeated else target
        if not field.is_repeated:
            part.SetInParent()
        _read_part(value, part, path, note)
        return
    read = _scalar(value, field, path, note)
    if read is None:
        return
    if field.is_repeated:
        getattr(message, field.name).append(read)
    else:
        setattr(message, field.name, read)


def _read_part(value: JSON, part: Message, path: str, note: Note) -> None:
    match part:
        case Struct():
            if isinstance(value, dict):
                try:
                    part.CopyFrom(json_to_struct(value))
                except ValueError as error:
                    note(path, str(error))
            else:
                note(path, f"is {_kind(value)}; write an object")
        case Timestamp() | Duration():
            example = "2024-05-06T20:30:00Z" if isinstance(part, Timestamp) else "90s"
            try:
                if not isinstance(value, str):
                    raise ValueError
                part.FromJsonString(value)
            except ValueError:
                note(path, f"{_shown(value)} cannot be read; write a text such as {example!r}")
        case _:
            read_message(value, part, path, note)


def _scalar(value: JSON, field: FieldDescriptor, path: str, note: Note) -> bool | int | str | None:
    """The value as its field holds it; None, and a note, where it does not fit."""
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            if isinstance(value, str) and _whole(value):
                return value
            wanted = "a text"
        case FieldDescriptor.TYPE_BOOL:
            if isinstance(value, bool):
                return value
            wanted = "true or false"
        case FieldDescriptor.TYPE_ENUM:
            known = field.enum_type.values_by_name if field.enum_type is not None else {}
            if isinstance(value, str) and value in known:
                return known[value].number
            wanted = f"one of {', '.join(known)}"
        case type if type in WHOLE:
            least, most = WHOLE[type]
            if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
                return value
            wanted = "a whole number" if abs(most) > EXACT_INTEGER else f"a whole number from {least} to {most}"
        case _:
            raise TypeError(f"{field.full_name} is of a type that is not read here")
    note(path, f"{_shown(value)} does not fit; write {wanted}")
    return None


def _object(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Doubled(pairs)


def _no_constant(name: str) -> JSON:
    raise ValueError(f"{name} is not a number")


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated") or not text[error.pos :].strip():
        return f"breaks off at {_place(text)} before it is complete; export or copy it again"
    return f"is not JSON at {Place(error.lineno, error.colno)}: {error.msg}"


def _place(before: str) -> Place:
    """Where a text goes on that began with this."""
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: JSON) -> str:
    return (
        repr(value[:50]) if isinstance(value, str) else str(value) if isinstance(value, int | float) else _kind(value)
    )


def _kind(value: JSON) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
