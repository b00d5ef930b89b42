"""`backroom fetch`: brings files that others left at a destination into a folder of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands.destination_words import full
from console.commands.sites import MODES, Mode
from console.fetching import Fetching, Incoming
from console.options import connected
from console.output import Json, harmless, print_json_line
from console.receiving import Announced, NotReceived, Receiver


def fetch(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(help="`destinations/bank`, or just `bank`.")],
    into: Annotated[
        Path, typer.Option(exists=True, file_okay=False, writable=True, help="Folder that they come into.")
    ],
    pattern: Annotated[str, typer.Option(help="Of the names, e.g. '*.csv'; all by default.")] = "",
    archive: Annotated[
        str, typer.Option(help="Folder at the source that they are moved into; `archive` by default.")
    ] = "",
    delete: Annotated[bool, typer.Option("--delete", help="Delete them at the source instead.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="Leave them at the source instead.")] = False,
    stable: Annotated[int, typer.Option(min=1, max=300, help="Seconds for which a file must not have changed.")] = 2,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most files.")] = 1000,
    site: Annotated[str, typer.Option(help="Site that they are fetched for, e.g. lyon.")] = "",
    mode: Annotated[
        Mode,
        typer.Option(help="Of the site: isolated fetches by hand whatever it is, training from the sandbox."),
    ] = "normal",
    json: Json = False,
) -> None:
    """Fetches files that others left at a destination, into a folder here.

    Each leaves its source only once it lies in the folder, synced; never over another file.

    Ends with status 1 where a file could not be taken, or not be cleared at its source.
    """
    if bool(archive) + delete + leave > 1:
        raise typer.BadParameter("choose one of --archive, --delete and --leave")
    begin = api.FetchBegin(
        destination=full(destination),
        pattern=pattern,
        stable_seconds=stable,
        after_commit=f"AFTER_COMMIT_{'DELETE' if delete else 'LEAVE' if leave else 'ARCHIVE'}",
        archive_folder=archive,
        max_files=limit,
        site=site,
        mode=MODES[mode],
    )
    receiver, well, files = Receiver(into), True, 0
    with connected(context) as connection, Fetching(connection.delivery, begin) as fetching:
        for file in fetching.files():
            outcome, done = _take(receiver, fetching, file)
            well, files = well and done.cleared, files + 1
            if json:
                print_json_line(file.header)
            # With --json, standard output is for programs.
            typer.echo(harmless(f"{file.header.file_name} ({file.header.size_bytes:,} bytes): {outcome}"), err=json)
    if not files and not json:
        print("nothing to fetch")
    if not well:
        raise typer.Exit(1)


def _take(receiver: Receiver, fetching: Fetching, file: Incoming) -> tuple[str, api.FetchDone]:
    """Commits a file, and only then says so; what came of it, in words, and at its source."""
    header = file.header
    announced = Announced(id=header.file, name=header.file_name, size_bytes=header.size_bytes, sha256=header.sha256)
    try:
        outcome = "received" if receiver.receive(announced, file.chunks) else "there already"
    except NotReceived as error:
        return f"not taken: {error}", fetching.settle(file, committed=False)
    done = fetching.settle(file, committed=True)
    return (outcome if done.cleared else f"{outcome}, but not cleared at its source: {done.message}"), done
