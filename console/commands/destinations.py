"""`backroom destinations`: where files go."""

import uuid
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands import destination_create
from console.commands.destination_update import update
from console.commands.destination_words import Name, full, print_verdict, render, where
from console.options import connected
from console.output import Json, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Destinations: where files go.")
app.add_typer(destination_create.app, name="create")
app.command()(update)


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
def verify(
    context: typer.Context,
    name: Name,
    approve: Annotated[
        str,
        typer.Option(
            help="Fingerprint `SHA256:…` that the server's keeper has told; stored where the server shows it."
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Tries a destination all the way: logs in, writes, renames, deletes; by e-mail a message is really sent.

    Ends with status 1 where something does not work.
    """
    request = api.VerifyDestinationRequest(name=full(name))
    with connected(context) as connection:
        answer = connection.delivery.VerifyDestination(request)
        if approve and answer.host_key and answer.host_key_fingerprint == approve.rstrip("="):
            approved = api.Destination(name=full(name), sftp=api.Sftp(host_key=answer.host_key))
            connection.delivery.UpdateDestination(
                api.UpdateDestinationRequest(
                    destination=approved,
                    update_mask=FieldMask(paths=["sftp.host_key"]),
                    request_id=str(uuid.uuid4()),
                )
            )
            answer = connection.delivery.VerifyDestination(request)
    if json:
        print_json(answer)
    else:
        print_verdict(full(name), answer)
        if answer.host_key:
            print(f"if its keeper tells the same fingerprint: --approve {answer.host_key_fingerprint}")
    if not answer.verified:
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
