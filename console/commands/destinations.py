"""`backroom destinations`: where files go."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.options import connected
from console.output import Json, instant, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Destinations: where files go.")
create = typer.Typer(no_args_is_help=True, help="Creates a destination.")
app.add_typer(create, name="create")

Id = Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -, a letter first.")]
Name = Annotated[str, typer.Argument(help="`destinations/bank`, or just `bank`.")]
Title = Annotated[str, typer.Option(help="What people call it; its id by default.")]


@app.command("list")
def list_destinations(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 100, json: Json = False
) -> None:
    """Lists destinations."""
    with connected(context) as connection:
        found = collect(
            lambda size, token: connection.delivery.ListDestinations(
                api.ListDestinationsRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.destinations,
            limit,
        )
    if json:
        print_json(found)
        return
    print_table(
        ["destination", "title", "where"],
        ((each.name, each.display_name, where(each)) for each in found.destinations),
    )


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one destination, without its secrets."""
    with connected(context) as connection:
        destination = connection.delivery.GetDestination(api.GetDestinationRequest(name=full(name)))
    render(destination, json)


@create.command("server-path")
def create_server_path(
    context: typer.Context,
    id: Id,
    folder: Annotated[Path, typer.Argument(help="Folder of the server, below an allowed root.")],
    title: Title = "",
    json: Json = False,
) -> None:
    """Creates a destination that is a folder of the server."""
    destination = api.Destination(display_name=title or id, server_path=api.ServerPath(folder=str(folder.absolute())))
    _create(context, id, destination, json)


@create.command("sftp")
def create_sftp(
    context: typer.Context,
    id: Id,
    host: Annotated[str, typer.Argument(help="Host name or address.")],
    user: Annotated[str, typer.Option(help="User name.")],
    host_key: Annotated[str, typer.Option(help="`SHA256:…` or `ssh-ed25519 AAAA…`: the only key that is trusted.")],
    port: Annotated[int, typer.Option(min=1, max=65535)] = 22,
    folder: Annotated[str, typer.Option(help="Folder at the server; the login's by default.")] = "",
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with the password.")
    ] = None,
    private_key_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with the private key.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with its passphrase.")
    ] = None,
    title: Title = "",
    json: Json = False,
) -> None:
    """Creates a destination that is an SFTP server. Secrets come from files: a command line is seen by everybody."""
    sftp = api.Sftp(
        host=host,
        port=port,
        user_name=user,
        host_key=host_key,
        folder=folder,
        password=secret(password_file),
        private_key=private_key_file.read_text(encoding="utf-8") if private_key_file else "",
        passphrase=secret(passphrase_file),
    )
    _create(context, id, api.Destination(display_name=title or id, sftp=sftp), json)


@app.command()
def check(context: typer.Context, name: Name, json: Json = False) -> None:
    """Says whether a destination can be reached now; ends with status 1 where not."""
    with connected(context) as connection:
        answer = connection.delivery.CheckDestination(api.CheckDestinationRequest(name=full(name)))
    if json:
        print_json(answer)
    elif answer.reachable:
        print(f"{full(name)} can be reached")
    else:
        print(f"{full(name)} cannot be reached: {answer.message} ({answer.reason})\n{answer.remedy}".rstrip())
    if not answer.reachable:
        raise typer.Exit(1)


@app.command()
def delete(context: typer.Context, name: Name, json: Json = False) -> None:
    """Deletes a destination."""
    request = api.DeleteDestinationRequest(name=full(name), request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        gone = connection.delivery.DeleteDestination(request)
    if json:
        print_json(gone)
    else:
        print(f"{full(name)} deleted")


def _create(context: typer.Context, id: str, destination: api.Destination, json: bool) -> None:
    request = api.CreateDestinationRequest(destination_id=id, destination=destination, request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        created = connection.delivery.CreateDestination(request)
    render(created, json)


def secret(file: Path | None) -> str:
    """A secret of one line."""
    return file.read_text(encoding="utf-8").rstrip("\r\n") if file else ""


def full(name: str) -> str:
    """`bank` is `destinations/bank`."""
    return name if "/" in name else f"destinations/{name}"


def where(destination: api.Destination) -> str:
    """Where it is, on one line."""
    if destination.WhichOneof("method") == "server_path":
        return destination.server_path.folder
    sftp = destination.sftp
    return f"sftp://{sftp.user_name}@{sftp.host}:{sftp.port or 22}/{sftp.folder}"


def render(destination: api.Destination, json: bool) -> None:
    """One destination."""
    if json:
        print_json(destination)
        return
    print_fields(
        [
            ("destination", destination.name),
            ("title", destination.display_name),
            ("where", where(destination)),
            ("host key", destination.sftp.host_key),
            ("changed", instant(destination.update_time)),
        ]
    )
