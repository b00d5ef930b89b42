"""What people type on the command line: instants, JSON, options of a task."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.rpc.messages import JSON


def parse_instant(text: str, field: str) -> Timestamp:
    """An instant as people type it: ISO 8601, in this machine's zone unless it names one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no instant; write e.g. 2017-01-31T22:30", param_hint=field) from None
    message = Timestamp()
    message.FromDatetime(moment.astimezone(UTC))
    return message


def read_json(text: str, field: str) -> dict[str, JSON]:
    """A JSON object as people type it, or `@file` or `@-` to read one."""
    if text.startswith("@"):
        try:
            text = sys.stdin.read() if text == "@-" else Path(text[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise typer.BadParameter(f"{text[1:]} cannot be read: {error.strerror}", param_hint=field) from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint=field) from None
    if not isinstance(value, dict):
        raise typer.BadParameter("is not a JSON object", param_hint=field)
    return value


def read_option(text: str) -> tuple[str, JSON]:
    """`name=value`; the value is JSON where it reads as such (`5`, `true`, `["1","2"]`), else text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{text!r} is not name=value", param_hint="--option")
    try:
        parsed: JSON = json.loads(value)
    except json.JSONDecodeError:
        return name, value
    return name, parsed
