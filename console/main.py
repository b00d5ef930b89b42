"""`backroom`: the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from console.commands import (
    clients,
    destinations,
    files,
    folders,
    inbox,
    journal,
    mails,
    runs,
    sales,
    sites,
    tasks,
    tickets,
)
from console.commands.backfill import backfill
from console.commands.demo import demo
from console.commands.fetch import fetch
from console.commands.up import up
from console.commands.watch import watch
from console.options import Options

app = typer.Typer(
    name="backroom",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Runs the unattended work of a retail chain: `up` starts everything, the other commands ask it.",
)

app.command()(up)
app.command()(demo)
app.command()(fetch)
tasks.app.command()(backfill)
app.add_typer(tasks.app, name="tasks")
app.add_typer(folders.app, name="folders")
runs.app.command()(watch)
app.add_typer(runs.app, name="runs")
app.add_typer(sites.app, name="sites")
app.add_typer(inbox.app, name="inbox")
app.add_typer(journal.app, name="journal")
app.add_typer(destinations.app, name="destinations")
app.add_typer(files.app, name="files")
app.add_typer(sales.app, name="sales")
app.add_typer(clients.app, name="clients")
app.add_typer(tickets.app, name="tickets")
app.add_typer(mails.app, name="mails")


@app.callback()
def options(
    context: typer.Context,
    var: Annotated[Path, typer.Option(envvar="BACKROOM_VAR", help="Folder of the embedded stack.")] = Path("var"),
    address: Annotated[
        list[str] | None,
        typer.Option(
            help="Where a service is: service=host:port, once for each; else BACKROOM_<SERVICE>_ADDRESS, else as"
            " the stack in --var noted, else the embedded ports."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(envvar="BACKROOM_TOKEN", help="File with your token; tokens/admin below --var by default."),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(envvar="BACKROOM_TLS_CA", help="PEM file of the authority of the services' certificates."),
    ] = None,
) -> None:
    """Keeps what is said before the command for the command."""
    for said in sys.argv[1:]:
        if said.encode(errors="replace") != said.encode(errors="surrogateescape"):
            raise typer.BadParameter(f"{said!a} is not UTF-8; write it in the encoding of this terminal")
    context.obj = Options(var=var, addresses=tuple(address or ()), token_file=token_file, ca=ca)


if __name__ == "__main__":
    app()
