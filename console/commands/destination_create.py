"""`backroom destinations create`: a destination of each kind."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands import destination_fields as fields
from console.commands.destination_words import print_verdict, render
from console.connection import Connection
from console.options import connected
from console.output import Json, print_json

app = typer.Typer(no_args_is_help=True, help="Creates a destination. Secrets come from files: a command line is seen.")


@app.command("server-path")
def server_path(
    context: typer.Context,
    id: fields.Id,
    folder: Annotated[Path, typer.Argument(help="Folder of the server, below an allowed root.")],
    title: fields.Title = None,
    write_directly: fields.WriteDirectly = None,
    existing: fields.WhatExists = None,
    folder_must_exist: fields.FolderMustExist = None,
    bandwidth_limit: fields.BandwidthLimit = None,
    concurrency: fields.Concurrency = None,
    verify: fields.TryFirst = False,
    json: Json = False,
) -> None:
    """A folder of the server."""
    switches = fields.switches(
        write_directly=write_directly,
        existing=existing,
        folder_must_exist=folder_must_exist,
        bandwidth_limit=bandwidth_limit,
        concurrency=concurrency,
    )
    _create(context, id, title, {"server_path.folder": str(folder.absolute()), **switches}, verify=verify, json=json)


@app.command()
def sftp(
    context: typer.Context,
    id: fields.Id,
    host: fields.Host,
    user: fields.User,
    host_key: fields.HostKey = None,
    port: fields.Port = None,
    folder: fields.Folder = None,
    password_file: fields.PasswordFile = None,
    private_key_file: fields.PrivateKeyFile = None,
    passphrase_file: fields.PassphraseFile = None,
    title: fields.Title = None,
    write_directly: fields.WriteDirectly = None,
    existing: fields.WhatExists = None,
    folder_must_exist: fields.FolderMustExist = None,
    bandwidth_limit: fields.BandwidthLimit = None,
    concurrency: fields.Concurrency = None,
    verify: fields.TryFirst = False,
    json: Json = False,
) -> None:
    """An SFTP server. Without --host-key the server is asked for its key, and you whether it is the right one."""
    method = {
        "host": host,
        "port": port,
        "user_name": user,
        "host_key": host_key,
        "folder": folder,
        "password": fields.secret(password_file),
        "private_key": fields.text_of(private_key_file),
        "passphrase": fields.secret(passphrase_file),
    }
    switches = fields.switches(
        write_directly=write_directly,
        existing=existing,
        folder_must_exist=folder_must_exist,
        bandwidth_limit=bandwidth_limit,
        concurrency=concurrency,
    )
    _create(context, id, title, {**_of("sftp", method), **switches}, verify=verify, json=json)


@app.command()
def ftp(
    context: typer.Context,
    id: fields.Id,
    host: fields.Host,
    user: fields.User,
    security: fields.Protection = None,
    port: fields.Port = None,
    folder: fields.Folder = None,
    password_file: fields.PasswordFile = None,
    certificate_file: fields.CertificateFile = None,
    unverified: fields.Unverified = None,
    active: fields.Active = None,
    title: fields.Title = None,
    write_directly: fields.WriteDirectly = None,
    existing: fields.WhatExists = None,
    folder_must_exist: fields.FolderMustExist = None,
    bandwidth_limit: fields.BandwidthLimit = None,
    concurrency: fields.Concurrency = None,
    verify: fields.TryFirst = False,
    json: Json = False,
) -> None:
    """An FTP server, with TLS (AUTH TLS) unless --security says otherwise."""
    method = {
        "host": host,
        "port": port,
        "user_name": user,
        "password": fields.secret(password_file),
        "security": fields.protection(security),
        "certificate": fields.text_of(certificate_file),
        "certificate_unverified": unverified,
        "active": active,
        "folder": folder,
    }
    switches = fields.switches(
        write_directly=write_directly,
        existing=existing,
        folder_must_exist=folder_must_exist,
        bandwidth_limit=bandwidth_limit,
        concurrency=concurrency,
    )
    _create(context, id, title, {**_of("ftp", method), **switches}, verify=verify, json=json)


@app.command()
def imap(
    context: typer.Context,
    id: fields.Id,
    host: fields.Host,
    user: fields.User,
    security: fields.Protection = None,
    port: fields.Port = None,
    folder: fields.Folder = None,
    password_file: fields.PasswordFile = None,
    certificate_file: fields.CertificateFile = None,
    unverified: fields.Unverified = None,
    title: fields.Title = None,
    bandwidth_limit: fields.BandwidthLimit = None,
    verify: fields.TryFirst = False,
    json: Json = False,
) -> None:
    """A folder of an IMAP account, with TLS unless --security says otherwise; each file becomes a message there."""
    method = {
        "host": host,
        "port": port,
        "user_name": user,
        "password": fields.secret(password_file),
        "security": fields.protection(security),
        "certificate": fields.text_of(certificate_file),
        "certificate_unverified": unverified,
        "folder": folder,
    }
    switches = fields.switches(bandwidth_limit=bandwidth_limit)
    _create(context, id, title, {**_of("imap", method), **switches}, verify=verify, json=json)


@app.command()
def email(
    context: typer.Context,
    id: fields.Id,
    to: fields.Recipients = None,
    subject: fields.Subject = None,
    server: fields.MailServerAddress = None,
    user: fields.Account = None,
    password_file: fields.PasswordFile = None,
    security: fields.Protection = None,
    sender: fields.Sender = None,
    title: fields.Title = None,
    verify: fields.TryFirst = False,
    json: Json = False,
) -> None:
    """E-mail: each file is sent as an attachment, by mail's server or one of the destination's own."""
    method = {
        "recipients": to,
        "subject": subject,
        "server.address": server,
        "server.user_name": user,
        "server.password": fields.secret(password_file),
        "server.security": fields.protection(security),
        "server.sender": sender,
    }
    _create(context, id, title, _of("email", method), verify=verify, json=json)


def _of(method: str, given: Mapping[str, object]) -> dict[str, object]:
    return {f"{method}.{name}": value for name, value in given.items()}


def _create(
    context: typer.Context, id: str, title: str | None, given: Mapping[str, object], *, verify: bool, json: bool
) -> None:
    destination = api.Destination(display_name=title or id)
    fields.put(destination, given)
    with connected(context) as connection:
        if destination.WhichOneof("method") == "sftp" and not destination.sftp.host_key:
            destination.sftp.host_key = _approved_key(connection, destination)
        if verify:
            answer = connection.delivery.VerifyDestination(api.VerifyDestinationRequest(destination=destination))
            if not json:
                print_verdict(id, answer)
            elif not answer.verified:
                print_json(answer)
            if not answer.verified:
                raise typer.Exit(1)
        created = connection.delivery.CreateDestination(
            api.CreateDestinationRequest(destination_id=id, destination=destination, request_id=str(uuid.uuid4()))
        )
    render(created, json)


def _approved_key(connection: Connection, destination: api.Destination) -> str:
    """The key that the server shows, once a person has said that it is the right one."""
    answer = connection.delivery.VerifyDestination(api.VerifyDestinationRequest(destination=destination))
    if answer.reason != "HOST_KEY_UNKNOWN":
        print_verdict(destination.sftp.host, answer)
        raise typer.Exit(1)
    typer.confirm(
        f"{destination.sftp.host} shows the host key {answer.host_key_fingerprint}.\n"
        "Is that what the server's keeper has told you?",
        abort=True,
        err=True,
    )
    return answer.host_key
