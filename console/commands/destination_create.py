"""`backroom destinations create`: a destination of each kind."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands.destination_fields import KINDS, Options
from console.commands.destination_words import print_verdict, render
from console.connection import Connection
from console.joining import with_options
from console.options import connected
from console.output import Json, print_json

app = typer.Typer(no_args_is_help=True, help="Creates a destination. Secrets come from files: a command line is seen.")

Id = Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -, a letter first.")]
Host = Annotated[str, typer.Argument(help="Host name or address.")]
User = Annotated[str, typer.Option(help="User name.")]
TryFirst = Annotated[bool, typer.Option("--verify", help="Try it all the way first; create it only if that works.")]


@app.command("server-path")
@with_options(Options, "options", KINDS["server_path"])
def server_path(
    context: typer.Context,
    id: Id,
    folder: Annotated[Path, typer.Argument(help="Folder of the server, below an allowed root.")],
    options: Options,
    verify: TryFirst = False,
    json: Json = False,
) -> None:
    """A folder of the server."""
    _create(context, "server_path", id, replace(options, folder=str(folder.absolute())), verify=verify, json=json)


@app.command()
@with_options(Options, "options", KINDS["sftp"])
def sftp(
    context: typer.Context,
    id: Id,
    host: Host,
    user: User,
    options: Options,
    verify: TryFirst = False,
    json: Json = False,
) -> None:
    """An SFTP server. Without --host-key the server is asked for its key, and you whether it is the right one."""
    _create(context, "sftp", id, replace(options, host=host, user=user), verify=verify, json=json)


@app.command()
@with_options(Options, "options", KINDS["ftp"])
def ftp(
    context: typer.Context,
    id: Id,
    host: Host,
    user: User,
    options: Options,
    verify: TryFirst = False,
    json: Json = False,
) -> None:
    """An FTP server, with TLS (AUTH TLS) unless --security says otherwise."""
    _create(context, "ftp", id, replace(options, host=host, user=user), verify=verify, json=json)


@app.command()
@with_options(Options, "options", KINDS["imap"])
def imap(
    context: typer.Context,
    id: Id,
    host: Host,
    user: User,
    options: Options,
    folder: Annotated[str | None, typer.Option(help="Folder there, levels separated by /; INBOX by default.")] = None,
    verify: TryFirst = False,
    json: Json = False,
) -> None:
    """A folder of an IMAP account, with TLS unless --security says otherwise; each file becomes a message there."""
    _create(context, "imap", id, replace(options, host=host, user=user, folder=folder), verify=verify, json=json)


@app.command()
@with_options(Options, "options", KINDS["email"])
def email(
    context: typer.Context,
    id: Id,
    options: Options,
    user: Annotated[str | None, typer.Option(help="Account at --server; none: no login.")] = None,
    verify: TryFirst = False,
    json: Json = False,
) -> None:
    """E-mail: each file is sent as an attachment, by mail's server or one of the destination's own."""
    _create(context, "email", id, replace(options, user=user), verify=verify, json=json)


def _create(context: typer.Context, kind: str, id: str, options: Options, *, verify: bool, json: bool) -> None:
    destination = api.Destination(display_name=id)
    getattr(destination, kind).SetInParent()  # so that what is missing is told by its name
    options.put(destination, kind)
    with connected(context) as connection:
        if kind == "sftp" and not destination.sftp.host_key:
            destination.sftp.host_key = _approved_key(connection, destination, id, json)
        if verify:
            answer = _try(connection, destination)
            if not answer.verified:
                _give_up(id, answer, json)
            if not json:
                print_verdict(id, answer)
        created = connection.delivery.CreateDestination(
            api.CreateDestinationRequest(destination_id=id, destination=destination, request_id=str(uuid.uuid4()))
        )
    render(created, json)


def _approved_key(connection: Connection, destination: api.Destination, id: str, json: bool) -> str:
    """The key that the server shows, once a person has said that it is the right one."""
    answer = _try(connection, destination)
    if answer.reason != "HOST_KEY_UNKNOWN":
        _give_up(id, answer, json)
    typer.confirm(
        f"{destination.sftp.host} shows the host key {answer.host_key_fingerprint}.\n"
        "Is that what the server's keeper has told you?",
        abort=True,
        err=True,
    )
    return answer.host_key


def _try(connection: Connection, destination: api.Destination) -> api.VerifyDestinationResponse:
    return connection.delivery.VerifyDestination(api.VerifyDestinationRequest(destination=destination))


def _give_up(id: str, answer: api.VerifyDestinationResponse, json: bool) -> NoReturn:
    if json:
        print_json(answer)
    else:
        print_verdict(id, answer)
    raise typer.Exit(1)
