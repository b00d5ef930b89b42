"""`backroom tickets`: tickets as PDF by mail."""

import uuid
from typing import Annotated

import typer

from backroom.mail.v1 import mail_pb2 as api
from console.options import connected
from console.output import Json, enum_name, print_fields, print_json

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
    if json:
        print_json(mail)
        return
    print_fields(
        [
            ("mail", mail.name),
            ("state", enum_name(api.Mail.State, mail.state)),
            ("to", ", ".join(mail.recipients)),
            ("subject", mail.subject),
            ("attachments", ", ".join(mail.attachments)),
            ("answer", mail.last_answer),
        ]
    )
