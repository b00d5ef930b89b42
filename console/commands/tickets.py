"""`backroom tickets`: tickets as PDF by mail."""

import uuid
from typing import Annotated

import typer

from backroom.mail.v1 import mail_pb2 as api
from console.commands.mails import render
from console.options import connected
from console.output import Json

app = typer.Typer(no_args_is_help=True, help="Tickets.")


@app.callback()
def group() -> None:
    """Tickets."""


@app.command()
def send(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(help="`tickets/{store}-{register}-{number}`; `tickets/` may be left out.")],
    to: Annotated[list[str] | None, typer.Option(help="Address in the place of the client's; several at once.")] = None,
    locale: Annotated[str, typer.Option(help="Language of the mail: fr (default) or en.")] = "",
    json: Json = False,
) -> None:
    """Mails a ticket as PDF to the client who agreed, or to the addresses given."""
    request = api.SendTicketRequest(
        ticket=ticket if "/" in ticket else f"tickets/{ticket}",
        recipients=to or [],
        locale=locale,
        request_id=str(uuid.uuid4()),
    )
    with connected(context) as connection:
        mail = connection.mail.SendTicket(request)
    render(mail, json)
