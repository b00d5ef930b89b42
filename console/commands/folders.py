"""`backroom folders`: where task types lie in the catalogue, and what people call that."""

import uuid
from typing import Annotated

import typer

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.options import connected
from console.output import Json, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Folders of the catalogue of task types.")


@app.command("list")
def list_folders(context: typer.Context, json: Json = False) -> None:
    """Lists folders."""
    with connected(context) as connection:
        found = connection.scheduler.ListFolders(api.ListFoldersRequest())
    if json:
        print_json(found)
    else:
        print_table(["folder", "title", "path"], ((each.name, each.title, each.path) for each in found.folders))


@app.command()
def rename(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="`folders/systeme`, or just `systeme`.")],
    title: Annotated[str, typer.Argument(help="Its new title; empty gives its own back.")],
    json: Json = False,
) -> None:
    """Gives a folder another title."""
    full = name if "/" in name else f"folders/{name}"
    with connected(context) as connection:
        folder = connection.scheduler.RenameFolder(
            api.RenameFolderRequest(name=full, title=title, request_id=str(uuid.uuid4()))
        )
    if json:
        print_json(folder)
    else:
        print(f"{folder.name} is called {folder.title}")
