"""`backroom destinations update`: changes what is named of a destination, and nothing else."""

import uuid
from collections.abc import Mapping
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.delivery.v1 import delivery_pb2 as api
from chassis.errors import FieldProblem, InvalidInput
from console.commands import destination_fields as fields
from console.commands.destination_words import Name, full, render
from console.options import connected
from console.output import Json

SERVER = ("host", "port", "user_name", "folder", "password")
PROTECTED = (*SERVER, "security", "certificate", "certificate_unverified")
#: Where an option goes that is of a method's own, by kind.
PATHS = {
    "server_path": {"folder": "folder"},
    "sftp": {name: name for name in (*SERVER, "host_key", "private_key", "passphrase")},
    "ftp": {name: name for name in (*PROTECTED, "active")},
    "imap": {name: name for name in PROTECTED},
    "email": {
        "recipients": "recipients",
        "subject": "subject",
        "address": "server.address",
        "user_name": "server.user_name",
        "password": "server.password",
        "security": "server.security",
        "sender": "server.sender",
    },
}
OPTIONS = {"user_name": "user", "recipients": "to", "address": "server", "certificate_unverified": "unverified"}


def update(
    context: typer.Context,
    name: Name,
    title: fields.Title = None,
    host: Annotated[str | None, typer.Option(help="Host name or address; then give the secrets again.")] = None,
    port: fields.Port = None,
    user: Annotated[str | None, typer.Option(help="User name or account; then give the secrets again.")] = None,
    folder: fields.Folder = None,
    host_key: fields.HostKey = None,
    password_file: fields.PasswordFile = None,
    private_key_file: fields.PrivateKeyFile = None,
    passphrase_file: fields.PassphraseFile = None,
    security: fields.Protection = None,
    certificate_file: fields.CertificateFile = None,
    unverified: fields.Unverified = None,
    active: fields.Active = None,
    to: fields.Recipients = None,
    subject: fields.Subject = None,
    server: fields.MailServerAddress = None,
    no_server: Annotated[bool, typer.Option("--no-server", help="By mail's own server from now on.")] = False,
    sender: fields.Sender = None,
    write_directly: fields.WriteDirectly = None,
    existing: fields.WhatExists = None,
    folder_must_exist: fields.FolderMustExist = None,
    bandwidth_limit: fields.BandwidthLimit = None,
    concurrency: fields.Concurrency = None,
    json: Json = False,
) -> None:
    """Changes a destination. A file that is empty takes its secret or certificate out."""
    own = {
        "host": host,
        "port": port,
        "user_name": user,
        "folder": folder,
        "host_key": host_key,
        "password": fields.secret(password_file),
        "private_key": fields.text_of(private_key_file),
        "passphrase": fields.secret(passphrase_file),
        "security": fields.protection(security),
        "certificate": fields.text_of(certificate_file),
        "certificate_unverified": unverified,
        "active": active,
        "recipients": to,
        "subject": subject,
        "address": server,
        "sender": sender,
    }
    switches = fields.switches(
        write_directly=write_directly,
        existing=existing,
        folder_must_exist=folder_must_exist,
        bandwidth_limit=bandwidth_limit,
        concurrency=concurrency,
    )
    with connected(context) as connection:
        current = connection.delivery.GetDestination(api.GetDestinationRequest(name=full(name)))
        given = {"display_name": title, **_paths(current, own), **switches}
        destination = api.Destination(name=full(name), etag=current.etag)
        paths = fields.put(destination, given)
        if no_server:
            destination.email.SetInParent()
            paths = [*(path for path in paths if not path.startswith("email.server.")), "email.server"]
        if not paths:
            raise typer.BadParameter("say what to change, e.g. --folder ventes")
        updated = connection.delivery.UpdateDestination(
            api.UpdateDestinationRequest(
                destination=destination, update_mask=FieldMask(paths=paths), request_id=str(uuid.uuid4())
            )
        )
    render(updated, json)


def _paths(current: api.Destination, own: Mapping[str, object]) -> dict[str, object]:
    """The options by the paths of the destination's kind. Raises `InvalidInput` for one that its kind has not."""
    kind = current.WhichOneof("method") or ""
    known = PATHS.get(kind, {})
    given = {name: value for name, value in own.items() if value is not None}
    strange = [
        FieldProblem(f"--{_option(name)}", f"{current.name} ({kind}) has none") for name in given if name not in known
    ]
    if strange:
        raise InvalidInput(*strange)
    return {f"{kind}.{known[name]}": value for name, value in given.items()}


def _option(name: str) -> str:
    file = "-file" if name in {"password", "private_key", "passphrase", "certificate"} else ""
    return OPTIONS.get(name, name).replace("_", "-") + file
