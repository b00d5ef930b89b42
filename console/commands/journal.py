"""`backroom journal`: what a service did, for whom, and how it went."""

from typing import Annotated

import grpc
import typer

from backroom.journal.v1 import journal_pb2 as api
from chassis.errors import FieldProblem, InvalidInput
from console.connection import Connection
from console.options import connected
from console.output import Json, enum_name, instant, print_json, print_json_line, print_table
from console.paging import Filter, Limit, OrderBy, collect
from console.stack.ports import SERVICES

app = typer.Typer(no_args_is_help=True, help="Journals: the numbered logs that people read.")

ServiceName = Annotated[str, typer.Option("--service", "-s", help=f"One of {', '.join(SERVICES)}.")]
ENDED_BY_ITSELF = {grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


@app.command("list")
def list_entries(
    context: typer.Context,
    service: ServiceName = "scheduler",
    filter: Filter = "",
    order_by: OrderBy = "",
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Lists entries of a service's journals, newest first."""
    with connected(context) as connection:
        journal = connection.journal(checked(service))
        entries = collect(
            lambda size, token: journal.ListEntries(
                api.ListEntriesRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.entries,
            limit,
        )
    if json:
        print_json(entries)
        return
    print_table(
        [">number", "written", "level", "source", "user", "text"],
        (
            (
                str(entry.number),
                instant(entry.create_time),
                enum_name(api.Entry.Level, entry.level, "LEVEL_"),
                entry.source,
                entry.user,
                entry.text,
            )
            for entry in entries.entries
        ),
    )


@app.command()
def tail(
    context: typer.Context,
    service: ServiceName = "scheduler",
    filter: Filter = "",
    after: Annotated[int, typer.Option(min=0, help="Start after this number; 0: with what comes now.")] = 0,
    json: Json = False,
) -> None:
    """Shows entries as they are written, until Ctrl-C; with --json one document a line."""
    with connected(context) as connection:
        checked(service)
        while True:
            after = follow(connection, service, filter, after, json)


def follow(connection: Connection, service: str, filter: str, after: int, json: bool) -> int:
    """Shows what one stream brings, and answers the last number; streams end after some minutes."""
    stream = connection.journal(service).TailEntries(
        api.TailEntriesRequest(after_number=after, filter=filter), wait_for_ready=True
    )
    try:
        for entry in stream:
            after = entry.number
            if json:
                print_json_line(entry)
            else:
                level = enum_name(api.Entry.Level, entry.level, "LEVEL_").lower()
                print(f"{entry.number} {instant(entry.create_time)} {level} {entry.source}: {entry.text}", flush=True)
    except grpc.RpcError as error:
        if error.code() not in ENDED_BY_ITSELF:
            raise
    return after


def checked(service: str) -> str:
    """A service's name."""
    if service not in SERVICES:
        raise InvalidInput(FieldProblem("--service", f"{service!r} is none of {', '.join(SERVICES)}"))
    return service
