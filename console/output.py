"""What commands show: tables for people, one JSON document for programs, one clear sentence for an error."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Annotated
from unicodedata import category

import grpc
import typer
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from rich.console import Console
from rich.table import Table

from chassis.embedded import EmbeddedError
from chassis.errors import BackroomError, InvalidInput, RemoteRefused, Unavailable
from chassis.rpc.client import to_error

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]

NO_VALUE = "–"
WHO = "backroom"  #: who is said not to answer: people need not know which service a command asks
MOST_PROBLEMS = 20  #: shown of an error's fields
PIPE_WIDTH = 200  #: columns where nobody looks at a terminal: lines are not broken for a width nobody has


def new_console() -> Console:
    """The console of a command. Through a pipe it prints plain text."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def print_json(message: Message) -> None:
    """The message as JSON: names as in the contract, every field present."""
    print(
        MessageToJson(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
            ensure_ascii=False,
        )
    )


def print_json_line(message: Message) -> None:
    """The message on one line, for streams; it is shown at once."""
    text = MessageToJson(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=True,
        ensure_ascii=False,
        indent=None,
    )
    print(text, flush=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, console: Console | None = None) -> None:
    """A table for people; a column named with a leading `>` is aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) or NO_VALUE for cell in row))
    (console or new_console()).print(table)


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """One resource, a field a line; those without a value are left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields:
        if value:
            table.add_row(name, escape(value))
    new_console().print(table)


def escape(text: str) -> str:
    """Text that means nothing to Rich, and nothing to a terminal either: control characters are shown, not obeyed."""
    return harmless(text).replace("[", r"\[")


def harmless(text: str) -> str:
    """Text that a terminal only shows: its control characters are written out."""
    return "".join(
        char if char.isprintable() or char == "\n" or category(char) == "Zs" else repr(char)[1:-1] for char in text
    )


def enum_name(enum: EnumTypeWrapper, value: int, prefix: str = "STATE_") -> str:
    """An enum's value as people say it: `STATE_PAUSED` is PAUSED, an unset one nothing, an unknown one its number."""
    if value not in enum.values():
        return str(value)
    name = enum.Name(value).removeprefix(prefix)
    return "" if name == "UNSPECIFIED" else name


def instant(message: Timestamp) -> str:
    """An instant in this machine's zone, to the second; nothing for an absent one."""
    if message.seconds == 0 and message.nanos == 0:
        return ""
    return message.ToDatetime(tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def day(message: Date) -> str:
    """A business day; nothing for an absent one."""
    return f"{message.year:04}-{message.month:02}-{message.day:02}" if message.year else ""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Whatever is expected to go wrong inside ends the command with status 1 and one clear sentence on stderr."""
    try:
        yield
    except grpc.RpcError as error:
        fail(to_error(WHO, error))
    except (BackroomError, EmbeddedError) as error:
        fail(error)


def fail(error: BackroomError | EmbeddedError) -> None:
    """Says what went wrong, the reason and each field, and ends the command with status 1."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    problems = error.problems if isinstance(error, InvalidInput | RemoteRefused) else ()
    reason = getattr(error, "remote_reason", getattr(error, "reason", ""))
    sentence = "something that was given is wrong" if problems else str(error).removeprefix(f"{WHO}: ")
    console.print(f"[bold red]error[/]: {escape(sentence)}" + (f" ({reason})" if reason else ""))
    for problem in problems[:MOST_PROBLEMS]:
        console.print(f"  {escape(problem.field)}: {escape(problem.description)}")
    if len(problems) > MOST_PROBLEMS:
        console.print(f"  … and {len(problems) - MOST_PROBLEMS} more")
    if isinstance(error, Unavailable):
        console.print("  start it with `backroom up`, or say where it is with --address service=host:port")
    raise typer.Exit(1)
