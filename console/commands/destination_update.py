"""`backroom destinations update`: changes what is named of a destination, and nothing else."""

import uuid
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands.destination_fields import Options
from console.commands.destination_words import Name, full, render
from console.joining import with_options
from console.options import connected
from console.output import Json


@with_options(Options, "options")
def update(
    context: typer.Context,
    name: Name,
    options: Options,
    no_server: Annotated[bool, typer.Option("--no-server", help="By mail's own server from now on.")] = False,
    json: Json = False,
) -> None:
    """Changes a destination. A file that is empty takes its secret or certificate out."""
    with connected(context) as connection:
        current = connection.delivery.GetDestination(api.GetDestinationRequest(name=full(name)))
        destination = api.Destination(name=current.name, etag=current.etag)
        kind = current.WhichOneof("method") or ""
        paths = options.put(destination, kind)
        if no_server:
            if kind != "email" or destination.email.HasField("server"):
                raise typer.BadParameter(
                    "it is for e-mail, and goes without --server and what belongs to one", param_hint="--no-server"
                )
            destination.email.SetInParent()
            paths.append("email.server")
        if not paths:
            raise typer.BadParameter("say what to change, e.g. --folder ventes")
        updated = connection.delivery.UpdateDestination(
            api.UpdateDestinationRequest(
                destination=destination, update_mask=FieldMask(paths=paths), request_id=str(uuid.uuid4())
            )
        )
    render(updated, json)
