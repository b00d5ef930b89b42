"""What people type on the command line: instants, JSON, options of a task."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidInput
from chassis.rpc.messages import JSON
from chassis.rpc.strict_json import FILE, FewProblems, check_json, load_json, read_message

MOST_PROBLEMS = 20  #: told of one document


def parse_instant(text: str, field: str) -> Timestamp:
    """An instant as people type it: ISO 8601, in this machine's zone unless it names one."""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last days that can be written have no instant in UTC
        raise typer.BadParameter(f"{text!r} is no instant; write e.g. 2017-01-31T22:30", param_hint=field) from None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def read_into(message: Message, text: str, field: str) -> None:
    """Fills a message from a JSON object as people type it, or from `@file` or `@-`; names each mistake's place."""
    problems = FewProblems(MOST_PROBLEMS)
    try:
        value = load_json(_content(text[1:], field) if text.startswith("@") else text.encode(), field)
        check_json(value, "", problems.add)
        problems.check()
        if not isinstance(value, dict):
            raise typer.BadParameter("is not a JSON object", param_hint=field)
        read_message(value, message, "", problems.add)
        problems.check()
    except InvalidInput as error:
        raise _bad(error, field) from None


def read_option(text: str) -> tuple[str, JSON]:
    """`name=value`; the value is JSON where it reads as such (`5`, `true`, `["1","2"]`), else text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not name=value", param_hint="--option")
    try:
        parsed: JSON = json.loads(value, parse_constant=_no_constant)
    except ValueError:  # also NaN, and numbers of thousands of digits
        return name, value
    except RecursionError:
        raise typer.BadParameter(f"{name} is nested too deep", param_hint="--option") from None
    problems = FewProblems(MOST_PROBLEMS)
    check_json(parsed, name, problems.add)
    try:
        problems.check()
    except InvalidInput as error:
        raise _bad(error, "--option") from None
    return name, parsed


def _content(name: str, field: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{name} cannot be read: {error.strerror}", param_hint=field) from None


def _bad(error: InvalidInput, hint: str) -> typer.BadParameter:
    """One line for each place; what is wrong with the whole is said first."""
    places = ("" if problem.field in (hint, FILE) else f"{problem.field}: " for problem in error.problems)
    lines = [f"{place}{problem.description}" for place, problem in zip(places, error.problems, strict=True)]
    return typer.BadParameter("\n  ".join(lines), param_hint=hint)


def _no_constant(name: str) -> JSON:
    raise ValueError(f"{name} is not a number")
